"""What Word shows of a document is what is read of it: notes, margins, numbers that it makes, merged cells."""

import pytest

from ingest.errors import warning_for
from ingest.parsers.office.word.numerals import write_number
from tests.ingest.files import write
from tests.ingest.store import read_file
from tests.ingest.word_files import cell, level, numbered, numbering, paragraph, row, run, table, word


def read(tmp_path, body, **parts):
    """Return the blocks as (kind, text), and the notices by code."""
    _, pages, notices = read_file(write(tmp_path, "a.docx", word(body, **parts)))
    blocks = [(block.kind, page.text[block.start : block.end]) for page in pages for block in page.blocks]
    return blocks, {notice.code: notice.values for notice in notices}


def texts(tmp_path, body, **parts):
    return [text for _, text in read(tmp_path, body, **parts)[0]]


def test_what_is_struck_out_is_left_out_and_reported(tmp_path):
    styles = '<w:style w:type="character" w:styleId="Old"><w:name w:val="Old"/><w:rPr><w:strike/></w:rPr></w:style>'
    blocks, warnings = read(
        tmp_path,
        paragraph("The fee is ", run("35", "<w:strike/>"), run(" euros", "<w:dstrike/>"), " 48 euros.")
        + paragraph(run("Dogs are allowed.", '<w:rStyle w:val="Old"/>'))
        + paragraph(run("Cats are allowed.", '<w:strike w:val="0"/>')),
        styles=styles,
    )

    assert blocks == [("paragraph", "The fee is 48 euros."), ("paragraph", "Cats are allowed.")]
    assert warnings["struck_out"] == {"count": 2, "places": "“35 euros”, “Dogs are allowed.”"}


def test_hidden_text_is_left_out_and_reported_without_its_words(tmp_path):
    blocks, warnings = read(tmp_path, paragraph("Offer valid until May", run(" (margin 40 %)", "<w:vanish/>"), "."))

    assert blocks == [("paragraph", "Offer valid until May.")]
    assert warnings["hidden_words"] == {"count": 1, "places": "“Offer valid until May”"}


def test_deleted_changes_are_out_and_inserted_ones_in_rows_too(tmp_path):
    changes = '<w:del w:id="1"><w:r><w:delText>ten</w:delText></w:r></w:del><w:ins w:id="2"><w:r><w:t>twelve</w:t></w:r></w:ins>'
    rows = row("a", "b"), row("gone", "x", properties='<w:del w:id="3"/>'), row("new", "y", properties='<w:ins w:id="4"/>')

    assert texts(tmp_path, paragraph("Keep ", changes, " days.") + table(*rows)) == ["Keep twelve days.", "a | b\nnew | y"]


@pytest.mark.parametrize(("kind", "mark"), [("footnote", "¹"), ("endnote", "ⁱ")])
def test_a_note_stands_behind_the_paragraph_that_refers_to_it(tmp_path, kind, mark):
    reference = f'<w:r><w:{kind}Reference w:id="7"/></w:r>'
    note = f'<w:{kind} w:id="0" w:type="separator"><w:p/></w:{kind}><w:{kind} w:id="7">{paragraph("In Zurich 65.")}</w:{kind}>'
    body = paragraph("Meals 40 euros.", reference) + paragraph("Hand in receipts.")

    assert texts(tmp_path, body, **{f"{kind}s": note}) == [f"Meals 40 euros.{mark}", f"{mark} In Zurich 65.", "Hand in receipts."]


@pytest.mark.parametrize("kind", ["first", "even"])
def test_a_header_that_no_page_shows_is_not_told(tmp_path, kind):
    section = f'<w:sectPr><w:headerReference w:type="{kind}" r:id="rheader"/>{{}}</w:sectPr>'
    header = paragraph("Draft 0.3")

    assert texts(tmp_path, paragraph("Rinse.") + section.format(""), header=header) == ["Rinse."]
    if kind == "first":
        assert texts(tmp_path, paragraph("Rinse.") + section.format("<w:titlePg/>"), header=header) == ["Draft 0.3", "Rinse."]


def test_a_watermark_is_a_line_of_the_header(tmp_path):
    mark = '<w:r><w:pict><v:shape><v:textpath string="NOT YET APPROVED"/></v:shape></w:pict></w:r>'
    section = '<w:sectPr><w:headerReference w:type="default" r:id="rheader"/></w:sectPr>'

    assert texts(tmp_path, paragraph("Rinse.") + section, header=paragraph(mark)) == ["NOT YET APPROVED", "Rinse."]


def test_headers_and_footers_are_read_once_without_page_numbers(tmp_path):
    section = (
        '<w:sectPr><w:headerReference w:type="{0}" r:id="rheader"/><w:footerReference w:type="{0}" r:id="rfooter"/></w:sectPr>'
    )
    body = paragraph("Rinse.", properties=section.format("first")) + section.format("default")
    header = paragraph("WI-318", "<w:r><w:tab/></w:r>", "valid from 1 March") + table(row("Owner", "I. Duarte"))
    footer = paragraph("Page 3 of 12") + paragraph("第 3 页 共 9 页")

    assert texts(tmp_path, body, header=header, footer=footer) == ["WI-318; valid from 1 March; Owner: I. Duarte", "Rinse."]


def test_comments_stand_apart_and_are_called_comments(tmp_path):
    comment = f'<w:comment w:id="1" w:author="Ann" w:date="2026-02-11T08:00:00Z">{paragraph("Really?")}</w:comment>'
    blocks, _ = read(tmp_path, paragraph("Two days.", '<w:r><w:commentReference w:id="1"/></w:r>'), comments=comment)

    assert blocks == [("paragraph", "Two days."), ("heading", "Comments"), ("list", "- Comment by Ann (2026-02-11): Really?")]


def test_an_equation_reads_as_a_line_and_one_that_cannot_be_read_is_reported(tmp_path):
    def part(name, text):
        return f"<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>"

    power = f"<m:sSup>{part('e', 'v')}{part('sup', '2')}</m:sSup>"
    fraction = f"<m:f><m:num>{power}</m:num>{part('den', '2a')}</m:f>"
    square = f"<m:rad>{part('e', 'x')}</m:rad>"
    old = '<w:r><w:object><o:OLEObject ProgID="Equation.3"/></w:object></w:r>'
    blocks, warnings = read(
        tmp_path, paragraph("s =", f"<m:oMath>{fraction}</m:oMath>", "and", f"<m:oMath>{square}</m:oMath>", old)
    )

    assert blocks == [("paragraph", "s = (v^2)/2a and √(x)")]
    assert warnings["equations"]["count"] == 1


def test_links_carry_their_addresses_and_bookmarks_none(tmp_path):
    def link(target, text):
        return f"<w:hyperlink {target}>{run(text)}</w:hyperlink>"

    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "https://b.example" </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("there")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    body = paragraph("Claim ", link('r:id="rLink0"', "here"), ", ", link('r:id="rLink1"', "by mail"), ", ", field, ", ")
    body += paragraph(link('w:anchor="x"', "above"), link('r:id="rLink0"', "https://a.example/new"))

    assert texts(tmp_path, body, links=("https://a.example/new", "mailto:pay@a.example")) == [
        "Claim here (https://a.example/new), by mail (pay@a.example), there (https://b.example),",
        "abovehttps://a.example/new",
    ]


def test_content_controls_text_boxes_and_parts_in_html_are_read_and_prompts_are_not(tmp_path):
    content = f"<w:txbxContent>{paragraph('Oil 2.8 bar.')}</w:txbxContent>"
    box = f"<w:r><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></w:r>"
    control = f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph('Filled in.')}</w:sdtContent></w:sdt>"
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{paragraph('Click here.')}</w:sdtContent></w:sdt>"
    blocks, warnings = read(
        tmp_path,
        paragraph("Start.", box) + control + prompt + '<w:altChunk r:id="rHtml"/>',
        html="<html><body><h2>Annex</h2><p>Not <s>five</s> six.</p></body></html>",
    )

    assert blocks == [
        ("paragraph", "Start."),
        ("paragraph", "Oil 2.8 bar."),
        ("paragraph", "Filled in."),
        ("heading", "Annex"),
        ("paragraph", "Not six."),
    ]
    assert warnings["struck_out"] == {"count": 1, "places": "“five”"}


def test_numbers_are_read_as_word_prints_them(tmp_path):
    lists = numbering(level(0, "decimal", "Article %1", start=7), level(1, "lowerLetter", "(%2)"), level(2, "lowerRoman", "%2.%3"))
    body = "".join(
        (
            *(numbered(1, 0, "Deposit"), numbered(1, 0, "Return"), numbered(1, 1, "undamaged"), numbered(1, 1, "early")),
            *(numbered(1, 2, "at noon"), numbered(1, 0, "End"), numbered(1, 1, "again")),
        )
    )

    assert texts(tmp_path, body, numbering=lists) == [
        *(
            "Article 7 Deposit",
            "Article 8 Return",
            "  Article 8 (a) undamaged",
            "  Article 8 (b) early",
            "    Article 8 b.i at noon",
            "Article 9 End",
            "  Article 9 (a) again",
        )
    ]


def test_headings_of_derived_styles_carry_the_numbers_of_their_styles(tmp_path):
    styles = (
        '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>'
        '<w:outlineLvl w:val="0"/></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Company head"/><w:basedOn w:val="H1"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/><w:pPr>'
        '<w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    lists = numbering(
        level(0, "chineseCounting", "第%1章", more='<w:pStyle w:val="H1"/>'),
        level(1, "decimal", "%1.%2", more='<w:isLgl/><w:pStyle w:val="H2"/>'),
    )
    body = "".join(paragraph(text, properties=f'<w:pStyle w:val="{style}"/>') for style, text in (("H1", "总则"), ("H2", "范围")))
    body += paragraph("附则", properties='<w:pStyle w:val="Own"/>')
    blocks, _ = read(tmp_path, body, styles=styles, numbering=lists)

    assert blocks == [("heading", "第一章 总则"), ("heading", "1.1 范围"), ("heading", "第二章 附则")]


def test_a_list_starts_over_where_its_number_says_so_and_goes_on_where_not(tmp_path):
    lists = numbering(level(0, "decimal", "%1.")) + "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="1"/>{override}</w:num>'
        for number, override in ((2, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'), (3, ""))
    )
    body = "".join(numbered(number, 0, text) for number, text in ((1, "a"), (1, "b"), (3, "c"), (2, "d"), (2, "e")))

    assert texts(tmp_path, body, numbering=lists) == ["1. a", "2. b", "3. c", "5. d", "6. e"]


@pytest.mark.parametrize(
    ("form", "number", "written"),
    [
        *(("upperRoman", 14, "XIV"), ("lowerLetter", 28, "bb"), ("ordinal", 22, "22nd"), ("ordinalText", 21, "Twenty-first")),
        *(("chineseCounting", 12, "十二"), ("chineseCountingThousand", 105, "一百零五"), ("chineseLegalSimplified", 20, "贰拾")),
        *(("ideographTraditional", 3, "丙"), ("decimalZero", 4, "04"), ("decimalEnclosedCircle", 3, "③"), ("unheardOf", 3, "3")),
    ],
)
def test_a_number_is_written_in_its_format(form, number, written):
    assert write_number(number, form) == written


def test_each_row_of_merged_cells_knows_its_names(tmp_path):
    down, more, wide = '<w:vMerge w:val="restart"/>', "<w:vMerge/>", '<w:gridSpan w:val="2"/>'
    controlled = f"<w:sdt><w:sdtContent>{row(cell('', more), 'Valves', '8 %', '2')}</w:sdtContent></w:sdt>"
    rows = (
        row(cell("Discounts of 2026", '<w:gridSpan w:val="4"/>')),
        row(cell("Region", down), cell("Product", down), cell("Rate", wide)),
        row(cell("", more), cell("", more), "Highest", "Class"),
        row(cell("North", down), "Pumps", "12 %", "1"),
        controlled,
        row("South", "Pumps", "15 %", "3"),
        row("", "Seals", "4 %", "2"),
        row("", "Total", "19 %", "5"),
    )
    blocks, _ = read(tmp_path, table(*rows))

    assert blocks == [
        ("paragraph", "Discounts of 2026"),
        (
            "table",
            "Region | Product | Rate Highest | Rate Class\nNorth | Pumps | 12 % | 1\nNorth | Valves | 8 % | 2\n"
            "South | Pumps | 15 % | 3\nSouth | Seals | 4 % | 2\n | Total | 19 % | 5",
        ),
    ]


def test_a_table_in_a_cell_keeps_its_names_beside_its_values(tmp_path):
    inner = table(row("Size", "Price"), row("M", "5"), row("L", "6"))

    assert texts(tmp_path, table(row("Article", "Sizes"), row("Shirt", cell(inner + paragraph("")))))[0] == (
        "Article | Sizes\nShirt | Size: M, Price: 5; Size: L, Price: 6"
    )


def test_the_title_of_a_clause_is_a_heading_and_a_sentence_with_a_number_is_none(tmp_path):
    lists = numbering(level(0, "upperRoman", "Part %1", start=2), level(1, "decimal", "§ %2", start=12))
    body = numbered(1, 0, "Lending") + numbered(1, 1, "Books are lent for four weeks.") + numbered(1, 0, "Fees")
    blocks, _ = read(tmp_path, body, numbering=lists)

    assert blocks == [
        ("heading", "Part II Lending"),
        ("list", "  § 12 Books are lent for four weeks."),
        ("heading", "Part III Fees"),
    ]


def test_what_was_left_out_is_a_sentence_for_people(tmp_path):
    body = paragraph("Fee ", run("35", "<w:strike/>"), run("x", "<w:vanish/>"), "<w:r><w:object/></w:r>", "<m:oMath/>")
    _, warnings = read(tmp_path, body)

    assert [warning_for({"code": code, "values": values}) for code, values in warnings.items()] == [
        "Embedded objects and parts in other formats were skipped: 1.",
        "Equations that could not be read were skipped: 1.",
        "Struck-out text was skipped: 1 (“35”).",
        "Text formatted as hidden was skipped: 1 (near “Fee”).",
    ]
