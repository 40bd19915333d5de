"""How many rows of a table name its columns: by what the file marks, by bold letters, by what stands below."""

import re

from ingest.parsers.tables.cells import Cell, width_of
from ingest.parsers.tables.heads import lacks_head
from ingest.parsers.tables.names import MAX_HEADER_CHARACTERS, NUMBER, YEAR_OR_DATE, Cells, is_word, join_names

MAX_HEADER_ROWS = 4


def are_labelled(rows: list[list[Cell]]) -> bool:
    """Tell whether a table of two columns has labels on the left that stand out, its first row as the others."""
    if len(rows) < 2 or any(width_of(row) > 2 for row in rows):
        return False
    pairs = [row for row in rows if len(row) == 2]
    labels = [row for row in pairs if row[0].stands_out and row[0].text and not row[1].stands_out]
    return len(labels) > 1 and len(labels) == len(pairs) and pairs[0] is rows[0]


def find_depth(rows: list[list[Cell]], marked: int) -> int:
    """Return how many rows the head has. `marked`: how many the file marks."""
    if not rows:
        return 0
    strong = _strong_rows(rows)
    if marked and (all(cell.is_name for cell in rows[0]) or not any(cell.is_name for cell in rows[0])):
        depth = marked
    elif strong:
        depth = strong
    elif (len(rows) > 2 or _is_above_figures(rows)) and _are_names(rows) and not lacks_head(_texts(rows)):
        depth = 1
    else:
        return marked
    number = 0
    while number < depth and depth < MAX_HEADER_ROWS:
        for cell in rows[number]:
            reaches = number + cell.rows
            if cell.rows > 1 and number == 0 and len(rows) > reaches and all(map(_is_words, rows[depth:reaches])):
                depth = max(depth, reaches)
        spans = any(1 < cell.columns < width_of(rows[number]) and cell.text for cell in rows[number])
        if spans and number + 1 == depth and len(rows) > depth + 1 and _is_words(rows[depth]):
            depth += 1
        number += 1
    return min(depth, len(rows))


def join_two_heads(rows: list[list[str]]) -> list[str] | None:
    """Return two rows of names as one, though no cell of the upper one spans those below; None where the second is a record.

    "2025", blank, "2026", blank above "Plan", "Actual", "Plan", "Actual"; or "Price" above its unit. Figures stand below them.
    """
    if len(rows) < 3:
        return None
    upper, lower = ([(place, text) for place, text in enumerate(row) if text] for row in rows[:2])
    if not are_two_heads(upper, lower, [[(place, text) for place, text in enumerate(row) if text] for row in rows[2:]]):
        return None
    names = dict(join_names(upper, lower))
    return [names.get(place, "") for place in range(max(map(len, rows[:2])))]


def are_two_heads(upper: Cells, lower: Cells, below: list[Cells]) -> bool:
    """Tell whether a row below names holds parts or units of them: it lacks the first one, or they stand above some of it alone."""
    if len(upper) < 2 or len(lower) < 2 or not below:
        return False
    are_groups = upper[0][0] > lower[0][0] and len(upper) < len(lower) and {place for place, _ in upper} <= {n for n, _ in lower}
    are_units = lower[0][0] > upper[0][0] and {place for place, _ in lower} <= {place for place, _ in upper}
    if not (are_groups or are_units):
        return False
    if not all(YEAR_OR_DATE.match(text) or is_word(text, MAX_HEADER_CHARACTERS) for _, text in upper):
        return False
    if any(NUMBER.match(text) or len(text) > MAX_HEADER_CHARACTERS for _, text in lower):
        return False
    columns = {place for place, _ in lower} - {lower[0][0] if are_groups else -1}
    return all(any(NUMBER.match(text) for place, text in row if place in columns) for row in below[:3])


def _strong_rows(rows: list[list[Cell]]) -> int:
    """Return how many rows at the top stand out as a whole, 0 where the others do as well."""
    stand_out = [all(cell.stands_out for cell in row if cell.text) and any(cell.text for cell in row) for row in rows]
    count = next((number for number, is_strong in enumerate(stand_out) if not is_strong), len(rows))
    return count if 0 < count <= min(MAX_HEADER_ROWS, len(rows) - 1) and len(rows[0]) > 1 else 0


def _is_above_figures(rows: list[list[Cell]]) -> bool:
    """Tell whether the one row below the first holds figures alone."""
    return len(rows) == 2 and len(rows[0]) > 1 and all(re.search(r"\d", cell.text) for cell in rows[1])


def _are_names(rows: list[list[Cell]]) -> bool:
    """Tell whether the first row is made of words, and of years that stand above no others."""
    for place, cell in enumerate(rows[0]):
        if YEAR_OR_DATE.match(cell.text):
            if any(YEAR_OR_DATE.match(row[place].text) for row in rows[1:] if place < len(row)):
                return False
        elif re.search(r"\d", cell.text):
            return False
    return any(cell.text for cell in rows[0])


def _texts(rows: list[list[Cell]]) -> list[list[str]]:
    return [[cell.text for cell in row] for row in rows]


def _is_words(row: list[Cell]) -> bool:
    return any(cell.text for cell in row) and not any(re.search(r"\d", cell.text) for cell in row)
