"""Tables with rules between rows alone, as books set them, or with shaded rows. Their cells wrap, and are drawn one after another.

Between two rules of one length stand one row or many; the columns are where white runs through all of them.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.parsers.pdf.page import Line, Word
from ingest.parsers.pdf.tables.cells import NUMERIC, Cell, Fragment, Table, is_cell_gap
from ingest.parsers.pdf.tables.rules import SAME, Rule

ALIKE = 4.0  # points between the ends of rules of one table
MIN_RULES, MAX_RULES = 3, 60
CHANNEL = 0.45  # of the height of a line, and at least: white between two columns
NARROWEST = 5.0  # points
APART = 0.25  # of the height of a line: so much further apart than lines of a cell do rows stand
FILLED = 0.8  # of the lines: where so many begin with a text, each is a row
MAX_CELL_WORDS = 90
MAX_HEADER_ROWS = 3
NEAR_HEAD = 1.0  # of its height: how far above the first rule the names of columns stand


@dataclass(frozen=True, slots=True)
class _Piece:
    """What of a line stands in one column."""

    column: int
    fragment: Fragment
    top: float
    bottom: float


def take_barred(items: Sequence[Line | Table], rules: Sequence[Rule]) -> list[Line | Table]:
    """Return the lines with those of barred tables put together to tables, where their cells wrap or stand out of order."""
    found = list(items)
    for bars in _groups(rules):
        start = 0
        while start + MIN_RULES <= len(bars):
            end = _end_of_run(found, bars, start)
            inside = _between(found, bars[start], bars[end]) or []
            table = _table_of(inside, [bar.at for bar in bars[start : end + 1]]) if end - start + 1 >= MIN_RULES else None
            if table is not None:
                columns = _columns(inside)
                head = None if table.header_rows else _head_above(found, bars[start], columns)
                if head is not None:
                    names = [[word for word in head.words if _nearest(word, columns) == column] for column in columns]
                    cells = [[Fragment(words)] for words in names]
                    table = Table([cells, *table.rows], 1, head.bold, is_drawn=True, titles=table.titles)
                    inside = [head, *inside]
                place = next(number for number, item in enumerate(found) if item is inside[0])
                gone = set(map(id, inside))
                found = [*found[:place], table, *(item for item in found[place:] if id(item) not in gone)]
            start = max(end, start + 1)
    return found


def _end_of_run(items: Sequence[Line | Table], bars: list[Rule], start: int) -> int:
    """Return the last of the rules from one on between which white runs through all that stands there."""
    lines: list[Line] = []
    end = start
    while end + 1 < len(bars):
        here = _between(items, bars[end], bars[end + 1])
        if here is None or len(_columns([*lines, *here])) < 2 <= len(lines) + len(here):
            break
        lines += here
        end += 1
    return end


def _head_above(items: Sequence[Line | Table], bar: Rule, columns: list[tuple[float, float]]) -> Line | None:
    """Return the line right above the first rule that names the columns below it, each over its own."""
    for item in items:
        if isinstance(item, Line) and not item.apart and not item.turn and 0 <= bar.at - item.bottom < NEAR_HEAD * item.size:
            named = [(word, _nearest(word, columns)) for word in item.words]
            inside = all(left - ALIKE <= word.left and word.right <= bar.end + ALIKE for word, (left, _) in named)
            if inside and len({column for _, column in named}) == len(columns):
                return item
    return None


def _nearest(word: Word, columns: list[tuple[float, float]]) -> tuple[float, float]:
    middle = (word.left + word.right) / 2
    return min(columns, key=lambda column: max(column[0] - middle, middle - column[1], 0.0))


def _groups(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Yield the rules of one length below each other, each place once."""
    rest = sorted(rules, key=lambda rule: (rule.at, rule.start))
    while rest:
        first = rest[0]
        alike = [rule for rule in rest if abs(rule.start - first.start) <= ALIKE and abs(rule.end - first.end) <= ALIKE]
        rest = [rule for rule in rest if not any(rule is other for other in alike)]
        bars = [rule for number, rule in enumerate(alike) if not number or rule.at - alike[number - 1].at > SAME]
        if MIN_RULES <= len(bars) <= MAX_RULES:
            yield bars


def _between(items: Sequence[Line | Table], upper: Rule, lower: Rule) -> list[Line] | None:
    """Return the lines between two rules; None where something else stands there."""
    inside: list[Line] = []
    for item in items:
        if isinstance(item, Table):
            words = [word for row in item.rows for cell in row for fragment in cell for word in fragment.words]
            if any(upper.at < (word.top + word.bottom) / 2 < lower.at for word in words):
                return None
        elif upper.at < (item.top + item.bottom) / 2 < lower.at and not item.apart and not item.turn:
            if item.left < upper.start - ALIKE or item.right > upper.end + ALIKE:
                return None
            inside.append(item)
    return inside


def _table_of(lines: list[Line], bars: list[float]) -> Table | None:
    """Return the table that lines make; None where they make none, or one that reads well line by line."""
    columns = _columns(lines)
    if len(columns) < 2:
        return None
    pieces = sorted((piece for line in lines for piece in _cut(line, columns)), key=lambda piece: (piece.top, piece.column))
    if any(is_cell_gap(a, b, b.bottom - b.top) for piece in pieces for a, b in itertools.pairwise(piece.fragment.words)):
        return None  # columns that the white does not show
    bands: list[list[list[Cell]]] = []
    for upper, lower in itertools.pairwise(bars):
        here = [piece for piece in pieces if upper < (piece.top + piece.bottom) / 2 < lower]
        is_head = not any(sum(map(bool, row)) > 1 for band in bands for row in band)
        bands.append([_row(some, len(columns)) for some in _rows(here, len(columns), is_head=is_head)])
    titles = _titles(bands)
    bands = bands[len(titles) :]
    rows = [row for band in bands for row in band]
    header = len(bands[0])
    sizes = [sum(len(fragment.words) for fragment in cell) for row in rows for cell in row]
    is_wrapped = any(len(cell) > 1 for row in rows for cell in row)
    is_shared = any(row[0] and row[0] == below[0] and _stands_lower(row) for row, below in itertools.pairwise(rows))
    full = sum(sum(map(bool, row)) > 1 for row in rows)
    if not (is_wrapped or is_shared) or len(rows) < 2 or 2 * full <= len(rows) or max(sizes) > MAX_CELL_WORDS:
        return None
    is_head = (
        0 < header <= MAX_HEADER_ROWS and header < len(rows) and not any(len(cell) > 1 for row in rows[:header] for cell in row)
    )
    return Table(rows, header if is_head else 0, lines[0].bold, is_drawn=True, titles=titles)


def _stands_lower(row: list[Cell]) -> bool:
    """Tell whether the name of a row, which others share, stands below its line: line by line it would be that of another."""
    name, other = (cell[0].words[0] for cell in (row[0], next(cell for cell in row[1:] if cell)))
    return name.top > other.top + 0.4 * (other.bottom - other.top)


def _titles(bands: list[list[list[Cell]]]) -> list[Cell]:
    """Return the text that stands alone between the first two rules, above the names of columns."""
    if len(bands) <= MIN_RULES or len(bands[0]) != 1 or not bands[1]:
        return []
    alone = [cell for cell in bands[0][0] if cell]
    words = [word for row in bands[1] for cell in row for fragment in cell for word in fragment.words]
    is_above = len(alone) == 1 and sum(map(bool, bands[1][-1])) > 1 and not any(NUMERIC.match(word.text) for word in words)
    return alone if is_above else []


def _columns(lines: list[Line]) -> list[tuple[float, float]]:
    """Return from where to where each column reaches: what white runs through from top to bottom."""
    columns: list[tuple[float, float]] = []
    for word in sorted((word for line in lines for word in line.words), key=lambda word: word.left):
        white = max(NARROWEST, CHANNEL * (word.bottom - word.top))
        if columns and word.left - columns[-1][1] < white:
            columns[-1] = (columns[-1][0], max(columns[-1][1], word.right))
        else:
            columns.append((word.left, word.right))
    return columns


def _cut(line: Line, columns: list[tuple[float, float]]) -> Iterator[_Piece]:
    for column, group in itertools.groupby(line.words, key=lambda word: _column_of(word, columns)):
        words = list(group)
        is_hyphenated = line.hyphenated and words[-1] is line.words[-1]
        top, bottom = min(word.top for word in words), max(word.bottom for word in words)
        yield _Piece(column, Fragment(words, is_hyphenated), top, bottom)


def _column_of(word: Word, columns: list[tuple[float, float]]) -> int:
    return next(number for number, (left, right) in enumerate(columns) if left <= word.left and word.right <= right)


def _rows(pieces: list[_Piece], width: int, *, is_head: bool) -> Iterator[list[_Piece]]:
    """Yield the rows between two rules. `pieces`: from the top down. `is_head`: they are the first with several columns."""
    if not pieces:
        return
    lines = _lines(pieces)
    names = [piece for piece in pieces if piece.column == 0]
    is_named = (
        is_head and len(lines) == 2 and 1 < len(lines[0]) < width - 1 and len(lines[1]) == width
    )  # names over several columns
    if not is_named and sum(any(piece.column == 0 for piece in line) for line in lines) < 2:
        records = [some for line in lines if (some := [piece for piece in line if piece.column])]
        yield from ([[*names, *record] for record in records] if _are_records(records) else [pieces])
        return
    begun = [any(piece.column == 0 for piece in line) for line in lines]
    gaps = [0.0, *(_gap(above, below) for above, below in itertools.pairwise(lines))]
    size = max(piece.bottom - piece.top for piece in pieces)
    each = sum(begun) >= FILLED * len(lines) and sum(len(line) > 1 for line in lines) >= FILLED * len(lines)
    shows_gaps = not each and len(gaps) > 2 and max(gaps[1:]) - min(gaps[1:]) > APART * size
    row: list[_Piece] = []
    for line, is_begun, gap in zip(lines, begun, gaps, strict=True):
        if row and (gap > min(gaps[1:]) + APART * size if shows_gaps else is_begun):
            yield row
            row = []
        row += line
    if row:
        yield row


def _are_records(lines: list[list[_Piece]]) -> bool:
    """Tell whether lines are rows of their own beside one name: each fills the same columns, one of them with a figure."""
    columns = [[piece.column for piece in line] for line in lines]
    figures = [{piece.column for piece in line if NUMERIC.match(piece.fragment.words[0].text)} for line in lines]
    return len(lines) > 1 and len(columns[0]) > 1 and all(one == columns[0] for one in columns) and bool(set.intersection(*figures))


def _gap(above: list[_Piece], below: list[_Piece]) -> float:
    return min(piece.top for piece in below) - max(piece.bottom for piece in above)


def _lines(pieces: list[_Piece]) -> list[list[_Piece]]:
    """Return the pieces on one baseline together."""
    lines: list[list[_Piece]] = []
    for piece in pieces:
        if lines and min(piece.bottom, lines[-1][0].bottom) - piece.top > 0.5 * (piece.bottom - piece.top):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return lines


def _row(pieces: list[_Piece], width: int) -> list[list[Fragment]]:
    cells: list[list[Fragment]] = [[] for _ in range(width)]
    for piece in pieces:
        cells[piece.column].append(piece.fragment)
    return cells
