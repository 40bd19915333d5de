"""Slides are read as they show themselves: merged cells, hidden slides, struck-out text, links, pictures beside texts."""

import io

import pptx
from PIL import Image, ImageDraw, ImageFont
from pptx.util import Inches

from ingest.parsers.pictures import recognition as ocr
from tests.ingest.store import read_file


def read(show, folder):
    show.save(folder / "a.pptx")
    _, pages, notices = read_file(folder / "a.pptx")
    return [page.text for page in pages], [(notice.code, notice.pages) for notice in notices]


def add_table(show, *rows):
    slide = show.slides.add_slide(show.slide_layouts[6])
    table = slide.shapes.add_table(len(rows), len(rows[0]), Inches(1), Inches(1), Inches(6), Inches(3)).table
    for top, row in enumerate(rows):
        for left, text in enumerate(row):
            table.cell(top, left).text = text
    return table


def add_text(slide):
    return slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame.paragraphs[0]


def picture_of(text):
    picture = Image.new("RGB", (1600, 300), "white")
    ImageDraw.Draw(picture).text((100, 100), text, fill="black", font=ImageFont.load_default(size=60))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    stream.seek(0)
    return stream


def test_a_merged_cell_counts_for_every_row_that_it_spans(tmp_path):
    show = pptx.Presentation()
    table = add_table(show, ["Hall", "Crane", "Team"], ["East", "E1", "Red"], ["", "E2", ""], ["West", "W1", "Blue"])
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(1, 2).merge(table.cell(2, 2))

    assert read(show, tmp_path)[0] == ["Hall | Crane | Team\nEast | E1 | Red\nEast | E2 | Red\nWest | W1 | Blue"]


def test_names_above_names_become_one_header(tmp_path):
    show = pptx.Presentation()
    table = add_table(show, ["Plant", "2025", ""], ["", "Office", "Shop"], ["Leeds", "40", "210"])
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(0, 1).merge(table.cell(0, 2))

    assert read(show, tmp_path)[0] == ["Plant | 2025 Office | 2025 Shop\nLeeds | 40 | 210"]


def test_hidden_slides_are_left_out_and_reported_and_the_others_keep_their_numbers(tmp_path):
    show = pptx.Presentation()
    for text in ("one", "two", "three"):
        add_text(show.slides.add_slide(show.slide_layouts[6])).text = text
    show.slides[1]._element.set("show", "0")

    assert read(show, tmp_path) == (["one", "", "three"], [("hidden_slides", (2,))])


def test_struck_out_text_is_left_out_and_a_link_shows_its_address(tmp_path):
    show = pptx.Presentation()
    paragraph = add_text(show.slides.add_slide(show.slide_layouts[6]))
    for text, strike in (("Limit ", False), ("300", True), ("450 euros, see ", False)):
        run = paragraph.add_run()
        run.text = text
        if strike:
            run.font._element.set("strike", "sngStrike")
    run = paragraph.add_run()
    run.text, run.hyperlink.address = "the desk", "https://travel.example.org/desk"

    texts, notices = read(show, tmp_path)
    assert texts == ["Limit 450 euros, see the desk (https://travel.example.org/desk)"]
    assert notices == [("struck_out", (1,))]


def test_a_picture_of_text_beside_a_text_is_read_too_and_once(tmp_path):
    show = pptx.Presentation()
    for _ in range(2):
        slide = show.slides.add_slide(show.slide_layouts[6])
        add_text(slide).text = "Safety"
        slide.shapes.add_picture(picture_of("Wear a helmet"), 0, Inches(3))
    texts, notices = read(show, tmp_path)

    if ocr.is_available():
        assert (texts, notices) == (["Safety\n\nWear a helmet", "Safety"], [("ocr", (1,))])
    else:
        assert (texts, notices) == (["Safety", "Safety"], [("pictures", (1,))])
