"""Rows of sheets as the parsers write them: "Room: R137; Seats: 7; Phone: 7037", one a line."""

import re
from collections.abc import Iterable
from dataclasses import replace

from language.quantities import Quantity, normalize, read_quantities

_FIELD = re.compile(r"(?:^|; )(?P<name>[^:;|\n]{1,120}): (?=\S)")
_LEAST_FIELDS = 2
_UNIT_AT_END = re.compile(
    r"(?:\(|\bin |\bnumber of )([^()]{1,20}?)\)?$", re.IGNORECASE
)  # "Price (£)", "Share in %", "Number of days"


def read_record(line: str) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a row, () where the line is none. A value may hold semicolons and colons of its own."""
    matches = list(_FIELD.finditer(line))
    if len(matches) < _LEAST_FIELDS or matches[0].start() != 0:
        return ()
    ends = [match.start() for match in matches[1:]] + [len(line)]
    return tuple((match["name"].strip(), line[match.end() : end].strip()) for match, end in zip(matches, ends, strict=True))


def is_record(line: str) -> bool:
    """Tell whether a line is a row of a sheet: several values, each after its name."""
    return bool(read_record(line.strip()))


def begin_alike(line: str, other: str) -> bool:
    """Tell whether two lines begin with the same name of a column, as rows with one value each do."""
    name, mark, _ = line.partition(": ")
    return bool(mark) and 0 < len(name) <= 120 and other.startswith(name + mark)


def read_cells(fields: Iterable[tuple[str, str]]) -> list[Quantity]:
    """Return the quantities of a row's values; one without a unit of its own has its column's: 25 of "Days of leave" is 25 days."""
    found = []
    for name, value in fields:
        unit = _unit_named_by(normalize(name))
        found += [replace(one, unit=one.unit or unit) if one.date is None else one for one in read_quantities(normalize(value))]
    return found


def _unit_named_by(name: str) -> str:
    """Return the unit that a column's name ends or begins with: "Price (£)", 金额（元）, "Days of leave"; "" where it has none."""
    at_end = _UNIT_AT_END.search(name)
    for part in filter(None, (at_end[1] if at_end else "", name)):
        for counted in (f"1 {part}", f"{part}1"):
            if (read := read_quantities(counted)) and read[0].unit:
                return read[0].unit
    return ""
