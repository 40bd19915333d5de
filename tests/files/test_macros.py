"""Files with macros and templates are read like others; macros never run, and the reader is told that they are there."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches

from ingest.parsers.formats.registry import UNREAD
from ingest.parsers.refusal import Refusal
from tests.files.reading import read


def word() -> bytes:
    document = docx.Document()
    document.add_paragraph("The gate opens at six.")
    return saved(document)


def sheet() -> bytes:
    book = Workbook()
    book.active.append(["The gate opens at six."])
    return saved(book)


def slides() -> bytes:
    presentation = Presentation()
    shapes = presentation.slides.add_slide(presentation.slide_layouts[6]).shapes
    shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame.text = "The gate opens at six."
    return saved(presentation)


def saved(made: object) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def called(data: bytes, old: str, new: str, *, project: str = "") -> bytes:
    """Return an office file whose main part calls itself otherwise, with macros in `project`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(old.encode(), new.encode()) if name == "[Content_Types].xml" else content)
        if project:
            target.writestr(project, b"macros")
    return stream.getvalue()


WORD, SHEET, SLIDES = (
    f"application/vnd.openxmlformats-officedocument.{kind}" for kind in ("wordprocessingml", "spreadsheetml", "presentationml")
)
CASES = [
    ("docm", word, f"{WORD}.document.main", "application/vnd.ms-word.document.macroEnabled.main", "word/vbaProject.bin"),
    ("docx", word, f"{WORD}.document.main", f"{WORD}.document.main", "word/vbaProject.bin"),
    ("dotx", word, f"{WORD}.document.main", f"{WORD}.template.main", ""),
    ("dotm", word, f"{WORD}.document.main", "application/vnd.ms-word.template.macroEnabledTemplate.main", "word/vbaProject.bin"),
    ("xlsm", sheet, f"{SHEET}.sheet.main", "application/vnd.ms-excel.sheet.macroEnabled.main", "xl/vbaProject.bin"),
    ("xltx", sheet, f"{SHEET}.sheet.main", f"{SHEET}.template.main", ""),
    ("xlsm", sheet, f"{SHEET}.sheet.main", "application/vnd.ms-excel.sheet.macroEnabled.main", "xl/macrosheets/sheet9.xml"),
    (
        "pptm",
        slides,
        f"{SLIDES}.presentation.main",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main",
        "ppt/vbaProject.bin",
    ),
    ("ppsx", slides, f"{SLIDES}.presentation.main", f"{SLIDES}.slideshow.main", ""),
    ("potx", slides, f"{SLIDES}.presentation.main", f"{SLIDES}.template.main", ""),
]


@pytest.mark.parametrize(("ending", "make", "old", "new", "project"), CASES)
def test_macros_and_templates_are_read(
    tmp_path: Path, ending: str, make: Callable[[], bytes], old: str, new: str, project: str
) -> None:
    left, warnings = read(tmp_path, f"a.{ending}", called(make(), f"{old}+xml", f"{new}+xml", project=project))

    assert left[-1] == "The gate opens at six."
    assert ("macros_skipped" in warnings) == bool(project)


def test_a_binary_workbook_is_refused_with_advice(tmp_path: Path) -> None:
    binary = called(sheet(), f"{SHEET}.sheet.main+xml", "application/vnd.ms-excel.sheet.binary.macroEnabled.main")

    assert UNREAD[".xlsb"] == "legacy"
    for name in ("a.xlsb", "a.xlsx"):
        with pytest.raises(Refusal) as refused:
            read(tmp_path, name, binary)
        assert refused.value.code == "legacy"
