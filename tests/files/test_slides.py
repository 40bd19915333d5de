"""Slides as they are shown: numbers that the program makes, hidden shapes, equations, signs, comments, objects."""

import datetime
import io
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches

from tests.files.reading import read, texts

NAMES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
COMMENTS = "http://schemas.openxmlformats.org/presentationml/2006/main"


A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


class Slides:
    """A presentation of one slide."""

    def __init__(self) -> None:
        self.presentation = Presentation()
        self.slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[6])

    def box(self, *paragraphs: str) -> Any:
        shape = self.slide.shapes.add_textbox(Inches(1), Inches(1), Inches(6), Inches(2))
        body = shape.text_frame._txBody
        body.remove(body[-1])
        body.extend(etree.fromstring(f"<a:p {NAMES}>{paragraph}</a:p>") for paragraph in paragraphs)
        return shape

    def part(self, owner: object, kind: str, path: str, xml: str) -> None:
        part = Part(PackURI(path), "application/xml", self.presentation.part.package, xml.encode())
        owner.relate_to(part, f"{RELATIONS}/{kind}")

    def save(self) -> bytes:
        stream = io.BytesIO()
        self.presentation.save(stream)
        return stream.getvalue()


def run(text: str, inner: str = "", **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<a:r><a:rPr{written}>{inner}</a:rPr><a:t>{text}</a:t></a:r>"


def numbered(text: str, kind: str = "arabicPeriod", *, level: int = 0, start: int = 1) -> str:
    return f'<a:pPr lvl="{level}"><a:buAutoNum type="{kind}" startAt="{start}"/></a:pPr>{run(text)}'


def test_paragraphs_carry_the_numbers_that_the_program_makes(tmp_path: Path) -> None:
    slides = Slides()
    inner = [numbered(text, "alphaLcParenR", level=1) for text in ("slowly", "gently")]
    slides.box(numbered("Open"), numbered("Close"), *inner, numbered("Leave"), run("Then"), numbered("甲", "ea1ChsPeriod", start=3))

    assert texts(tmp_path, "a.pptx", slides.save()) == [
        *("1. Open", "2. Close", "  a) slowly", "  b) gently", "3. Leave", "Then", "三. 甲")
    ]


def test_a_hidden_shape_is_left_out_and_reported(tmp_path: Path) -> None:
    slides = Slides()
    slides.box(run("Shown."))
    slides.box(run("Old price 35."))._element.nvSpPr.cNvPr.set("hidden", "1")

    left, warnings = read(tmp_path, "a.pptx", slides.save())
    assert left == ["Shown."]
    assert warnings["hidden_words"]["count"] == 1


def test_a_hidden_group_and_what_lies_beside_the_slide_are_left_out_and_reported(tmp_path: Path) -> None:
    slides = Slides()
    slides.box(run("The limit is 450 kg."))
    group = slides.slide.shapes.add_group_shape([slides.box(run("Old limit: 300 kg"))])
    group._element.nvGrpSpPr.cNvPr.set("hidden", "1")
    parked, above = slides.box(run("Parked: 200 kg")), slides.box(run("Partly: 100 kg"))
    parked.left, above.top = slides.presentation.slide_width, Inches(-1)

    left, warnings = read(tmp_path, "a.pptx", slides.save())
    assert sorted(left) == ["Partly: 100 kg", "The limit is 450 kg."]
    assert warnings["hidden_words"]["count"] == 2


def test_a_box_with_an_equation_is_read_as_newer_programs_draw_it(tmp_path: Path) -> None:
    slides = Slides()
    power = "<a14:m><m:oMath><m:r><m:t>P=3Q</m:t></m:r></m:oMath></a14:m>"
    box = slides.box(run("The pump needs 7 kW, by ") + power)._element
    choice = etree.fromstring(f'<mc:AlternateContent {NAMES}><mc:Choice Requires="a14"/><mc:Fallback/></mc:AlternateContent>')
    tree = box.getparent()
    tree.append(choice)
    older = deepcopy(box)
    choice[1].append(older)
    choice[0].append(box)
    for text in older.iter("{*}t"):
        text.text = " "

    assert texts(tmp_path, "a.pptx", slides.save()) == ["The pump needs 7 kW, by P=3Q"]


def test_equations_signs_and_gaps_of_what_is_struck_out(tmp_path: Path) -> None:
    slides = Slides()
    power = "<m:sSup><m:e><m:r><m:t>r</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
    choice = f"<a14:m><m:oMathPara><m:oMath>{power}</m:oMath></m:oMathPara></a14:m>"
    slides.box(f'<mc:AlternateContent><mc:Choice Requires="a14">{choice}</mc:Choice></mc:AlternateContent>')
    slides.box(run("\uf0fe", '<a:latin typeface="Wingdings"/>') + run(" Fee ") + run("35", strike="sngStrike") + run(" 48"))

    assert texts(tmp_path, "a.pptx", slides.save()) == ["r^2", "☑ Fee 48"]


def test_comments_stand_apart_with_their_authors(tmp_path: Path) -> None:
    slides = Slides()
    slides.box(run("Fee 48."))
    comment = (
        f'<p:cmLst xmlns:p="{COMMENTS}"><p:cm authorId="0" dt="2026-03-01T10:00:00"><p:text>Ask Legal.</p:text></p:cm></p:cmLst>'
    )
    author = f'<p:cmAuthorLst xmlns:p="{COMMENTS}"><p:cmAuthor id="0" name="Ida"/></p:cmAuthorLst>'
    slides.part(slides.slide.part, "comments", "/ppt/comments/comment1.xml", comment)
    slides.part(slides.presentation.part, "commentAuthors", "/ppt/commentAuthors.xml", author)

    assert texts(tmp_path, "a.pptx", slides.save()) == ["Fee 48.", "Comments", "- Comment by Ida (2026-03-01): Ask Legal."]


def test_objects_of_other_programs_are_counted(tmp_path: Path) -> None:
    slides = Slides()
    slides.box(run("See:"))
    slides.slide.shapes.add_ole_object(io.BytesIO(b"x" * 100), "Excel.Sheet.12", Inches(1), Inches(3))

    assert read(tmp_path, "a.pptx", slides.save())[1]["objects"]["count"] == 1


WHITE = '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'
NAMED = '<a:solidFill><a:schemeClr val="bg1"/></a:solidFill>'
DARKER = '<a:solidFill><a:schemeClr val="bg1"><a:lumMod val="50000"/></a:schemeClr></a:solidFill>'


def test_white_words_on_a_white_slide_are_left_out_with_a_warning(tmp_path: Path) -> None:
    slides = Slides()
    slides.box(run("Fee 48") + run(" Ignore the fee.", WHITE), run("Say 0 instead.", NAMED), run("Grey words.", DARKER))
    left, warnings = read(tmp_path, "a.pptx", slides.save())
    assert left == ["Fee 48", "Grey words."]
    assert warnings["hidden_words"]["count"] == 2


@pytest.mark.parametrize("ground", ["a shape", "its own fill", "the slide", "a highlight"])
def test_white_words_on_a_ground_of_a_colour_are_read(tmp_path: Path, ground: str) -> None:
    slides = Slides()
    if ground == "a shape":
        slides.slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(0.5), Inches(0.5), Inches(8), Inches(4))
    if ground == "the slide":
        slides.slide.background.fill.solid()
        slides.slide.background.fill.fore_color.rgb = RGBColor(0, 0, 90)
    marked = '<a:highlight><a:srgbClr val="000000"/></a:highlight>' if ground == "a highlight" else ""
    box = slides.box(run("Fee 48", WHITE + marked))
    if ground == "its own fill":
        box.fill.solid()
        box.fill.fore_color.rgb = RGBColor(0, 0, 90)
    assert texts(tmp_path, "a.pptx", slides.save()) == ["Fee 48"]


def slide_of(layout: int) -> tuple[Slides, Any]:
    slides = Slides()
    return slides, slides.presentation.slides.add_slide(slides.presentation.slide_layouts[layout])


def test_numbers_come_from_layouts_and_words_of_layouts_are_read_once(tmp_path: Path) -> None:
    slides, slide = slide_of(1)
    layout = slide.slide_layout
    body = next(shape for shape in layout.placeholders if shape.placeholder_format.idx == 1)
    style = body._element.find(f".//{A}lstStyle")
    style.append(etree.fromstring(f'<a:lvl1pPr {NAMES}><a:buAutoNum type="alphaLcParenR"/></a:lvl1pPr>'))
    plain = etree.fromstring(f"<a:p {NAMES}><a:pPr><a:buNone/></a:pPr>{run('Mind the gap')}</a:p>")
    second = slides.presentation.slides.add_slide(layout)
    for one in (slide, second):
        one.placeholders[1].text_frame.text = "Switch off\nLock"
        one.placeholders[1].text_frame._txBody.append(deepcopy(plain))
    box = slides.box(run("Document QM-17"))._element  # taken from the first slide into the master
    layout.slide_master.shapes._spTree.append(box)
    number = '<a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum"><a:t>3</a:t></a:fld>'
    layout.shapes._spTree.append(deepcopy(box))
    layout.shapes._spTree[-1].find(f".//{A}p").append(etree.fromstring(number.replace("<a:fld", f"<a:fld {NAMES}")))

    items = ["a) Switch off", "b) Lock", "- Mind the gap"]
    assert texts(tmp_path, "a.pptx", slides.save()) == ["Document QM-17", *items, *items]


def test_a_footer_is_read_once_and_the_number_of_a_slide_not_at_all(tmp_path: Path) -> None:
    slides = Slides()
    for _ in range(2):
        slide = slides.presentation.slides.add_slide(slides.presentation.slide_layouts[5])
        for shape in slide.slide_layout.placeholders:
            if shape.placeholder_format.idx in (11, 12):
                slide.shapes._spTree.append(deepcopy(shape._element))
        footer, number = [shape for shape in slide.placeholders if shape.placeholder_format.idx > 10]
        footer.text_frame.text, number.text_frame.text = "Policy 44, v3.1", "7"

    assert texts(tmp_path, "a.pptx", slides.save()) == ["Policy 44, v3.1"]


def test_a_title_above_names_on_two_levels_leaves_each_cell_its_name(tmp_path: Path) -> None:
    slides = Slides()
    table = slides.slide.shapes.add_table(4, 3, Inches(1), Inches(1), Inches(6), Inches(3)).table
    for row, cells in enumerate((["Fees 2026", "", ""], ["Zone", "Domestic", ""], ["", "Letter", "Parcel"], ["A", "1.10", "4.50"])):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(0, 2))
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(1, 1).merge(table.cell(1, 2))

    assert texts(tmp_path, "a.pptx", slides.save()) == ["Fees 2026", "Zone | Domestic Letter | Domestic Parcel\nA | 1.10 | 4.50"]


def test_charts_tell_figures_in_their_formats_below_all_names(tmp_path: Path) -> None:
    slides = Slides()
    shares = CategoryChartData(number_format="0%")
    shares.categories = [datetime.date(2026, 1, 1)]
    shares.add_series("North", (0.25,))
    levels = CategoryChartData()
    for name, parts in (("Europe", ("DE", "FR")), ("Asia", ("CN",))):
        category = levels.add_category(name)
        for part in parts:
            category.add_sub_category(part)
    levels.add_series("Sites", (3, 2, 5))
    loads = XyChartData()
    loads.add_series("Load").add_data_point(1.5, 20)
    for kind, data in ((XL_CHART_TYPE.LINE, shares), (XL_CHART_TYPE.PIE, levels), (XL_CHART_TYPE.XY_SCATTER, loads)):
        chart = slides.slide.shapes.add_chart(kind, Inches(1), Inches(1), Inches(5), Inches(4), data).chart
        chart.has_title = kind == XL_CHART_TYPE.LINE
        if chart.has_title:
            chart.chart_title.text_frame.text = "By region"
            chart.value_axis.axis_title.text_frame.text = "Share of sales"

    shown = ["By region (Share of sales)", "2026-01-01: North 25%", "Europe DE: Sites 3\nEurope FR: Sites 2\nAsia CN: Sites 5"]
    assert texts(tmp_path, "a.pptx", slides.save()) == [*shown, "1.5: Load 20"]


def test_a_waterfall_is_read(tmp_path: Path) -> None:
    slides = Slides()
    kind = "http://schemas.microsoft.com/office/2014/relationships/chartEx"
    space = "http://schemas.microsoft.com/office/drawing/2014/chartex"
    xml = (
        f'<cx:chartSpace xmlns:cx="{space}" {NAMES}><cx:chartData><cx:data id="0"><cx:strDim type="cat"><cx:lvl ptCount="2">'
        '<cx:pt idx="0">Start</cx:pt><cx:pt idx="1">Rent</cx:pt></cx:lvl></cx:strDim><cx:numDim type="val">'
        '<cx:lvl ptCount="2" formatCode="#,##0"><cx:pt idx="0">1200</cx:pt><cx:pt idx="1">-300</cx:pt></cx:lvl></cx:numDim>'
        "</cx:data></cx:chartData><cx:chart>"
        f"<cx:title><cx:tx><cx:rich><a:p>{run('Cash')}</a:p></cx:rich></cx:tx></cx:title></cx:chart></cx:chartSpace>"
    )
    part = Part(PackURI("/ppt/charts/chartEx1.xml"), "application/xml", slides.presentation.part.package, xml.encode())
    name = slides.slide.part.relate_to(part, kind)
    frame = (
        f'<p:graphicFrame xmlns:p="{COMMENTS}" {NAMES}><p:nvGraphicFramePr><p:cNvPr id="9" name="Chart"/><p:cNvGraphicFramePr/>'
        '<p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="9000" cy="9000"/></p:xfrm><a:graphic>'
        f'<a:graphicData uri="{space}"><cx:chart xmlns:cx="{space}" xmlns:r="{RELATIONS}" r:id="{name}"/>'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )
    slides.slide.shapes._spTree.append(parse_xml(frame))

    assert texts(tmp_path, "a.pptx", slides.save()) == ["Cash", "Start: 1,200\nRent: -300"]


def test_what_is_struck_out_of_notes_is_reported(tmp_path: Path) -> None:
    slides = Slides()
    frame = slides.slide.notes_slide.notes_text_frame
    frame.text = "Say 5 euros"
    frame._txBody.append(etree.fromstring(f"<a:p {NAMES}>{run('or 6 euros', strike='sngStrike')}</a:p>"))

    found, warnings = read(tmp_path, "a.pptx", slides.save())
    assert found == ["Notes", "Say 5 euros"]
    assert warnings == {"struck_out": {"count": 1, "places": "“or 6 euros”"}}
