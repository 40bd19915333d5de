"""Properties of characters, paragraphs and rows in a .doc: lists of changes ("sprm") to what a style says (MS-DOC 2.6)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ingest.parsers.office.building.tables import MAX_CELLS, CellShape, RowShape
from ingest.parsers.office.building.word import PLAIN as PLAIN_LOOK
from ingest.parsers.office.building.word import Look

SIZES = (1, 1, 2, 4, 2, 2, 0, 3)  # of an operand, by the highest three bits; 0: its first byte says
TABLE_SHAPE, TABS = 0xD608, 0xC615
IN_TABLE, ROW_END, DEPTH, CELL_END_INSIDE, ROW_END_INSIDE = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C
LIST_LEVEL, LIST, OUTLINE, MORE, MORE_OLD = 0x260A, 0x460B, 0x2640, 0x6646, 0x6645
DELETED, SPECIAL, PICTURE, OBJECT, OBJECT_2, STYLE = 0x0800, 0x0855, 0x6A03, 0x0856, 0x080A, 0x4A30
STRUCK, STRUCK_TWICE, HIDDEN, RISE, RAISED_BY, SYMBOL, PLAIN = 0x0837, 0x2A53, 0x083C, 0x2A48, 0x4845, 0x6A09, 0x2A33
HEAD_ROW, MERGED_ACROSS, MERGED_DOWN = 0x3404, 0x5624, 0xD62B
MIN_RISE = 4  # half points, as in a DOCX
CELL_BYTES = 20
NO_LIST = frozenset((0, 0xF801))
BODY_LEVEL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """What characters are. `is_special`: marks of pictures, fields, notes. `picture`: its place in the data, or -1."""

    look: Look = PLAIN_LOOK
    is_special: bool = False
    is_object: bool = False
    picture: int = -1
    symbol: str = ""
    symbol_font: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """`depth`: in how many tables it stands. `ends_row`, `ends_cell`: by its mark. `list_number`: from 1, 0 for none."""

    style: int = 0
    depth: int = 0
    ends_row: bool = False
    ends_cell: bool = False
    list_number: int = 0
    list_level: int | None = None
    outline: int = BODY_LEVEL
    row: RowShape = field(default_factory=RowShape)


def changes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the changes of a grpprl, each as its code and operand; one that is cut off ends it."""
    place = 0
    while place + 2 <= len(data):
        code = struct.unpack_from("<H", data, place)[0]
        place += 2
        size = SIZES[code >> 13]
        if code == TABLE_SHAPE:
            size = struct.unpack_from("<H", data, place)[0] + 1 if place + 2 <= len(data) else len(data)
        elif code == TABS and place < len(data) and data[place] == 255:
            deleted = data[place + 1] if place + 1 < len(data) else 0
            added = place + 2 + 4 * deleted
            size = 2 + 4 * deleted + 1 + 3 * (data[added] if added < len(data) else 0)
        elif not size:
            size = 1 + data[place] if place < len(data) else 1
        if place + size > len(data):
            return
        yield code, data[place : place + size]
        place += size


def change_characters(before: Characters, data: bytes, base: Characters) -> Characters:
    """Return how characters stand after a list of changes. `base`: what their style says, to which a switch may refer."""
    found, look = before, before.look
    for code, operand in changes(data):
        if code in (STRUCK, STRUCK_TWICE):
            look = replace(look, is_struck=_switch(operand[0], base.look.is_struck))
        elif code == HIDDEN:
            look = replace(look, is_hidden=_switch(operand[0], base.look.is_hidden))
        elif code == DELETED:
            look = replace(look, is_deleted=bool(operand[0]))
        elif code == RISE:
            look = replace(look, rise={1: "superscript", 2: "subscript"}.get(operand[0], ""))
        elif code == RAISED_BY:
            look = replace(look, rise=_rise(struct.unpack("<h", operand)[0]))
        elif code == SPECIAL:
            found = replace(found, is_special=operand[0] == 1)
        elif code in (OBJECT, OBJECT_2):
            found = replace(found, is_object=operand[0] == 1)
        elif code == PICTURE:
            found = replace(found, picture=struct.unpack("<i", operand)[0], is_special=True)
        elif code == SYMBOL:
            font, letter = struct.unpack_from("<HH", operand)
            found = replace(found, symbol=chr(letter), symbol_font=font, is_special=True)
        elif code == PLAIN:
            found, look = replace(base, is_special=found.is_special, picture=found.picture), base.look
    return replace(found, look=look)


def _switch(operand: int, base: bool) -> bool:
    return base if operand == 0x80 else not base if operand == 0x81 else operand == 1


def _rise(half_points: int) -> str:
    return "" if abs(half_points) < MIN_RISE else "superscript" if half_points > 0 else "subscript"


def style_of_characters(data: bytes) -> int | None:
    """Return the character style that a list of changes names."""
    return next((struct.unpack("<H", operand)[0] for code, operand in changes(data) if code == STYLE), None)


def change_paragraph(before: Paragraph, data: bytes, more: bytes) -> Paragraph:
    """Return what a paragraph is after a list of changes. `more`: the stream in which long lists lie."""
    found = before
    for code, operand in changes(data):
        if code == IN_TABLE:
            found = replace(found, depth=max(found.depth, 1) if operand[0] else 0)
        elif code == DEPTH:
            found = replace(found, depth=max(0, struct.unpack("<i", operand)[0]))
        elif code in (ROW_END, ROW_END_INSIDE):
            found = replace(found, ends_row=bool(operand[0]))
        elif code == CELL_END_INSIDE:
            found = replace(found, ends_cell=bool(operand[0]))
        elif code == LIST:
            number = struct.unpack("<H", operand)[0]
            found = replace(found, list_number=0 if number in NO_LIST else number)
        elif code == LIST_LEVEL:
            found = replace(found, list_level=min(operand[0], 8))
        elif code == OUTLINE:
            found = replace(found, outline=operand[0])
        elif code in (MORE, MORE_OLD):
            place = struct.unpack("<I", operand)[0]
            size = struct.unpack_from("<H", more, place)[0] if place + 2 <= len(more) else 0
            inner = more[place + 2 : place + 2 + size]
            found = change_paragraph(found, inner, b"")
        elif code >> 10 & 7 == 5:
            found = replace(found, row=_change_row(found.row, code, operand))
    return found


def _change_row(row: RowShape, code: int, operand: bytes) -> RowShape:
    if code == TABLE_SHAPE:
        return replace(_shape(operand[2:]), is_head=row.is_head)
    if code == HEAD_ROW:
        return replace(row, is_head=bool(operand[0]))
    if code == MERGED_ACROSS:
        first, end = operand[0], operand[1]
        return replace(row, cells=tuple(replace(c, across=c.across or first < n < end) for n, c in enumerate(row.cells)))
    if code == MERGED_DOWN and len(operand) >= 3:
        number, down = operand[1], {1: "continue", 3: "restart"}.get(operand[2], "")
        return replace(row, cells=tuple(replace(c, down=down) if n == number else c for n, c in enumerate(row.cells)))
    return row


def _shape(data: bytes) -> RowShape:
    """Return the shape that sprmTDefTable gives (MS-DOC 2.9.320): edges, then what each cell is."""
    count = min(data[0], MAX_CELLS) if data else 0
    if len(data) < 1 + 2 * (count + 1):
        return RowShape()
    edges = struct.unpack_from(f"<{count + 1}h", data, 1)
    cells: list[CellShape] = []
    for number in range(count):
        place = 1 + 2 * (data[0] + 1) + CELL_BYTES * number
        flags = struct.unpack_from("<H", data, place)[0] if place + 2 <= len(data) else 0
        down = {1: "continue", 2: "restart", 3: "restart"}.get(flags >> 5 & 3, "")
        cells.append(CellShape(right=edges[number + 1], across=flags & 3 == 2, down=down))
    return RowShape(left=edges[0], cells=tuple(cells))
