"""Files that are small to send and large to read, made in a moment: by repeating what compresses to nothing."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import cast

import openpyxl
import pptx
from openpyxl.worksheet.worksheet import Worksheet
from pptx.util import Inches

FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 3 0 R>>>>>>"


def _pdf(objects: list[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return bytes(out) + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (len(objects) + 1, table, trailer)


def _pages(count: int, stream: bytes) -> bytes:
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(count))
    tree = b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids)
    return _pdf([b"<</Type/Catalog/Pages 2 0 R>>", tree, FONT, stream] + [PAGE] * count)


def pdf_of_pages(count: int) -> bytes:
    """A PDF whose pages share one stream of words."""
    text = b"BT /F 12 Tf 72 700 Td (The shared page) Tj ET"
    return _pages(count, b"<</Length %d>>stream\n%s\nendstream" % (len(text), text))


def pdf_of_stream(megabytes: int, unit: bytes = b" ") -> bytes:
    """A PDF of one page whose compressed content is that long: a block of deflated data repeated."""
    start = zlib.compressobj(9)
    head = start.compress(b"BT /F 12 Tf 72 700 Td (core words) Tj ET ") + start.flush(zlib.Z_FULL_FLUSH)
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = raw.compress(unit * ((1 << 20) // len(unit))) + raw.flush(zlib.Z_FULL_FLUSH)
    data = head + block * megabytes + b"\x03\x00\0\0\0\0"
    return _pages(1, b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(data), data))


def xlsx_of_rows(count: int) -> bytes:
    """A workbook of one sheet: a header and `count` equal rows."""
    book, stream = openpyxl.Workbook(), io.BytesIO()
    cast(Worksheet, book.active).append(["Item", "Price"])
    book.save(stream)
    rows = b"<row><c><v>1</v></c><c><v>22</v></c></row>" * count
    return _changed(stream, {"xl/worksheets/sheet1.xml": lambda data: data.replace(b"</sheetData>", rows + b"</sheetData>")})


def pptx_of_slides(count: int) -> bytes:
    """A show whose slides are copies of one."""
    show, stream = pptx.Presentation(), io.BytesIO()
    slide = show.slides.add_slide(show.slide_layouts[6])
    slide.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = "The shared slide"
    show.save(stream)
    numbers = range(2, count + 1)
    slide_type = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide"
    relation = b'<Relationship Id="rIdS%d" Type="' + slide_type + b'" Target="slides/slide%d.xml"/>'
    kind = b"application/vnd.openxmlformats-officedocument.presentationml.slide+xml"
    override = b'<Override PartName="/ppt/slides/slide%d.xml" ContentType="' + kind + b'"/>'
    listed = b"".join(b'<p:sldId id="%d" r:id="rIdS%d"/>' % (1000 + n, n) for n in numbers)
    with zipfile.ZipFile(stream) as source:
        copies = {name: source.read(f"ppt/slides/{name.format(1)}") for name in ("slide{}.xml", "_rels/slide{}.xml.rels")}
    return _changed(
        stream,
        {
            "ppt/presentation.xml": lambda data: data.replace(b"</p:sldIdLst>", listed + b"</p:sldIdLst>"),
            "ppt/_rels/presentation.xml.rels": lambda data: re.sub(
                rb"</Relationships>", b"".join(relation % (n, n) for n in numbers) + b"</Relationships>", data
            ),
            "[Content_Types].xml": lambda data: data.replace(b"</Types>", b"".join(override % n for n in numbers) + b"</Types>"),
        },
        {f"ppt/slides/{name.format(n)}": data for name, data in copies.items() for n in numbers},
    )


def _changed(source: io.BytesIO, changes: dict[str, Callable[[bytes], bytes]], added: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, changes[name](data) if name in changes else data)
        for name, data in (added or {}).items():
            new.writestr(name, data)
    return out.getvalue()
