"""Columns of prose that the file gives line by line across the page."""

from ingest.parsers.pdf.page import Line
from ingest.parsers.pdf.tables.cells import NUMERIC, is_cell_gap

MIN_COLUMN_WORDS, MIN_COLUMN_ROWS = 4, 4  # two columns of prose rather than of a table
NEAR_LINES = 0.6  # of the height of a line: how far below its columns a line still belongs to them


def part_columns(rows: list[Line]) -> list[Line]:
    """Put columns of prose, which the file gives line by line across the page, one after the other."""
    ordered: list[Line] = []
    position = 0
    while position < len(rows):
        end = position
        left: list[Line] = []
        right: list[Line] = []
        while end < len(rows) and (halves := _halves(rows[end])) and (not right or abs(right[0].left - halves[1].left) < 2):
            left.append(halves[0])
            right.append(halves[1])
            end += 1
        if len(left) >= MIN_COLUMN_ROWS and _is_full(left) and _is_full(right):
            end = _take_rest(rows, end, left, right)
            ordered += left + right
        else:
            end = max(end, position + 1)
            ordered += rows[position:end]
        position = end
    return ordered


def _take_rest(rows: list[Line], end: int, left: list[Line], right: list[Line]) -> int:
    """Take the last lines of two columns, which may be short, or of one of them alone. Returns: where other rows begin."""
    while end < len(rows):
        row, above = rows[end], (left[-1], right[-1])
        if row.top - max(line.bottom for line in above) > NEAR_LINES * row.size or row.bold != left[0].bold:
            break
        cut = next((number for number, word in enumerate(row.words) if abs(word.left - right[0].left) < 2), len(row.words))
        halves = (row.words[:cut], row.words[cut:])
        starts_left = not halves[0] or abs(row.left - left[0].left) < 2
        if not starts_left or (halves[0] and halves[0][-1].right > right[0].left - 0.5 * row.size):
            break
        for words, lines in zip(halves, (left, right), strict=True):
            if words:
                lines.append(Line(list(words), bold=row.bold, hyphenated=row.hyphenated and words[-1] is row.words[-1]))
        end += 1
    return end


def _is_full(lines: list[Line]) -> bool:
    """Tell whether nearly all lines fill the width of their column, as running text does and the cells of a table do not."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    return sum(line.right - left > 0.75 * (right - left) for line in lines) > 0.75 * len(lines)


def _halves(row: Line) -> tuple[Line, Line] | None:
    """Return the two pieces of running text that a row is made of; None for a row of any other making."""
    cuts = [i for i in range(1, len(row.words)) if is_cell_gap(row.words[i - 1], row.words[i], row.size)]
    if len(cuts) != 1 or min(cuts[0], len(row.words) - cuts[0]) < MIN_COLUMN_WORDS:
        return None
    halves = row.words[: cuts[0]], row.words[cuts[0] :]
    if any(sum(not NUMERIC.match(word.text) for word in half) < MIN_COLUMN_WORDS for half in halves):
        return None
    return Line(list(halves[0]), bold=row.bold), Line(list(halves[1]), bold=row.bold, hyphenated=row.hyphenated)
