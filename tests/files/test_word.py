"""Word as it prints: signs of picture fonts, boxes to tick, numbers in tables, listings, charts and diagrams."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.files.reading import read, texts
from tests.ingest.word_files import OFFICE, cell, level, numbered, numbering, paragraph, row, run, table, word

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
CHART = (
    f'<c:chartSpace xmlns:c="{DRAWING}/chart" xmlns:a="{DRAWING}/main"><c:chart><c:title><a:t>Guests</a:t></c:title>'
    "<c:plotArea><c:barChart>{}</c:barChart></c:plotArea></c:chart></c:chartSpace>"
)
POINTS = '<c:pt idx="0"><c:v>{}</c:v></c:pt><c:pt idx="1"><c:v>{}</c:v></c:pt>'
SERIES = (
    f"<c:ser><c:tx><c:v>Members</c:v></c:tx><c:cat>{POINTS.format('2024', '2025')}</c:cat>"
    f"<c:val>{POINTS.format('410', '530.0')}</c:val></c:ser>"
)
DIAGRAM = f'<d:dataModel xmlns:d="{DRAWING}/diagram" xmlns:a="{DRAWING}/main"><a:p><a:r><a:t>Rinse</a:t></a:r></a:p></d:dataModel>'


def drawn(kind: str, attribute: str, part: str) -> bytes:
    """Return a DOCX with a chart or a diagram."""
    named = f'<c:{kind} xmlns:c="{DRAWING}/x" r:{attribute}="rDrawn"/>'
    graphic = f'<w:r><w:drawing><a:graphic><a:graphicData uri="x">{named}</a:graphicData></a:graphic></w:drawing></w:r>'
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word(paragraph("See:", graphic)))) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/_rels/document.xml.rels":
                relation = f'<Relationship Id="rDrawn" Type="{OFFICE}/chart" Target="drawn.xml"/></Relationships>'
                data = data.replace(b"</Relationships>", relation.encode())
            if name == "[Content_Types].xml":
                data = data.replace(b"</Types>", b'<Override PartName="/word/drawn.xml" ContentType="application/xml"/></Types>')
            new.writestr(name, data)
        new.writestr("word/drawn.xml", part)
    return stream.getvalue()


def sign(font: str, code: str) -> str:
    return f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'


def field(form: str) -> str:
    mark = '<w:r><w:fldChar w:fldCharType="{}">{}</w:fldChar></w:r>'
    return mark.format("begin", f"<w:ffData>{form}</w:ffData>") + mark.format("end", "")


@pytest.mark.parametrize(
    ("mark", "styles"),
    [
        (run("2", '<w:rStyle w:val="Mark"/>'), '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'),
        (run("2", '<w:position w:val="3"/><w:sz w:val="12"/>'), ""),
        (run("2", '<w:position w:val="8"/>'), ""),
    ],
)
def test_a_mark_that_a_style_or_a_shift_raises(tmp_path: Path, mark: str, styles: str) -> None:
    style = f'<w:style w:type="character" w:styleId="Mark"><w:name w:val="Mark"/>{styles}</w:style>'

    assert texts(tmp_path, "a.docx", word(paragraph("It takes 36", mark, " days."), styles=style)) == ["It takes 36² days."]


def test_signs_of_picture_fonts_read_as_what_they_show(tmp_path: Path) -> None:
    body = paragraph(
        sign("Symbol", "F0B1"), "5 ", run("m", '<w:rFonts w:ascii="Symbol"/>'), "m ", sign("Wingdings", "F0FE"), " Express"
    )
    body += paragraph(
        run("\uf0a8", '<w:rFonts w:hAnsi="Wingdings"/>'), " Gift ", sign("Wingdings", "F07F"), sign("Wingdings", "zz"), "."
    )

    assert texts(tmp_path, "a.docx", word(body)) == ["±5 µm ☑ Express", "☐ Gift ."]


def test_boxes_and_lists_of_an_older_form_show_what_was_chosen(tmp_path: Path) -> None:
    boxes = (
        field(f"<w:checkBox>{inner}</w:checkBox>") for inner in ("<w:checked/>", '<w:default w:val="1"/>', "<w:default w:val='0'/>")
    )
    choice = field('<w:ddList><w:result w:val="1"/><w:listEntry w:val="S"/><w:listEntry w:val="XL"/></w:ddList>')

    assert texts(tmp_path, "a.docx", word(paragraph(*boxes, " Size ", choice))) == ["☑☑☐ Size XL"]


def test_numbers_that_word_prints_in_cells(tmp_path: Path) -> None:
    steps = "".join(numbered(2, 0, step) for step in ("Open A", "Close B"))
    body = table(row("No.", "Item"), row(cell(numbered(1, 0, "")), "Tent"), row(cell(numbered(1, 0, "")), cell(steps)))
    lists = numbering(level(0, "decimal", "%1.")) + numbering(level(0, "lowerLetter", "(%1)"), number=2)

    assert texts(tmp_path, "a.docx", word(body + numbered(1, 0, "After"), numbering=lists)) == [
        *("No. | Item\n1. | Tent\n2. | (a) Open A (b) Close B", "3. After")
    ]


def test_numbers_that_a_newer_word_pads_with_zeros(tmp_path: Path) -> None:
    choice = '<mc:Choice Requires="w14"><w:numFmt w:val="custom" w:format="001, 002, 003, ..."/></mc:Choice>'
    form = f'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">{choice}</mc:AlternateContent>'
    lists = numbering(f'<w:lvl w:ilvl="0"><w:start w:val="9"/>{form}<w:lvlText w:val="R%1"/></w:lvl>')

    assert texts(tmp_path, "a.docx", word(numbered(1, 0, "x") + numbered(1, 0, "y"), numbering=lists)) == ["R009 x", "R010 y"]


def test_a_deleted_cell_is_empty(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.docx", word(table(row("Item", "Fee"), row("Tent", cell("35", '<w:cellDel w:id="1"/>'))))) == [
        "Item | Fee\nTent"
    ]


def test_listings_stay_letter_for_letter(tmp_path: Path) -> None:
    style = '<w:style w:type="paragraph" w:styleId="C"><w:name w:val="Source Code"/></w:style>'
    named = '<w:pStyle w:val="C"/>'
    body = paragraph("if {{ a }}:", properties=named) + paragraph() + paragraph("    b(--x)", properties=named)
    mono = '<w:rFonts w:ascii="Consolas"/>'
    body += paragraph("Then:") + paragraph(run("  c -= 1", mono)) + paragraph(run("A letter on a typewriter.", mono))

    assert texts(tmp_path, "a.docx", word(body, styles=style)) == [
        "if {{ a }}:\n\n    b(--x)",
        "Then:",
        "  c -= 1",
        "A letter on a typewriter.",
    ]


def test_charts_and_diagrams_are_read_or_counted(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.docx", drawn("chart", "id", CHART.format(SERIES))) == [
        *("See:", "Guests", "2024: Members 410\n2025: Members 530")
    ]
    assert texts(tmp_path, "a.docx", drawn("relIds", "dm", DIAGRAM)) == ["See:", "- Rinse"]
    assert read(tmp_path, "a.docx", drawn("chart", "id", CHART.format("")))[1]["objects"]["count"] == 1
    assert read(tmp_path, "a.docx", drawn("chart", "id", "<broken"))[1]["objects"]["count"] == 1


def test_parts_of_clauses_are_cited_from_the_clause_down(tmp_path: Path) -> None:
    levels = (
        level(0, "decimal", "Article %1"),
        level(1, "decimal", "%1.%2"),
        level(2, "lowerLetter", "(%3)"),
        level(3, "lowerRoman", "(%4)"),
    )
    chinese = (level(0, "chineseCountingThousand", "第%1条"), level(1, "chineseCounting", "（%2）"), level(2, "decimal", "%3．"))
    body = "".join(numbered(1, depth, f"t{depth}") for depth in (0, 1, 2, 3, 2))
    body += "".join(numbered(2, depth, f"t{depth}") for depth in (0, 1, 2))

    assert [
        line.strip() for line in texts(tmp_path, "a.docx", word(body, numbering=numbering(*levels) + numbering(*chinese, number=2)))
    ] == [
        *("Article 1 t0", "1.1 t1", "1.1 (a) t2", "1.1 (a) (i) t3", "1.1 (b) t2"),
        *("第一条 t0", "第一条（一）t1", "第一条（一） 1．t2"),
    ]


def test_marks_above_and_indexes_before_a_letter_of_an_equation(tmp_path: Path) -> None:
    def part(name: str, text: str) -> str:
        return f"<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>"

    isotope = f"<m:sPre>{part('sub', '6')}{part('sup', '14')}{part('e', 'C')}</m:sPre>"
    mean = f'<m:acc><m:accPr><m:chr m:val="&#773;"/></m:accPr>{part("e", "x")}</m:acc>'
    limit = f"<m:limUpp>{part('e', 'max')}{part('lim', 'n')}</m:limUpp>"

    assert texts(tmp_path, "a.docx", word(paragraph(*(f"<m:oMath>{one}</m:oMath>" for one in (isotope, mean, limit))))) == [
        "_6^14 C  x\u0305  max^n"
    ]


def complex_field(instruction: str, result: str = "", *, before: str = "") -> str:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    told = f'<w:r><w:instrText xml:space="preserve"> {instruction} </w:instrText></w:r>'
    shown = mark.format("separate") + run(result) if result else ""
    return mark.format("begin") + told + before + shown + mark.format("end")


@pytest.mark.parametrize(
    ("instruction", "shown"),
    [
        (r"EQ \f(3;4)", "3/4"),
        (r"eq \f(a + b,2)", "(a + b)/2"),
        (r"EQ \r(3,x)", "root 3 of (x)"),
        (r"EQ \o\ac(○,7)", "⑦"),
        (r"EQ \x(\s\up5(2))", "²"),
        (r"EQ \b\bc\[(\l(1,2))", "[1, 2]"),
        (r"EQ \i\su(i=1,n,i)", "∑_(i=1)^n i"),
        (r"SYMBOL 254 \f Wingdings \s 12", "☑"),
        (r'SYMBOL 0xD8 \f "Symbol"', "¬"),
        (r"MACROBUTTON NoMacro Applicant", "Applicant"),
        (r"TC &quot;Fees&quot; \l 1", ""),
    ],
)
def test_a_field_without_a_result_reads_as_it_shows_itself(tmp_path: Path, instruction: str, shown: str) -> None:
    assert texts(tmp_path, "a.docx", word(paragraph("a ", complex_field(instruction), " z"))) == [f"a {shown} z"]


def test_an_equation_field_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    found, warnings = read(tmp_path, "a.docx", word(paragraph("Ratio ", complex_field(r"EQ \d\fo10()"))))
    assert found == ["Ratio"]
    assert warnings["equations"]["count"] == 1


def test_what_a_field_compares_is_no_text_and_words_behind_a_field_without_end_are(tmp_path: Path) -> None:
    inner = complex_field("DOCPROPERTY Country", "DE") + '<w:r><w:instrText> = "DE" "30" "20"</w:instrText></w:r>'
    nested = paragraph("Leave: ", complex_field("IF ", "30", before=inner), " days")
    open_end = paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', run("Notice: 4 weeks"))

    assert texts(tmp_path, "a.docx", word(nested + open_end)) == ["Leave: 30 days", "Notice: 4 weeks"]


def test_lines_of_contents_tell_their_page_as_a_page(tmp_path: Path) -> None:
    styles = '<w:style w:type="paragraph" w:styleId="V1"><w:name w:val="toc 1"/></w:style>'
    line = paragraph("Leave days", "<w:r><w:tab/></w:r>", "4", properties='<w:pStyle w:val="V1"/>')

    assert texts(tmp_path, "a.docx", word(line, styles=styles)) == ["Leave days … 4"]
