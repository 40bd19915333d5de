import ctypes
import io
import json
import re
from collections import Counter

import pypdf
import pypdfium2.raw as pdfium
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase.pdfmetrics import stringWidth

from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.refusal import Refusal
from kb.viewing.boxes import covering, unpack
from tests.ingest.files import SHARED, lines, pdf, write
from tests.ingest.store import read_file


def test_the_boxes_of_a_word_lie_where_pdfium_finds_it(tmp_path):
    path = write(tmp_path, "a.pdf", pdf(lines("Annual leave accrues at six hours per pay period", "after three years of service.")))
    _, (page,), _ = read_file(path)
    start = page.text.index("six hours")
    (box,) = covering(unpack(page.boxes), start=start, end=start + len("six hours"))

    document = pdfium.FPDF_LoadDocument(str(path).encode(), None)
    raw = pdfium.FPDF_LoadPage(document, 0)
    text_page = pdfium.FPDFText_LoadPage(raw)
    units = ("six hours\0").encode("utf-16-le")
    search = pdfium.FPDFText_FindStart(
        text_page, ctypes.cast(ctypes.create_string_buffer(units), ctypes.POINTER(ctypes.c_ushort)), 0, 0
    )
    assert pdfium.FPDFText_FindNext(search)
    first, count = pdfium.FPDFText_GetSchResultIndex(search), pdfium.FPDFText_GetSchCount(search)
    edges = [ctypes.c_double() for _ in range(4)]
    assert pdfium.FPDFText_CountRects(text_page, first, count) == 1
    pdfium.FPDFText_GetRect(text_page, 0, *map(ctypes.byref, edges))
    left, top, right, bottom = (edge.value for edge in edges)
    assert box.left == pytest.approx(left, abs=1.5)
    assert box.right == pytest.approx(right, abs=1.5)
    assert box.top <= page.height - top + 0.5
    assert box.bottom >= page.height - bottom - 0.5
    assert box.bottom - box.top < 16


def turned(data: bytes, *, rotation: int, crop: tuple[float, float, float, float]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    page = writer.pages[0]
    page.cropbox = pypdf.generic.RectangleObject(crop)
    page.rotate(rotation)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_lie_over_the_ink_of_the_rendered_page_though_it_is_turned_and_cropped(tmp_path, rotation):
    path = write(tmp_path, "a.pdf", turned(pdf([(200, 300, "Lighthouse")]), rotation=rotation, crop=(100, 200, 500, 800)))
    _, (page,), _ = read_file(path)
    (box,) = unpack(page.boxes)

    import pypdfium2

    picture = pypdfium2.PdfDocument(path)[0].render(scale=2).to_pil().convert("L").point(lambda value: 255 if value < 128 else 0)
    left, top, right, bottom = (edge / 2 for edge in picture.getbbox())
    assert (page.width, page.height) == ((400, 600) if rotation in (0, 180) else (600, 400))
    assert box.left - 2 <= left
    assert box.top - 2 <= top
    assert box.right + 2 >= right
    assert box.bottom + 2 >= bottom
    assert (box.right - box.left) * (box.bottom - box.top) < 2.5 * (right - left) * (bottom - top)


def test_running_headers_and_page_numbers_are_dropped_and_hyphens_joined(tmp_path):
    pages = [
        [
            (72, 40, "Acme travel policy"),
            *lines(f"Rule {n} of this book covers accom-", "modation on long journeys."),
            (300, 810, f"Page {n}"),
        ]
        for n in range(1, 7)
    ]
    _, parsed, _ = read_file(write(tmp_path, "a.pdf", pdf(*pages)))

    assert parsed[0].text.startswith("Acme travel policy")  # once, where it stands first
    assert [page.text for page in parsed[1:]] == [
        f"Rule {n} of this book covers accommodation on long journeys." for n in range(2, 7)
    ]
    boxes, text = unpack(parsed[1].boxes), parsed[1].text
    assert "".join(text[box.start : box.end] for box in boxes) == text.replace(" ", "")
    assert len(covering(boxes, start=text.index("accom"), end=text.index("on long"))) == 2


def test_table_rows_stay_on_one_line(tmp_path):
    rows = [("(Millions)", "2022", "2021"), ("Net sales", "34,229", "35,355"), ("Cost of sales", "19,232", "18,795")]
    drawn = [(x, 150 + 16 * i, text) for i, row in enumerate(rows) for x, text in zip((72, 300, 400), row, strict=True)]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn)))

    assert page.text == "(Millions) | 2022 | 2021\nNet sales | 34,229 | 35,355\nCost of sales | 19,232 | 18,795"
    (table,) = page.blocks
    assert (table.kind, page.text[: table.header_end]) == ("table", "(Millions) | 2022 | 2021")


def test_an_empty_user_password_opens_and_another_is_refused(tmp_path):
    text = lines("A sentence behind an owner password.")
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(text, encrypt=StandardEncryption("", ownerPassword="x", canPrint=0))))
    assert page.text == "A sentence behind an owner password."

    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "b.pdf", pdf(text, encrypt=StandardEncryption("secret", ownerPassword="x"))))
    assert refused.value.code == "locked"


def test_a_pdf_without_pages_is_refused(tmp_path):
    stream = io.BytesIO()
    pypdf.PdfWriter().write(stream)

    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.pdf", stream.getvalue()))
    assert refused.value.code in ("no_pages", "damaged")


@pytest.mark.skipif(not ocr.is_available(), reason="the OCR engine is not installed")
def test_a_scanned_page_is_read_and_its_words_have_boxes(tmp_path):
    import pypdfium2

    path = write(tmp_path, "text.pdf", pdf([(72, 200, "Evacuation drills are held in March")]))
    picture = pypdfium2.PdfDocument(path)[0].render(scale=3).to_pil().convert("L")
    picture.save(tmp_path / "scan.pdf", "PDF", resolution=216)
    _, (page,), notices = read_file(tmp_path / "scan.pdf")

    assert "drills are held in March" in page.text
    start = page.text.index("March")
    (box,) = covering(unpack(page.boxes), start=start, end=start + 5)
    left = 72 + stringWidth("Evacuation drills are held in ", "Helvetica", 11)
    # Within half a letter; the box of a line reaches below its letters' feet.
    assert (box.left, box.bottom) == (pytest.approx(left, abs=4), pytest.approx(200, abs=6))
    assert [(notice.code, notice.pages) for notice in notices] == [("ocr", (1,))]


def words_of(text):
    return Counter(re.findall(r"[a-z]+|\d+", text.lower()))


def edge_text(path, number):
    """Return what stands at the top and the bottom edge of a page, as pdfium reads it."""
    import pypdfium2

    page = pypdfium2.PdfDocument(path)[number - 1].get_textpage()
    height = page.page.get_height()
    return " ".join(
        (page.get_text_bounded(bottom=height * 0.9), page.get_text_bounded(top=height * 0.1)),
    )


def test_the_words_of_the_evidence_are_in_the_stored_text_of_their_pages():
    folder = SHARED / "financebench-a"
    if not (folder / "pdfs").is_dir():
        pytest.skip("../shared/data/financebench-a is not there")
    questions = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    evidence = [row for question in questions for row in question["evidence"]]
    shares, lacking = [], []
    for name in {row["doc"] for row in evidence}:
        _, pages, _ = read_file(folder / "pdfs" / f"{name}.pdf")
        for row in evidence:
            if row["doc"] == name:
                wanted, found = words_of(row["text"]), words_of(pages[row["page"] - 1].text)
                shares.append(sum((wanted & found).values()) / wanted.total())
                # Besides the running head and foot of the page, which are left out, all of each passage is there.
                edges = words_of(edge_text(folder / "pdfs" / f"{name}.pdf", row["page"]))
                lacking.append(sum((wanted - found - edges).values()) / wanted.total())

    assert len(shares) == 47
    assert sum(shares) / len(shares) >= 0.99
    assert sum(share < 0.98 for share in shares) <= 1
    assert max(lacking) <= 0.02
