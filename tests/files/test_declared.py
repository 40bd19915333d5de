"""What a file declares of itself can be found and cited, unless a program wrote it or the text says it already."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from openpyxl import Workbook
from pptx import Presentation
from reportlab.pdfgen import canvas

from tests.files.reading import texts

Declare = Callable[[Any], None]


def word(declare: Declare) -> bytes:
    document = docx.Document()
    document.add_paragraph("Boats are washed.")
    declare(document.core_properties)
    return saved(document.save)


def slides(declare: Declare) -> bytes:
    presentation = Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = "Boats are washed."
    declare(presentation.core_properties)
    return saved(presentation.save)


def book(declare: Declare) -> bytes:
    made = Workbook()
    made.active.append(["Boats are washed."])
    declare(made.properties)
    return saved(made.save)


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


def fill(properties: Any) -> None:
    properties.author = properties.creator = "Ines Duarte"
    properties.subject, properties.keywords = "WI-881", "hull, sail"


@pytest.mark.parametrize(("name", "make"), [("a.docx", word), ("a.pptx", slides), ("a.xlsx", book)])
def test_properties_of_an_office_file_are_a_line(tmp_path: Path, name: str, make: Callable[[Declare], bytes]) -> None:
    assert texts(tmp_path, name, make(fill))[-1] == "Author: Ines Duarte; Subject: WI-881; Keywords: hull, sail"
    assert texts(tmp_path, name, make(lambda _: None))[-1] == "Boats are washed."


def test_properties_of_a_pdf_and_a_page_are_a_line_where_the_text_does_not_say_them(tmp_path: Path) -> None:
    stream = io.BytesIO()
    page = canvas.Canvas(stream)
    page.drawString(72, 700, "Boats are washed by Ines Duarte.")
    page.setAuthor("Ines Duarte")
    page.setKeywords("hull")
    page.save()

    assert texts(tmp_path, "a.pdf", stream.getvalue()) == ["Boats are washed by Ines Duarte.", "Keywords: hull"]
    html = '<meta name="author" content="Bo Li"><meta name="description" content="Replaces WI-200"><p>Boats are washed.'
    assert texts(tmp_path, "a.html", html) == ["Boats are washed.", "Author: Bo Li; Description: Replaces WI-200"]
