"""Words in drawings that Windows programs record instead of painting: EMF and WMF, as charts and diagrams are kept in documents.

Sources: [MS-EMF] 2.3.5 (text records), [MS-WMF] 2.3.3 (META_TEXTOUT, META_EXTTEXTOUT).
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby

EMF_HEADER, EMF_MARK = 1, b" EMF"
EMF_TEXTS = {83: "ascii", 84: "wide"}  # EMR_EXTTEXTOUTA, EMR_EXTTEXTOUTW
EMF_END = 14
WMF_PLACEABLE, WMF_STARTS = b"\xd7\xcd\xc6\x9a", (b"\x01\x00\x09\x00", b"\x02\x00\x09\x00")
WMF_TEXT, WMF_EXTENDED_TEXT = 0x0521, 0x0A32
RECTANGLE = 0x0006  # options under which a rectangle stands before the text
MAX_RECORDS = 200_000
MAX_TEXT = 20_000  # characters of one record
GLYPHS = 0x10  # an option: numbers of glyphs stand in the place of characters
Piece = tuple[float, float, str]  # from the top, from the left, text


def is_metafile(data: bytes) -> bool:
    """True for EMF and WMF."""
    return (data[40:44] == EMF_MARK and data[:4] == b"\x01\0\0\0") or data[:4] == WMF_PLACEABLE or data[:4] in WMF_STARTS


def metafile_text(data: bytes) -> str:
    """Return the words of a drawing, those that begin at the same height on one line; "" where it holds none."""
    pieces: list[Piece] = []
    with suppress(struct.error):  # what stands before the damage is read
        for piece in _emf(data) if data[40:44] == EMF_MARK else _wmf(data):
            pieces.append(piece)
    rows = groupby(sorted(pieces, key=lambda piece: (round(piece[0]), piece[1])), key=lambda piece: round(piece[0]))
    lines = [" ".join(" ".join(text for _, _, text in row).split()) for _, row in rows]
    return "\n".join(filter(None, lines))


def _emf(data: bytes) -> Iterator[Piece]:
    position = 0
    for _ in range(MAX_RECORDS):
        if position + 8 > len(data):
            return
        kind, size = struct.unpack_from("<II", data, position)
        if kind == EMF_END or size < 8 or position + size > len(data):
            return
        if kind in EMF_TEXTS and size >= 76:
            x, y, count, start, options = struct.unpack_from("<iiIII", data, position + 36)
            width = 2 if EMF_TEXTS[kind] == "wide" else 1
            if 0 < count <= MAX_TEXT and start + count * width <= size and not options & GLYPHS:
                raw = data[position + start : position + start + count * width]
                yield float(y), float(x), raw.decode("utf-16-le" if width == 2 else "cp1252", "replace")
        position += size


def _wmf(data: bytes) -> Iterator[Piece]:
    position = 22 if data[:4] == WMF_PLACEABLE else 0
    position += 2 * struct.unpack_from("<H", data, position + 2)[0]
    for _ in range(MAX_RECORDS):
        if position + 6 > len(data):
            return
        size, kind = struct.unpack_from("<IH", data, position)
        if not kind or size < 3:
            return
        if kind == WMF_TEXT:
            count = struct.unpack_from("<H", data, position + 6)[0]
            place = position + 8 + count + count % 2
            y, x = struct.unpack_from("<hh", data, place)
            yield float(y), float(x), data[position + 8 : position + 8 + count].decode("cp1252", "replace")
        elif kind == WMF_EXTENDED_TEXT:
            y, x, count, options = struct.unpack_from("<hhHH", data, position + 6)
            start = position + 14 + (8 if options & RECTANGLE else 0)
            if not options & GLYPHS:
                yield float(y), float(x), data[start : start + count].decode("cp1252", "replace")
        position += 2 * size
