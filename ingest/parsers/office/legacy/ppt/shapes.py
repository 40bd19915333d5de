"""Shapes on a slide of a .ppt (MS-ODRAW): where they stand, their text, their picture, and groups of them that are tables."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.parsers.office.legacy.ppt.records import (
    CHILD_PLACE,
    CLIENT_DATA,
    GROUP,
    MORE_OPTIONS,
    OPTIONS,
    PLACE,
    PLACEHOLDER,
    SHAPE,
    SHAPE_ATOM,
    TEXT_BOX,
    Record,
)

EMU = 1587.5  # of the unit in which places are written, 1/576 inch
IS_GROUP, IS_ROOT, IS_DELETED, IS_OBJECT, IS_BACKGROUND = 0x1, 0x4, 0x8, 0x10, 0x400
PICTURE_NUMBER, TABLE_PROPERTIES = 0x104, 0x39F
LINE_KINDS = frozenset((20, 32, 33, 34))
MAX_DEPTH = 30
Rectangle = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Shape:
    """`children`: of a group, the group's own shape not among them. `picture`: its number from 1, 0 for none."""

    place: Rectangle
    kind: int
    is_object: bool = False
    is_table: bool = False
    picture: int = 0
    placeholder: int = 0
    text: Record | None = None
    children: tuple["Shape", ...] = ()

    @property
    def corner(self) -> tuple[int, int]:
        """Left and top in EMU."""
        return max(0, round(self.place[0] * EMU)), max(0, round(self.place[1] * EMU))

    @property
    def is_cell(self) -> bool:
        """True for a cell of a table; its lines are shapes too."""
        return self.kind not in LINE_KINDS and self.place[2] > self.place[0] and self.place[3] > self.place[1]


def read_shapes(group: Record, depth: int = 0) -> Iterator[Shape]:
    """Yield the shapes of a group; what is deleted or only the background is none."""
    for record in group if depth < MAX_DEPTH else ():
        if record.kind == SHAPE:
            shape = _shape(record)
            if shape is not None:
                yield shape
        elif record.kind == GROUP:
            own = record.first(SHAPE)
            children = tuple(read_shapes(record, depth + 1))
            holder = _shape(own, is_group=True) if own is not None else None
            if holder is not None:
                yield Shape(holder.place, holder.kind, is_table=holder.is_table, children=children)


def _shape(record: Record, *, is_group: bool = False) -> Shape | None:
    parts = {part.kind: part for part in record}
    atom = parts.get(SHAPE_ATOM)
    flags = struct.unpack_from("<I", atom.data, 4)[0] if atom is not None and len(atom.data) >= 8 else 0
    if flags & (IS_DELETED | IS_BACKGROUND | IS_ROOT) or bool(flags & IS_GROUP) != is_group:
        return None
    client = parts.get(CLIENT_DATA)
    holder = client.first(PLACEHOLDER) if client is not None else None
    return Shape(
        _place(parts),
        atom.instance if atom is not None else 0,
        is_object=bool(flags & IS_OBJECT),
        is_table=bool(_option(parts.get(MORE_OPTIONS), TABLE_PROPERTIES) & 1),
        picture=_option(parts.get(OPTIONS), PICTURE_NUMBER),
        placeholder=holder.data[4] if holder is not None and len(holder.data) > 4 else 0,
        text=parts.get(TEXT_BOX),
    )


def _place(parts: dict[int, Record]) -> Rectangle:
    if CHILD_PLACE in parts and len(parts[CHILD_PLACE].data) >= 16:
        left, top, right, bottom = struct.unpack_from("<4i", parts[CHILD_PLACE].data)
        return left, top, right, bottom
    found = parts.get(PLACE)
    if found is None or len(found.data) < 8:
        return 0, 0, 0, 0
    top, left, right, bottom = struct.unpack_from("<4i" if len(found.data) >= 16 else "<4h", found.data)
    return left, top, right, bottom


def _option(record: Record | None, wanted: int) -> int:
    """Return a property of a shape, 0 where nothing is said."""
    if record is None:
        return 0
    for number in range(min(record.instance, len(record.data) // 6)):
        code, value = struct.unpack_from("<HI", record.data, 6 * number)
        if code & 0x3FFF == wanted:
            return int(value)
    return 0


def grid(cells: tuple[Shape, ...]) -> Iterator[tuple[Shape, int, int, int, int]]:
    """Yield the cells of a table with row, column, rows and columns, by where they stand."""
    columns = sorted({edge for cell in cells for edge in (cell.place[0], cell.place[2])})
    rows = sorted({edge for cell in cells for edge in (cell.place[1], cell.place[3])})
    for cell in sorted(cells, key=lambda one: (one.place[1], one.place[0])):
        left, top, right, bottom = cell.place
        column, row = columns.index(left), rows.index(top)
        yield cell, row, column, rows.index(bottom) - row, columns.index(right) - column
