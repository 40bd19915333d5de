import io

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas
from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate

from kb.viewing.boxes import unpack
from tests.ingest.files import lines, pdf, write
from tests.ingest.store import read_file

PROSE = "Balances stand in the laboratory for at least twelve hours before anyone calibrates them, whatever the season. "


def printed(*rows):
    """A page of (size, y from the top, text), centred."""
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pagesize=A4)
    for size, y, text in rows:
        drawing.setFont("Helvetica", size)
        drawing.drawCentredString(A4[0] / 2, A4[1] - y, text)
    drawing.save()
    return stream.getvalue()


def test_running_heads_and_feet_go_from_a_short_document_with_a_title_page(tmp_path):
    body = [lines(f"Chapter {n} tells what nobody knew before.") for n in ("one", "two", "three")]
    pages = [
        [
            (72, 40, "Larkspur Instruments, issue 9"),
            *body[n - 1],
            (72, 800, "Uncontrolled when printed"),
            (480, 800, f"Page {n + 1}"),
        ]
        for n in (1, 2, 3)
    ]
    _, parsed, _ = read_file(write(tmp_path, "a.pdf", pdf(lines("A manual of quality"), *pages)))

    assert [page.text for page in parsed] == [
        "A manual of quality",
        *(f"Chapter {n} tells what nobody knew before." for n in ("one", "two", "three")),
    ]


def test_a_running_head_goes_from_the_last_pages_of_a_long_document_too(tmp_path):
    pages = [[(72, 40, "Acme policy"), *lines(f"Rule {n} tells something new.")] for n in range(1, 35)]
    _, parsed, _ = read_file(write(tmp_path, "a.pdf", pdf(*pages)))

    assert [page.text for page in parsed[1:]] == [f"Rule {n} tells something new." for n in range(2, 35)]


def test_what_repeats_in_the_middle_of_the_pages_stays(tmp_path):
    pages = [lines("Sign here and send it back.", f"Form {n}", top=400) for n in range(1, 5)]
    _, parsed, _ = read_file(write(tmp_path, "a.pdf", pdf(*pages)))

    assert all("Sign here and send it back." in page.text for page in parsed)


def test_lines_with_room_for_the_next_word_are_paragraphs_of_their_own(tmp_path):
    long = [
        "This page has lines of a text that reach to the right edge of their column and",
        "then go on in the next one, until they end.",
    ]
    page = [*lines("Larkspur Instruments Ltd, Leeds", "Document QM-01, issue 9"), *lines(*long * 3, top=200)]
    _, (parsed,), _ = read_file(write(tmp_path, "a.pdf", pdf(page)))

    assert parsed.text.startswith("Larkspur Instruments Ltd, Leeds\n\nDocument QM-01, issue 9\n\nThis page has")
    assert "column and then go on" in parsed.text


def test_numbered_steps_are_items_and_the_text_after_them_is_not(tmp_path):
    style = getSampleStyleSheet()["BodyText"]
    steps = [Paragraph("Check the level.", style), Paragraph(PROSE * 2, style)]
    stream = io.BytesIO()
    story = [ListFlowable(steps, bulletType="1"), Paragraph("A certificate is issued in five days.", style)]
    SimpleDocTemplate(stream, pagesize=A4).build(story)
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    assert [(block.kind, page.text[block.start : block.end]) for block in page.blocks] == [
        ("list", "1 Check the level."),
        ("list", "2 " + (PROSE * 2).strip()),
        ("paragraph", "A certificate is issued in five days."),
    ]
    assert all(page.text[box.start : box.end].strip() for box in unpack(page.boxes))


def test_large_print_over_a_whole_page_is_text_and_the_larger_line_above_it_a_heading(tmp_path):
    small = printed(*((9, 60 + 11 * n, PROSE[:90]) for n in range(60)))
    large = printed((22, 80, "Preface"), *((13, 120 + 18 * n, PROSE[:70]) for n in range(6)))
    import pypdf

    writer = pypdf.PdfWriter()
    for data in (small, large):
        writer.append(io.BytesIO(data))
    stream = io.BytesIO()
    writer.write(stream)
    _, (_, page), _ = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    assert [block.kind for block in page.blocks][:2] == ["heading", "paragraph"]
    assert "heading" not in [block.kind for block in page.blocks][1:]


TITLE = [(24, 120, "Calibration certificate"), *((11, 300 + 14 * n, PROSE[:80]) for n in range(5))]


@pytest.mark.parametrize(
    ("name", "rows", "title"),
    [
        ("scan 0012.pdf", TITLE, "Calibration certificate"),
        ("service-guide.pdf", TITLE, ""),  # the name says it
        ("scan.pdf", [(24, 120, "UNITED STATES SECURITIES COMMISSION"), *TITLE[1:]], ""),
        ("scan.pdf", [(24, 120, "Certificate"), *TITLE[1:]], ""),
        ("scan.pdf", [(24, 700, "Calibration certificate"), *TITLE[1:]], ""),
        ("scan.pdf", TITLE[1:], ""),
    ],
)
def test_the_largest_heading_names_a_file_whose_name_says_nothing(tmp_path, name, rows, title):
    opening, pages, _ = read_file(write(tmp_path, name, printed(*rows)))

    assert opening.title == title
    assert pages[0].number == 1


def test_a_clause_begins_a_block_where_all_lines_are_short(tmp_path):
    rows = (
        "§ 4 Fees",
        "(1) The fee is 20 euros.",
        "(2) Members pay 12.",
        "§ 5 Keys",
        "(1) Two keys are lent",
        "under § 4 to members.",
    )
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(lines(*rows))))

    assert page.text.split("\n") == [
        *("§ 4 Fees", "", "(1) The fee is 20 euros.", "(2) Members pay 12.", "", "§ 5 Keys", ""),
        "(1) Two keys are lent under § 4 to members.",
    ]


def test_chinese_articles_and_their_items_are_blocks_of_their_own(tmp_path):
    rows = (
        "第一条　借用期为十四天。",
        "第二条　逾期每天罚款五元，",
        "由部门按照第三条收取。",
        "（一）工具；",
        "（二）车辆。",
        "第三条　押金为二百元。",
    )
    stream = io.BytesIO()
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    drawing = canvas.Canvas(stream, pagesize=A4)
    drawing.setFont("STSong-Light", 11)
    for number, row in enumerate(rows):
        drawing.drawString(72, 700 - 14 * number, row)
    drawing.save()
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    assert [text.replace("　", "") for text in page.text.split("\n") if text] == [
        *(
            "第一条借用期为十四天。",
            "第二条逾期每天罚款五元，由部门按照第三条收取。",
            "（一）工具；",
            "（二）车辆。",
            "第三条押金为二百元。",
        )
    ]
