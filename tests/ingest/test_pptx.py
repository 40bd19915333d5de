import io

import pptx
from PIL import Image, ImageDraw, ImageFont
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.parsers.pictures import recognition as ocr
from tests.ingest.store import read_file


def blocks_of(page):
    return [(block.kind, page.text[block.start : block.end]) for block in page.blocks]


def save(show, folder):
    show.save(folder / "a.pptx")
    return folder / "a.pptx"


def test_a_slide_is_a_page_with_title_texts_table_and_notes(tmp_path):
    show = pptx.Presentation()
    show.core_properties.title = "Plan for the year"
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Depot opens"
    body = slide.placeholders[1].text_frame
    body.text = "In March"
    inner = body.add_paragraph()
    inner.text, inner.level = "With six docks", 1
    slide.shapes.add_textbox(Inches(1), Inches(0.1), Inches(2), Inches(0.3)).text_frame.text = "Draft"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(6), Inches(4), Inches(1)).table
    for place, text in (((0, 0), "Site"), ((0, 1), "Docks"), ((1, 0), "North"), ((1, 1), "6")):
        table.cell(*place).text = text
    slide.notes_slide.notes_text_frame.text = "Mention the budget."
    show.slides.add_slide(show.slide_layouts[6])
    third = show.slides.add_slide(show.slide_layouts[6])
    third.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = "No title here"
    opening, pages, notices = read_file(save(show, tmp_path))

    assert (opening.title, opening.page_count, opening.is_paged) == ("Plan for the year", 3, False)
    assert [(page.number, page.label) for page in pages] == [(1, "Slide 1"), (2, "Slide 2"), (3, "Slide 3")]
    assert blocks_of(pages[0]) == [
        ("heading", "Depot opens"),
        ("paragraph", "Draft"),
        ("list", "- In March"),
        ("list", "  - With six docks"),
        ("table", "Site | Docks\nNorth | 6"),
        ("heading", "Notes"),
        ("paragraph", "Mention the budget."),
    ]
    assert pages[0].blocks[-1].heading_path == ("Depot opens", "Notes")
    assert pages[1].text == ""
    assert pages[2].blocks[0].heading_path == ()
    assert notices == []


def test_the_figures_of_a_chart_can_be_read(tmp_path):
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    figures = CategoryChartData()
    figures.categories = ["Q1", "Q2"]
    figures.add_series("Revenue", (1.5, None))
    figures.add_series("Costs", (1, 2))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(1), Inches(4), Inches(3), figures)
    _, (page,), _ = read_file(save(show, tmp_path))

    assert page.text == "Q1: Revenue 1.5; Costs 1\nQ2: Costs 2"


def test_a_slide_that_is_a_picture_is_recognised_or_named(tmp_path):
    picture = Image.new("RGB", (1600, 300), "white")
    ImageDraw.Draw(picture).text((100, 100), "Wear a helmet", fill="black", font=ImageFont.load_default(size=60))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    show = pptx.Presentation()
    show.slides.add_slide(show.slide_layouts[6]).shapes.add_picture(stream, 0, 0)
    _, (page,), (notice,) = read_file(save(show, tmp_path))

    if ocr.is_available():
        assert (page.text, notice.code, notice.pages) == ("Wear a helmet", "ocr", (1,))
    else:
        assert (page.text, notice.code, notice.pages) == ("", "pictures", (1,))


def test_many_slides_are_read_in_good_time(tmp_path):
    show = pptx.Presentation()
    for number in range(300):
        show.slides.add_slide(show.slide_layouts[5]).shapes.title.text = f"Slide {number}"
    _, pages, _ = read_file(save(show, tmp_path))

    assert [page.text for page in pages[::100]] == ["Slide 0", "Slide 100", "Slide 200"]
