"""Rows of sheets as the parsers write them: "Room: R137; Seats: 7; Phone: 7037", one a line."""

import re

_FIELD = re.compile(r"(?:^|; )(?P<name>[^:;|\n]{1,120}): (?=\S)")
_LEAST_FIELDS = 2


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
