"""The rules of a page, lines and boxes, put together to the grids of tables.

Only lines that touch each other make a grid. What has hundreds of small shapes (charts, the shaded cells of financial filings) is
left alone: there the gaps between the texts give the columns, at a hundredth of the cost.
"""

import ctypes
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pypdfium2.raw as pdfium

MAX_OBJECTS = 800  # a look at one costs about 5 µs; a page is read in 8 ms
MAX_RULES = 120
MAX_HELD = 50  # objects of a part of a page
MAX_STROKES = 500
THIN = 2.5  # points: thinner is a rule, thicker a box
SHORTEST = 6.0
NEAR = 3.0  # points between ends that touch
CLOSE = 1.0  # points: rules of one table meet, those of one in its cell stand further away
SAME = 1.5  # points between rules that are one

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: where it stands across its direction, and from where to where it runs."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows and columns of a ruled table, in points from the page's top left.

    `xs`, `ys`: the edges of all columns and rows. `spans`: for each row the edges that are really drawn there; a cell that
    reaches over several columns lacks those between them. `falls`: the same for each column, of a cell that reaches over rows.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    spans: tuple[tuple[float, ...], ...]
    falls: tuple[tuple[float, ...], ...]

    def rows_from(self, row: int, column: int) -> range:
        """Return the rows that the cell at a place reaches over."""
        edges = self.falls[column]
        top = max(edge for edge in edges if edge <= self.ys[row])
        bottom = min(edge for edge in edges if edge > self.ys[row])
        return range(self.ys.index(top), self.ys.index(bottom))

    def columns_from(self, row: int, column: int, columns: Sequence[int]) -> list[int]:
        """Return those of the columns that the cell at a place reaches over."""
        right = min(edge for edge in self.spans[row] if edge > self.xs[column])
        return [other for other in columns if other >= column and self.xs[other] < right]

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return (row, column) of the cell over a point, None outside."""
        if not (self.xs[0] <= x < self.xs[-1] and self.ys[0] <= y < self.ys[-1]):
            return None
        row = sum(edge <= y for edge in self.ys) - 1
        left = max(edge for edge in self.spans[row] if edge <= x)
        return row, self.xs.index(left)


def read_grids(
    page: object,
    *,
    count: int,
    place: Callable[[float, float, float, float], Rectangle],
    picture: Callable[[object, Rectangle], None] | None = None,
) -> tuple[tuple[Grid, ...], tuple[Rule, ...], tuple[Rule, ...]]:
    """Return the ruled tables of a page, top down, its horizontal rules as drawn, and these with the edges of shaded boxes.

    Args:
        count: how many objects the page has.
        place: turns left, bottom, right, top of the page's own space into a rectangle from the top left.
        picture: is given each picture that is met on the way, with its rectangle.
    """
    if not 0 < count <= MAX_OBJECTS:
        return (), (), ()
    horizontal: list[Rule] = []
    shaded: list[Rule] = []
    vertical: list[Rule] = []
    for left, top, right, bottom, stroked in _paths(page, count, place, picture):
        width, height = right - left, bottom - top
        if height <= THIN and width >= SHORTEST:
            horizontal.append(Rule((top + bottom) / 2, left, right))
        elif width <= THIN and height >= SHORTEST:
            vertical.append(Rule((left + right) / 2, top, bottom))
        elif stroked and width >= SHORTEST and height >= SHORTEST:
            horizontal += [Rule(top, left, right), Rule(bottom, left, right)]
            vertical += [Rule(left, top, bottom), Rule(right, top, bottom)]
        elif width >= SHORTEST and height >= SHORTEST:
            shaded += [Rule(top, left, right), Rule(bottom, left, right)]
    strokes = tuple(horizontal[:MAX_STROKES])
    bands = (*strokes, *shaded[:MAX_STROKES])
    horizontal, vertical = _merge(horizontal), _merge(vertical)
    if not horizontal or not vertical or max(len(horizontal), len(vertical)) > MAX_RULES:
        return (), strokes, bands
    held = _held(horizontal, vertical)
    horizontal, vertical = ([rule for rule in rules if id(rule) not in held] for rules in (horizontal, vertical))
    grids = [grid for rows, columns in _connected(horizontal, vertical) if (grid := _grid(rows, columns))]
    return tuple(sorted(grids, key=lambda grid: grid.ys[0])), strokes, bands


def _paths(
    page: object,
    count: int,
    place: Callable[[float, float, float, float], Rectangle],
    picture: Callable[[object, Rectangle], None] | None,
) -> Iterable[tuple[float, float, float, float, bool]]:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    for index in range(count):
        shape = pdfium.FPDFPage_GetObject(page, index)
        kind = pdfium.FPDFPageObj_GetType(shape)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and picture is not None:
            if (held := _picture_in(shape)) and pdfium.FPDFPageObj_GetBounds(shape, left, bottom, right, top):
                picture(held, place(left.value, bottom.value, right.value, top.value))
            continue
        if kind not in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE):
            continue
        if not pdfium.FPDFPageObj_GetBounds(shape, left, bottom, right, top):
            continue
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            if picture is not None:
                picture(shape, place(left.value, bottom.value, right.value, top.value))
            continue
        drawn = pdfium.FPDFPath_GetDrawMode(shape, ctypes.byref(fill), ctypes.byref(stroke))
        # A curve or a zigzag has a box too: only what has the points of a rectangle or less counts as one.
        is_box = pdfium.FPDFPath_CountSegments(shape) <= 5
        if drawn and (fill.value or stroke.value) and is_box:
            yield *place(left.value, bottom.value, right.value, top.value), bool(stroke.value)


def _picture_in(form: object) -> object | None:
    """Return the picture of a part of a page that was put together from another file; None where it holds text, too."""
    found = None
    for index in range(min(pdfium.FPDFFormObj_CountObjects(form), MAX_HELD)):
        held = pdfium.FPDFFormObj_GetObject(form, index)
        kind = pdfium.FPDFPageObj_GetType(held)
        if kind in (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_FORM):
            return None
        found = held if kind == pdfium.FPDF_PAGEOBJ_IMAGE else found
    return found


def _merge(rules: list[Rule]) -> list[Rule]:
    """Join rules on one line that touch or overlap: the borders of neighbouring cells."""
    merged: list[Rule] = []
    open_rules: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.at, rule.start)):
        still_open = [other for other in open_rules if rule.at - other.at <= SAME]
        merged += [other for other in open_rules if rule.at - other.at > SAME]
        touching = [other for other in still_open if rule.start <= other.end + NEAR and rule.end >= other.start - NEAR]
        whole = Rule(
            min([rule.at, *(other.at for other in touching)]),
            min([rule.start, *(other.start for other in touching)]),
            max([rule.end, *(other.end for other in touching)]),
        )
        open_rules = [other for other in still_open if other not in touching] + [whole]
    return merged + open_rules


def _held(horizontal: list[Rule], vertical: list[Rule]) -> set[int]:
    """Return by identity the rules of tables that stand within a cell of another table, a little apart from its edges.

    One that fills its cell from edge to edge is drawn like cells that are merged around it, and is read as such.
    """
    groups = [
        (rows, columns) for rows, columns in _connected(horizontal, vertical, near=CLOSE) if len(rows) > 1 and len(columns) > 1
    ]
    grids = [_grid(rows, columns) for rows, columns in groups] if len(groups) > 1 else []
    held: set[int] = set()
    for rows, columns in groups if any(grids) else []:
        left, right = min(rule.start for rule in rows), max(rule.end for rule in rows)
        top, bottom = min(rule.start for rule in columns), max(rule.end for rule in columns)
        for grid in grids:
            if grid and _is_within((left, top, right, bottom), grid):
                held.update(map(id, (*rows, *columns)))
    return held


def _is_within(box: Rectangle, grid: Grid) -> bool:
    """Tell whether a box stands in one cell of a grid, away from its edges."""
    left, top, right, bottom = box
    first, last = grid.cell_at(left - CLOSE, top - CLOSE), grid.cell_at(right + CLOSE, bottom + CLOSE)
    return first is not None and last is not None and first[1] == last[1] and grid.rows_from(*first) == grid.rows_from(*last)


def _connected(horizontal: list[Rule], vertical: list[Rule], *, near: float = NEAR) -> list[tuple[list[Rule], list[Rule]]]:
    """Return the groups of rules that cross or touch each other."""
    groups: list[tuple[list[Rule], list[Rule]]] = [([rule], []) for rule in horizontal]
    for rule in vertical:
        touched = [group for group in groups if any(_touch(other, rule, near) for other in group[0])]
        if not touched:
            continue
        rows = [other for group in touched for other in group[0]]
        columns = [other for group in touched for other in group[1]]
        groups = [group for group in groups if not any(group is other for other in touched)]
        groups.append((rows, [*columns, rule]))
    return groups


def _touch(row: Rule, column: Rule, near: float) -> bool:
    return row.start - near <= column.at <= row.end + near and column.start - near <= row.at <= column.end + near


def _grid(rows: list[Rule], columns: list[Rule]) -> Grid | None:
    """Return the grid of connected rules, its open sides closed; None with fewer than two rows or columns."""
    if not columns:
        return None
    xs = _edges([rule.at for rule in columns], min(rule.start for rule in rows), max(rule.end for rule in rows))
    ys = _edges([rule.at for rule in rows], min(rule.start for rule in columns), max(rule.end for rule in columns))
    if len(xs) < 3 or len(ys) < 3:
        return None
    return Grid(tuple(xs), tuple(ys), _drawn(columns, xs, ys), _drawn(rows, ys, xs))


def _drawn(rules: list[Rule], edges: list[float], others: list[float]) -> tuple[tuple[float, ...], ...]:
    """Return which edges the rules really draw between each two of the others; the outermost always count."""
    found = []
    for start, end in itertools.pairwise(others):
        middle = (start + end) / 2
        drawn = [rule.at for rule in rules if rule.start <= middle <= rule.end]
        inner = [edge for edge in edges[1:-1] if any(abs(edge - at) <= NEAR for at in drawn)]
        found.append((edges[0], *inner, edges[-1]))
    return tuple(found)


def _edges(places: list[float], first: float, last: float) -> list[float]:
    edges: list[float] = []
    for place in sorted([first, *places, last]):
        if not edges or place - edges[-1] > NEAR:
            edges.append(place)
    return edges
