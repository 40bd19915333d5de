"""What older office files show and hold in no letters: signs of picture fonts, boxes to tick, charts of OpenDocument files."""

import struct
from pathlib import Path

from ingest.parsers.office.legacy.doc.fonts import read_fonts
from ingest.parsers.office.legacy.doc.form_field import shown_box
from tests.files.reading import texts
from tests.ingest.open_document_files import embedded, open_document

CELL = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
ROW = f"<table:table-row>{CELL}{CELL}</table:table-row>"
CHART = (
    '<office:document-content xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0">'
    "<office:body><office:chart><chart:chart>"
    f"<chart:title><text:p>Guests by year</text:p></chart:title><table:table>{ROW.format('2024', '410')}{ROW.format('2025', '530')}"
    "</table:table></chart:chart></office:chart></office:body></office:document-content>"
)
FRAME = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'


def rtf(body: str) -> str:
    fonts = r"{\f0 Arial;}{\f1\fcharset2{\*\panose 05}Symbol;}{\f2\fnil\fcharset2 Wingdings;}"
    return r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl" + fonts + "}" + body + "}"


def test_signs_of_picture_fonts_in_rtf(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.rtf", rtf(r"{\f1\'b1}5 {\f1 m}m {\f2\'fe} Express {\f2\u-3928?}.\par")) == ["±5 µm ☑ Express ☐."]


def test_boxes_and_choices_of_a_form_in_rtf(tmp_path: Path) -> None:
    box = r"{{\field{{\*\fldinst FORMCHECKBOX {{\*\formfield{{\fftype1{}{{\*\ffname Box}}}}}}}}{{\fldrslt}}}}"
    choice = r"{\field{\*\fldinst FORMDROPDOWN {\*\formfield{\fftype2\ffres1{\*\ffl S}{\*\ffl XL}}}}{\fldrslt}}"
    body = " ".join(box.format(words) for words in (r"\ffres1", r"\ffres0", r"\ffres25\ffdefres1"))

    assert texts(tmp_path, "a.rtf", rtf(rf"{body} Size {choice}\par")) == ["☑ ☐ ☑ Size XL"]


def test_boxes_of_a_form_in_a_doc() -> None:
    def field(bits: int, default: int) -> bytes:
        name = struct.pack("<H", 1) + "A\0".encode("utf-16-le")
        data = struct.pack("<IHHH", 0xFFFFFFFF, bits, 0, 20) + name + struct.pack("<H", default)
        return b"....." + struct.pack("<IH", 68 + len(data), 68) + bytes(62) + data

    chosen, not_set, text = 1 << 2 | 1, 25 << 2 | 1, 0
    boxes = [shown_box(field(bits, default), 5) for bits, default in ((chosen, 0), (1, 1), (not_set, 1), (not_set, 0), (text, 1))]
    assert boxes == ["☑", "☐", "☑", "☐", ""]
    assert shown_box(b"short", 3) == shown_box(b"", -1) == ""


def test_names_of_fonts_of_a_doc() -> None:
    entries = [bytes(39) + f"{name}\0".encode("utf-16-le") for name in ("Arial", "Wingdings")]
    table = struct.pack("<HH", 2, 0) + b"".join(bytes([len(entry)]) + entry for entry in entries)

    assert read_fonts(table) == ["Arial", "Wingdings"]
    assert read_fonts(b"") == []


def test_charts_of_open_documents(tmp_path: Path) -> None:
    parts = {"Object 1/content.xml": embedded(CHART)}
    rows = ROW.format("Year", "Guests") + ROW.format("2025", "530")
    sheet = f'<table:table table:name="S"><table:shapes>{FRAME}</table:shapes>{rows}</table:table>'

    assert texts(tmp_path, "a.odt", open_document("text", f"<text:p>See {FRAME}</text:p>", parts=parts)) == [
        *("See", "Guests by year", "2024 | 410\n2025 | 530")
    ]
    assert "Note: Guests by year" in texts(tmp_path, "a.ods", open_document("spreadsheet", sheet, parts=parts))
