"""Tables as .doc and RTF write them, paragraphs with marks at the ends of cells and rows, become tables of a DOCX."""

from bisect import bisect_left
from dataclasses import dataclass, field

from lxml import etree

from ingest.parsers.office.building.word import element

SAME_EDGE = 40  # twentieths of a point: edges that are nearer than this are one edge drawn twice
MAX_DEPTH = 12
MAX_CELLS = 200  # of a row


@dataclass(frozen=True, slots=True, kw_only=True)
class CellShape:
    """`right`: edge, in twentieths of a point. `across`: continues the cell before it. `down`: "restart", "continue" or ""."""

    right: int
    across: bool = False
    down: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShape:
    """What the end of a row says about it. `left`: edge of the first cell."""

    left: int = 0
    cells: tuple[CellShape, ...] = ()
    is_head: bool = False
    is_deleted: bool = False


@dataclass(slots=True)
class _Open:
    """A table that is being read: its rows, the cells of the row that is not ended, the blocks of the cell that is not."""

    rows: list[tuple[RowShape, list[list[etree._Element]]]] = field(default_factory=list)
    cells: list[list[etree._Element]] = field(default_factory=list)
    blocks: list[etree._Element] = field(default_factory=list)


@dataclass(slots=True)
class TableStory:
    """Puts the paragraphs of one story in their place. `depth` of a paragraph: in how many tables it stands."""

    story: etree._Element
    _open: list[_Open] = field(default_factory=list)

    def add(self, block: etree._Element, depth: int) -> None:
        """Take a paragraph."""
        self._reach(depth)
        (self._open[-1].blocks if self._open else self.story).append(block)

    def end_cell(self, depth: int) -> None:
        """The paragraph that was taken last is the last of its cell."""
        self._reach(max(1, depth))
        table = self._open[-1]
        if len(table.cells) < MAX_CELLS:
            table.cells.append(table.blocks)
        table.blocks = []

    def end_row(self, depth: int, shape: RowShape) -> None:
        """The cell that ended last is the last of its row."""
        self._reach(max(1, depth))
        table = self._open[-1]
        if table.blocks:
            self.end_cell(depth)
        table.rows.append((shape, table.cells))
        table.cells = []

    def finish(self) -> None:
        """Close what is open."""
        self._reach(0)

    def _reach(self, depth: int) -> None:
        depth = min(depth, MAX_DEPTH)
        while len(self._open) > depth:
            table = self._open.pop()
            above = self._open[-1].blocks if self._open else self.story
            if table.blocks:
                table.cells.append(table.blocks)
            if table.cells:  # a row that never ended
                table.rows.append((RowShape(), table.cells))
            if table.rows:
                above.append(_written(table.rows))
        while len(self._open) < depth:
            self._open.append(_Open())


def _written(rows: list[tuple[RowShape, list[list[etree._Element]]]]) -> etree._Element:
    edges = _edges([shape for shape, _ in rows])
    table = element(None, "tbl")
    for shape, cells in rows:
        row = element(table, "tr")
        properties = element(row, "trPr")
        if shape.is_head:
            element(properties, "tblHeader")
        if shape.is_deleted:
            element(properties, "del")
        start = _column(edges, shape.left) if shape.cells else 0
        if start:
            element(properties, "gridBefore", val=str(start))
        for number, blocks in enumerate(cells):
            cell_shape = shape.cells[number] if number < len(shape.cells) else None
            end = _column(edges, cell_shape.right) if cell_shape else start + 1
            _cell(row, blocks, cell_shape, columns=max(1, end - start))
            start = max(end, start + 1)
    return table


def _cell(row: etree._Element, blocks: list[etree._Element], shape: CellShape | None, *, columns: int) -> None:
    cell = element(row, "tc")
    properties = element(cell, "tcPr")
    if columns > 1:
        element(properties, "gridSpan", val=str(columns))
    if shape is not None and shape.across:
        element(properties, "hMerge", val="continue")
    if shape is not None and shape.down:
        element(properties, "vMerge", val=shape.down)
    for block in blocks:
        cell.append(block)


def _edges(shapes: list[RowShape]) -> list[int]:
    """Return the edges between the columns of all rows, each once."""
    found: list[int] = []
    for edge in sorted({edge for shape in shapes if shape.cells for edge in (shape.left, *(c.right for c in shape.cells))}):
        if not found or edge - found[-1] > SAME_EDGE:
            found.append(edge)
    return found


def _column(edges: list[int], edge: int) -> int:
    """Return how many columns end at an edge or before it."""
    return max(0, bisect_left(edges, edge - SAME_EDGE))
