"""Rows that stand below others: "Hall 2" above the shifts of that hall, "Drilling" above the materials that it needs.

On the page the eye sees what a row belongs to. Read alone, one row "Monday | Eve" is like the other, so each is given the name
above it.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from ingest.parsers.tables.names import MAX_HEADER_CHARACTERS, is_word

NUMBERING = re.compile(r"^\(?(?:\d{1,4}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})[.)]?$")
TOTAL = re.compile(
    r"^(?:(?:sub-?|grand )?totals?|sums?|overall|balance|average|gesamt|summe|zwischensumme|合计|总计|小计|共计|平均)\b",
    re.IGNORECASE,
)
COUNTS = re.compile(
    r"^(?:(?:no|nos|nr|num|number|pos|position|item|line|step|ref|s/?n|sr)\b\.?.*|#|№|序号|编号|项次|序|号)?$", re.IGNORECASE
)
BESIDE = " > "  # between the name of a row and what stands below it
Place = tuple[int, int]  # row, column


def find_parents(rows: Sequence[Sequence[str]], *, header: int, spanning: Collection[int] = ()) -> dict[Place, Place]:
    """Return for cells of rows that belong to another row where the text stands that names it.

    `rows`: texts by column, rows that cells reach down to filled in. `header`: how many of them name the columns. `spanning`: rows
    that one cell spans from edge to edge. A total belongs to a part of the table only where each part has one of that name.
    """
    if not header or max(map(len, rows), default=0) < 2:
        return {}
    sections = _sections(rows, header, spanning)
    names = Counter(_at(row, 0) for row in rows[header:])
    parents: dict[Place, Place] = {}
    is_counted = counts_rows(_at(rows[header - 1], 0))
    section: int | None = None
    numbered: int | None = None
    for number in range(header, len(rows)):
        row = rows[number]
        first, second = _at(row, 0), _at(row, 1)
        if number in sections:
            section, numbered = number, None
            continue
        if any(TOTAL.match(text) for text in row):
            if first and names[first] > 1 and section is not None:
                parents[number, 0] = (section, 0)
            section = numbered = None  # it is the end of its part
            continue
        if first:
            is_named = bool(second) and is_word(second, MAX_HEADER_CHARACTERS)
            numbered = number if is_counted and is_named and NUMBERING.match(first) else None
        elif numbered is not None and second and len(row) > 2:
            parents[number, 1] = (numbered, 1)
            continue
        if section is not None:
            parents[number, 0] = (section, 0)
    return parents


def counts_rows(name: str) -> bool:
    """Tell whether a column of this name holds the numbers of the rows, so that "2 | Welding" is called Welding."""
    return bool(COUNTS.match(name.strip()))


def name_parents(rows: list[list[str]], *, header: int, spanning: Collection[int] = ()) -> None:
    """Write the names of `find_parents` before the texts of the rows, in place: "Hall 2 > Monday"."""
    parents = find_parents(rows, header=header, spanning=spanning)
    texts = {place: rows[place[0]][place[1]] for place in parents.values()}
    for (row, column), above in parents.items():
        own = rows[row][column]
        rows[row][column] = f"{texts[above]}{BESIDE}{own}" if own else texts[above]


def _sections(rows: Sequence[Sequence[str]], header: int, spanning: Collection[int]) -> set[int]:
    """Return the rows that name those below them: a text alone, not at the end, and no record that is blank but for its name."""
    last = len(rows) - 1
    alone = [n for n in range(header, last) if _is_alone(rows[n]) and not TOTAL.match(_at(rows[n], 0))]
    certain = {number for number in alone if number in spanning}
    others = [number for number in alone if number not in spanning]
    width = max(map(len, rows))
    opens = width > 2 and len(others) > 1 and others[0] == header
    return certain | set(others) if opens or _names_recur(rows, header, others) else certain


def _names_recur(rows: Sequence[Sequence[str]], header: int, alone: Sequence[int]) -> bool:
    """Tell whether rows of one name stand in several of the parts that lone rows make."""
    parts: list[set[str]] = []
    for start, end in zip((header, *alone), (*alone, len(rows)), strict=True):
        names = {_at(row, 0) for row in rows[start:end] if not _is_alone(row) and _at(row, 0)}
        parts += [names] if names else []
    named = Counter(name for names in parts for name in names if not TOTAL.match(name))
    return len(alone) > 1 and any(count > 1 for count in named.values())


def _is_alone(row: Sequence[str]) -> bool:
    return bool(_at(row, 0)) and not any(row[1:]) and is_word(row[0], MAX_HEADER_CHARACTERS)


def _at(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""
