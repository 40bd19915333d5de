"""Rows of a sheet that are set in below another one: "Labour" above "  Wages" and "  Bonus"."""

import re
from dataclasses import dataclass, field

from ingest.parsers.tables.nesting import BESIDE, TOTAL

LEADING = re.compile(r"^[ \u00a0\u3000]+")
OF_WHICH = re.compile(r"^(?:其中|of which|thereof|davon)\s*[:：]?", re.IGNORECASE)  # set in by its words
MAX_INDENT = 15


@dataclass(slots=True)
class Outline:
    """Knows the names of the rows above by how far they are set in."""

    names: list[tuple[int, str]] = field(default_factory=list)
    column: int = 0

    def begin(self, column: int) -> None:
        """A table begins, whose first row is taken for the names of its columns and is above no other."""
        self.names, self.column = [], column

    def name(self, text: str, *, column: int, indent: int) -> str:
        """Return the name of a row with that of the row which it is set in below: "Labour > Wages"."""
        if column != self.column:
            return text
        if OF_WHICH.match(text):
            return f"{self.names[-1][1]}{BESIDE}{text}" if self.names else text
        while self.names and self.names[-1][0] >= indent:
            self.names.pop()
        above = self.names[-1][1] if self.names else ""
        if TOTAL.match(text):
            return text
        self.names.append((indent, text))
        return f"{above}{BESIDE}{text}" if above else text


def indent_of(text: str) -> int:
    """Return how far spaces set a text in; a wide one counts as two."""
    match = LEADING.match(text)
    return min(MAX_INDENT, sum(1 + (sign == "\u3000") for sign in match[0])) if match else 0
