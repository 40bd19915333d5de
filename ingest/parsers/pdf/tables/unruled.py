"""Tables without rules: gaps between texts that repeat line after line give the columns."""

import itertools
from dataclasses import replace

from ingest.parsers.pdf.page import Line, Word
from ingest.parsers.pdf.tables.cells import (
    CLOSERS,
    NUMERIC,
    OPENERS,
    Cell,
    Fragment,
    Table,
    count_cells,
    has_figures,
    header_rows,
    split_cells,
)
from ingest.parsers.pdf.tables.row_names import name_rows
from ingest.parsers.pdf.tables.wrapped import add_lines, add_wrapped, part_wrapped

MAX_HEADER_ROWS = 3
MIN_ROWS, MOST_ROWS = 3, 0.7  # of a table, in which a column begins at one place
ALIGNED = 2  # points between edges of cells that stand under each other
LEAST_GAP = 0.6  # of the height of a line: columns stand further apart
WORD_SPACE = 0.4  # of the height of a line: words of one text stand no further apart


def table_of_rows(rows: list[Line]) -> Table:
    """Return lines that hold cells side by side as a table.

    Where the fullest rows show plainly how the columns stand, a gap in a row becomes an empty cell, and names of columns that
    take several lines become one row.
    """
    table = _with_wrapped(rows)
    is_labelled = all(row.is_mixed for row in rows) and all(len(row) == 2 for row in table.rows)
    return replace(table, rows=name_rows(table), is_labelled=is_labelled)


def _with_wrapped(rows: list[Line]) -> Table:
    rows, lines = part_wrapped(rows)
    if not any(lines):
        return _table_of(rows, header_rows(rows))
    amid = [bool(some) and count_cells(row) == 1 for row, some in zip(rows, lines, strict=True)]  # a name beside lines, no label
    header = header_rows([row for row, is_amid in zip(rows, amid, strict=True) if not is_amid])
    table = _table_of(rows, min([header, *(number for number, is_amid in enumerate(amid) if is_amid)]))
    merged = len(rows) - len(table.rows)  # rows of names that became one
    extents = _extents(table.rows)
    owners = [
        (rows[0], [line for some in lines[: merged + 1] for line in some]),
        *zip(rows[merged + 1 :], lines[merged + 1 :], strict=True),
    ]
    wrapped = [add_lines(cells, own, some, extents) for cells, (own, some) in zip(table.rows, owners, strict=True)]
    return replace(table, rows=wrapped)


def _extents(rows: list[list[Cell]]) -> list[tuple[float, float] | None]:
    """Return from where to where each column reaches, by the rows that have all of them."""
    width = max(map(len, rows))
    found: list[tuple[float, float] | None] = []
    for column in range(width):
        words = [word for row in rows if len(row) == width for part in row[column] for word in part.words]
        found.append((min(word.left for word in words), max(word.right for word in words)) if words else None)
    return found


def _table_of(rows: list[Line], header: int) -> Table:
    starts = _column_starts(rows)
    cells = [_cut_at(split_cells(row), starts) for row in rows]
    if columns := _find_columns(cells):
        cells = [[part for cell in row for part in _cut(cell, columns)] if len(row) < len(columns) else row for row in cells]
        named = _names_above(rows, columns)
        body = [_spread(row, columns) for row in cells[len(named) :]]
        if named:
            first = [[Fragment(row[i]) for row in named if row[i]] for i in range(len(columns))]
            return Table([first, *map(_as_cells, body)], 1, rows[0].bold)
        cells = body
    return Table([_as_cells(row) for row in cells], header, rows[0].bold)


def _as_cells(row: list[list[Word]]) -> list[Cell]:
    return [[Fragment(words)] if words else [] for words in row]


def _column_starts(rows: list[Line]) -> list[float]:
    """Return where columns begin though their texts come close: most rows have a gap wider than a space there."""
    places = sorted(
        word.left
        for row in rows
        for before, word in itertools.pairwise(row.words)
        if word.left - before.right > LEAST_GAP * row.size
    )
    starts: list[float] = []
    for place in places:
        shared = [other for other in places if abs(other - place) <= ALIGNED / 2]
        if len(shared) >= max(MIN_ROWS, MOST_ROWS * len(rows)) and (not starts or place - starts[-1] > 2 * ALIGNED):
            starts.append(place)
    return starts


def _cut_at(cells: list[list[Word]], starts: list[float]) -> list[list[Word]]:
    """Return the cells of a row, cut where a column begins."""
    parts: list[list[Word]] = []
    for cell in cells:
        parts.append(cell[:1])
        for before, word in itertools.pairwise(cell):
            height = word.bottom - word.top
            is_apart = word.left - before.right > LEAST_GAP * height and before.text not in OPENERS and word.text not in CLOSERS
            if is_apart and any(abs(word.left - start) <= ALIGNED for start in starts):
                parts.append([word])
            else:
                parts[-1].append(word)
    return parts


Columns = list[tuple[float, float]]


def _find_columns(rows: list[list[list[Word]]]) -> Columns:
    """Return from where to where each column reaches, by the fullest rows; none where they do not agree."""
    width = max(map(len, rows))
    full = [row for row in rows if len(row) == width]
    if width < 3 or len(full) < max(2, len(rows) / 4):
        return _stacks(rows)
    columns = [(min(row[i][0].left for row in full), max(row[i][-1].right for row in full)) for i in range(width)]
    return [] if any(left[1] > right[0] for left, right in itertools.pairwise(columns)) else columns


def _stacks(rows: list[list[list[Word]]]) -> Columns:
    """Return the columns of rows that mostly lack some cells: those that stand apart from each other from top to bottom.

    None where two cells of a row would stand in one of them, or where one of them is that of a single row.
    """
    several = [row for row in rows if len(row) > 1]
    columns: list[tuple[float, float]] = []
    for left, right in sorted((cell[0].left, cell[-1].right) for row in several for cell in row):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    places = [[_column_of(cell[0], columns) for cell in row] for row in several]
    used = [sum(column in row for row in places) for column in range(len(columns))]
    is_clear = len(columns) > 2 and min(used) > 1 and all(len(set(row)) == len(row) for row in places)
    return columns if is_clear and max(map(len, rows)) + 1 >= len(columns) else []


def _spread(row: list[list[Word]], columns: Columns) -> list[list[Word]]:
    """Put empty cells where a row lacks one; a row of one cell is a label or a caption and stays alone."""
    if not 1 < len(row) < len(columns):
        return row
    spread: list[list[Word]] = [[] for _ in columns]
    last = -1
    for cell in row:
        left, right = cell[0].left, cell[-1].right
        shared = [min(right, column[1]) - max(left, column[0]) for column in columns]
        best = max(range(len(columns)), key=shared.__getitem__)
        if best <= last:
            return row
        spread[best] = cell
        last = best
    return spread


def _cut(cell: list[Word], columns: Columns) -> list[list[Word]]:
    """Return what of a cell stands in each column: of a long text and the next one the gap may be narrower than elsewhere.

    Each gap at which it is cut is wider than all others in it.
    """
    if len(cell) < 2 or sum(cell[0].left < right and left < cell[-1].right for left, right in columns) < 2:
        return [cell]
    parts: list[list[Word]] = [[cell[0]]]
    within, between = [0.0], list[float]()
    last = _column_of(cell[0], columns)
    for before, word in itertools.pairwise(cell):
        place = _column_of(word, columns)
        if place < last:
            return [cell]
        (between if place > last else within).append(word.left - before.right)
        parts[-1:] = [parts[-1], [word]] if place > last else [[*parts[-1], word]]
        last = place
    is_plain = between and min(between) > max(1.5 * max(within), LEAST_GAP * (cell[0].bottom - cell[0].top))
    return parts if is_plain else [cell]


def _column_of(word: Word, columns: Columns) -> int:
    middle = (word.left + word.right) / 2
    return min(range(len(columns)), key=lambda at: max(columns[at][0] - middle, middle - columns[at][1], 0.0))


def _name_columns(row: list[list[Word]], columns: Columns) -> list[list[Word]]:
    """Return the cells of a row that names the columns right of the labels, each over its own; none where it does not.

    Names stand closer together than cells: the gaps between them need only be wider than those within them.
    """
    words = [word for cell in row for word in cell]
    if words[0].left < (columns[0][1] + columns[1][0]) / 2 and words[0].left < columns[1][0] - 30:
        return []
    named: list[list[Word]] = [[] for _ in columns]
    within: list[float] = [0.0]
    between: list[float] = []
    last = 0
    for before, word in itertools.pairwise([words[0], *words]):
        middle = (word.left + word.right) / 2
        place = min(range(1, len(columns)), key=lambda i: max(columns[i][0] - middle, middle - columns[i][1], 0.0))
        if place < last:
            return []
        (between if last and place > last else within).append(word.left - before.right)
        named[place].append(word)
        last = place
    if between and min(between) <= max(1.2 * max(within), WORD_SPACE * (words[0].bottom - words[0].top)):
        return []
    return named


def _names_above(rows: list[Line], columns: Columns) -> list[list[list[Word]]]:
    """Return the rows at the top of a table that name its columns, all of them in at least one row; else none."""
    named: list[list[list[Word]]] = []
    for row in rows[:MAX_HEADER_ROWS]:
        cells = [] if has_figures(row) else _name_columns([row.words], columns)
        if not cells:
            break
        named.append(cells)
    return named if any(all(cells[1:]) for cells in named) else []


def find_table_rows(rows: list[Line]) -> list[bool]:
    """Which rows belong to a table: at least two rows of several cells, and the short label rows between them."""
    counts = [count_cells(row) for row in rows]
    found = [count >= 2 for count in counts]
    for position, row in enumerate(rows):
        if found[position]:
            continue
        before = any(found[max(0, position - 1) : position]) and row.top - rows[position - 1].bottom < 2 * row.size
        after = any(counts[i] >= 2 for i in range(position + 1, min(len(rows), position + 3)))
        found[position] = before and after and row.top > rows[position - 1].top
    for position in range(len(rows)):
        alone = found[position] and not any(found[max(0, position - 1) : position]) and not any(found[position + 1 : position + 2])
        if alone:
            found[position] = False
    for start, end in _runs(found):
        if not _has_columns([split_cells(row) for row in rows[start:end]]):
            found[start:end] = [False] * (end - start)
    add_wrapped(rows, found)
    _add_names(rows, found)
    return found


def _runs(found: list[bool]) -> list[tuple[int, int]]:
    """Return from where to where rows of a table follow each other."""
    runs, position = [], 0
    for is_row, group in itertools.groupby(found):
        length = len(list(group))
        if is_row:
            runs.append((position, position + length))
        position += length
    return runs


def _has_columns(rows: list[list[list[Word]]]) -> bool:
    """Tell whether cells stand under each other: words that were spread to fill their line do not, nor two texts that meet."""
    several = [[_places(cell) for cell in row[1:]] for row in rows if len(row) > 1]
    aligned = 0
    for number, row in enumerate(several):
        around = [cell for other in several[max(0, number - 2) : number] + several[number + 1 : number + 3] for cell in other]
        shared = sum(any(_stand_alike(cell, other) for other in around) for cell in row)
        aligned += 2 * shared >= len(row)
    return 2 * aligned > len(several)


def _places(cell: list[Word]) -> tuple[float, ...]:
    """Where a cell begins and has its middle, and of a figure where it ends: every text of a page ends at its right edge."""
    left, right = cell[0].left, cell[-1].right
    has_digit = any(character.isdigit() for character in cell[-1].text) or NUMERIC.match(cell[-1].text)
    return (left, (left + right) / 2, right) if has_digit else (left, (left + right) / 2)


def _stand_alike(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return any(abs(one - other) < ALIGNED for one, other in zip(a, b, strict=False))


def _add_names(rows: list[Line], found: list[bool]) -> None:
    """Take the lines above a table into it that name its columns; their words often stand too close to look like cells."""
    for start, end in _runs(found):
        columns = _find_columns([split_cells(row) for row in rows[start : min(end, start + 12)]])
        if not columns:
            continue
        top, above, labels = start, start - 1, 0
        while above >= max(0, start - 2 * MAX_HEADER_ROWS):
            row, below = rows[above], rows[above + 1]
            near = -0.5 * row.size < below.top - row.bottom < 1.5 * row.size
            if found[above] or not near:
                break
            if named := _name_columns([row.words], columns):
                top = above if all(named[1:]) else top
            elif top < start or labels == MAX_HEADER_ROWS or row.right > columns[1][0] or row.left > columns[0][0] + 3 * row.size:
                break  # neither names nor a short label of rows that follow
            labels += not named
            above -= 1
        found[top:start] = [True] * (start - top)
