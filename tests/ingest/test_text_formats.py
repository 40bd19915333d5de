import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.parsers.refusal import Refusal
from tests.ingest.files import docx_bytes, write
from tests.ingest.store import read_file


def blocks_of(pages):
    return [(block.kind, page.text[block.start : block.end]) for page in pages for block in page.blocks]


def test_markdown_reads_as_a_reader_sees_it(tmp_path):
    source = (
        '---\ntitle: Leave types\ntags: a, b\n---\n\n# Top\n\nRead [the **rules**]({% page "/x/" %}) in `HR`.\n\n'
        "{% comment %}hidden{% endcomment %}\n{% alert %}\nNote well.\n{% endalert %}\n\n"
        'Ask {% slack_channel "people-ops" %}.\n\n'
        "* one\n* two\n  1. inner\n\n"
        "| A | B |\n|---|---|\n| x *y* | 2 |\n\n```\ncode = 1\n```\n\n> quoted\n\n<!-- gone -->\n<div>kept</div>\n"
    )
    opening, pages, _ = read_file(write(tmp_path, "a.md", source))

    assert opening.title == "Leave types"
    assert blocks_of(pages) == [
        ("heading", "Top"),
        ("paragraph", "Read the rules in HR."),
        ("paragraph", "Note well."),
        ("paragraph", "Ask people-ops."),
        ("list", "- one"),
        ("list", "- two"),
        ("list", "  1. inner"),
        ("table", "A | B\nx y | 2"),
        ("code", "code = 1"),
        ("quote", "quoted"),
        ("paragraph", "kept"),
    ]
    table = next(block for block in pages[0].blocks if block.kind == "table")
    assert pages[0].text[table.start : table.header_end] == "A | B"


def test_a_page_of_front_matter_says_what_it_declares(tmp_path):
    source = "---\ntitle: Billing policy\nredirect_to: /tock/\nredirect_from:\n  - /billing/\n---\n"
    opening, pages, _ = read_file(write(tmp_path, "a.md", source))

    assert opening.title == "Billing policy"
    assert blocks_of(pages) == [("paragraph", "title: Billing policy\nredirect_to: /tock/")]


def test_html_gives_its_main_content_only(tmp_path):
    source = (
        "<!doctype html><html><head><title>Our page</title><style>p{}</style></head><body><nav>Home Away</nav>"
        "<header>Banner</header><main><h1>Rules</h1><p>First<br>second <b>bold</b>.</p><p hidden>secret one</p>"
        "<p style='display: none'>secret two</p><script>var secret3</script><ul><li>a</li><li>b</li></ul>"
        "<table><tr><th>K</th><th>V</th></tr><tr><td>x</td><td>1</td></tr></table></main><footer>Imprint</footer></body></html>"
    )
    opening, pages, _ = read_file(write(tmp_path, "a.html", source))

    assert opening.title == "Our page"
    assert blocks_of(pages) == [
        ("heading", "Rules"),
        ("paragraph", "First\nsecond bold."),
        ("list", "- a"),
        ("list", "- b"),
        ("table", "K | V\nx | 1"),
    ]


def test_deep_html_ends_neither_in_an_error_nor_slowly(tmp_path):
    _, pages, _ = read_file(write(tmp_path, "a.html", "<html>" + "<div>" * 20_000 + "deep words" + "</div>" * 20_000))

    assert "deep words" in pages[0].text


@pytest.mark.parametrize(
    "codec",
    ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le", "shift_jis", "iso2022_jp", "euc_jp", "euc_kr", "cp1252"],
)
def test_text_is_read_in_its_encoding(tmp_path, codec):
    text = {
        "big5": "這是一個中文的文件，我們在這裡說明員工的休假規定。員工每年有十天的年假，可以在一年中使用。" * 3,
        "shift_jis": "これは日本語の文書です。社員は毎年十日の休暇を取ることができます。休暇は上司に申請してください。" * 3,
        "euc_jp": "これは日本語の文書です。社員は毎年十日の休暇を取ることができます。休暇は上司に申請してください。" * 3,
        "euc_kr": "이 문서는 직원의 휴가 규정을 설명합니다. 직원은 매년 열흘의 휴가를 사용할 수 있습니다. " * 3,
        "iso2022_jp": "これは日本語の文書です。社員は毎年十日の休暇を取ることができます。" * 3,
        "cp1252": "Der Urlaub beträgt dreißig Tage für jeden Beschäftigten; über Ausnahmen entscheidet die Geschäftsführung. " * 3,
        "utf-16-le": "Annual leave is thirty days. " * 10,
    }.get(codec, "这是一个中文的文件，我们在这里说明员工的休假规定。员工每年有十天的年假，可以在一年中使用。" * 3)
    _, pages, _ = read_file(write(tmp_path, "a.txt", text.encode(codec)))

    assert pages[0].text == text.strip()


SHORT = {
    "员工手册": ("gb18030", "utf-16-le", "utf-16-be"),
    "深圳": ("gb18030",),
    "年假为十五天，由部门经理批准。": ("gb18030", "utf-16-le", "utf-16-be"),
    "编号,名称,价格\n1,茶壶,88": ("gb18030", "utf-16-be"),
    "員工手冊": ("big5", "utf-16-le"),
    "報銷標準：每天200元": ("big5",),
    "休暇は三日前までに申請してください。": ("shift_jis", "euc_jp", "iso2022_jp", "utf-16-be"),
    "経費精算：一日5000円": ("shift_jis", "euc_jp"),
    "휴가는 3일 전에 신청해야 합니다.": ("euc_kr", "utf-16-le"),
    "회의록": ("euc_kr",),
    "Größe und Übersicht": ("cp1252",),
    "Los años, los niños y el café": ("cp1252",),
    "Правила внутреннего распорядка": ("cp1251", "koi8_r", "utf-16-le"),
}


@pytest.mark.parametrize(("text", "codec"), [(text, codec) for text, codecs in SHORT.items() for codec in codecs])
def test_a_few_words_are_enough_to_detect_the_encoding(tmp_path, text, codec):
    _, (page,), _ = read_file(write(tmp_path, "a.txt", text.encode(codec)))

    assert page.text == text


def test_what_cannot_be_stored_or_seen_is_removed(tmp_path):
    _, pages, _ = read_file(write(tmp_path, "a.txt", "vis\u200bible\u202e te\u00adxt cafe\u0301 \ufeffend\x07"))

    assert pages[0].text == "visible text café end"


def test_long_text_is_cut_into_pages_at_block_borders(tmp_path):
    paragraphs = [f"Paragraph {i}. " + "word " * 150 for i in range(60)]
    _, pages, _ = read_file(write(tmp_path, "a.txt", "\n\n".join(paragraphs)))

    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert all(len(page.text) <= 8000 for page in pages)
    assert sum(len(page.blocks) for page in pages) == 60


def test_docx_gives_headings_lists_tables_and_insertions_in_order(tmp_path):
    document = docx.Document()
    document.core_properties.title = "Travel policy"
    document.add_heading("Hotels", level=1)
    paragraph = document.add_paragraph("Book ")
    paragraph._p.append(parse_xml(f'<w:ins {nsdecls("w")} w:id="1" w:author="a"><w:r><w:t>early</w:t></w:r></w:ins>'))
    paragraph._p.append(parse_xml(f'<w:del {nsdecls("w")} w:id="2" w:author="a"><w:r><w:delText>late</w:delText></w:r></w:del>'))
    document.add_paragraph("first", style="List Bullet")
    table = document.add_table(rows=3, cols=2)
    for row, texts in zip(table.rows, (("City", "Limit"), ("Paris", "180"), ("Rome", "150")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.rows[2].cells[1].add_table(rows=1, cols=1).rows[0].cells[0].text = "inner"
    document.add_heading("Trains", level=2)
    document.add_paragraph("Second class.")
    opening, pages, _ = read_file(write(tmp_path, "a.docx", docx_bytes(document)))

    assert opening.title == "Travel policy"
    assert blocks_of(pages) == [
        ("heading", "Hotels"),
        ("paragraph", "Book early"),
        ("list", "- first"),
        ("table", "City | Limit\nParis | 180\nRome | 150 inner"),
        ("heading", "Trains"),
        ("paragraph", "Second class."),
    ]
    assert pages[0].blocks[-1].heading_path == ("Hotels", "Trains")


def test_text_in_an_encoding_that_nobody_knows_is_refused_rather_than_stored_as_noise(tmp_path):
    noise = bytes(0xA1 + (i * 37) % 90 for i in range(4000))  # as EUC-TW looks: pairs of high bytes
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.txt", noise))
    assert refused.value.code == "unknown_encoding"


def test_a_text_full_of_accents_is_read(tmp_path):
    text = "Nghỉ phép năm là mười hai ngày; người lao động phải báo trước. Où êtes-vous né à Noël? "
    for codec in ("utf-8", "cp1258", "cp1252"):
        _, pages, _ = read_file(write(tmp_path, "a.txt", (text * 5).encode(codec, "ignore")))
        assert "lao" in pages[0].text


def test_spanning_cells_of_an_html_table_count_for_all_that_they_span(tmp_path):
    source = (
        "<table><tr><th rowspan=2>City</th><th colspan=2>Limit</th></tr><tr><th>Hotel</th><th>Meals</th></tr>"
        "<tr><td rowspan=2>Paris</td><td>180</td><td>60</td></tr>"
        "<tr><td colspan=2>closed</td></tr><tr><td>Rome</td><td>150</td></tr></table>"
    )
    _, (page,), _ = read_file(write(tmp_path, "a.html", f"<html><body>{source}</body></html>"))

    assert page.text == "City | Limit Hotel | Limit Meals\nParis | 180 | 60\nParis | closed | closed\nRome | 150"
    assert page.text[: page.blocks[0].header_end] == "City | Limit Hotel | Limit Meals"


def test_a_cell_that_claims_to_span_everything_does_not_swell(tmp_path):
    cell = "<td rowspan=99999999 colspan=99999>" + "word " * 20_000 + "</td>"
    _, pages, _ = read_file(write(tmp_path, "a.html", f"<table><tr>{cell}</tr>" + "<tr><td>x</td></tr>" * 300 + "</table>"))

    assert sum(len(page.text) for page in pages) < 500_000


def test_definitions_keep_their_terms_and_lists_their_numbers(tmp_path):
    source = "<h1>Travel</h1><dl><dt>Per diem</dt><dd>80 EUR</dd><dt>Alone</dt></dl><ol start=3><li>Book</li><li>Pay</li></ol>"
    _, (page,), _ = read_file(write(tmp_path, "a.html", f"<html><body>{source}</body></html>"))

    assert page.text == "Travel\n\nPer diem: 80 EUR\n\nAlone\n\n3. Book\n4. Pay"


def test_furniture_of_the_site_goes_but_never_most_of_the_page(tmp_path):
    content = "<p>" + "Economy class is booked for flights under six hours. " * 5 + "</p>"
    banner = '<div class="cookie-banner">We use cookies.</div><div role="navigation">Home About</div>'
    _, (page,), _ = read_file(write(tmp_path, "a.html", f"<html><body>{banner}{content}</body></html>"))
    assert page.text.startswith("Economy")
    _, (page,), _ = read_file(
        write(tmp_path, "b.html", f'<html><body class="sidebar"><div id="sidebar">{content}</div></body></html>')
    )
    assert page.text.startswith("Economy")
