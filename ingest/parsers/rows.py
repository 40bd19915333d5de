"""Rows of a spreadsheet or a CSV file as text: each is readable by itself, "Header: value; Header: value".

Rows between blank ones form a group. Its first row is its header where it looks like one; a group without a header of its
own goes on under the one before. A row of one cell above a header is a heading.
"""

import re
from collections.abc import Iterator, Sequence

from ingest.parsers.content import ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.refusal import Refusal

NUMBER = re.compile(r"^[-+(]?[$€£¥]?\s?\d[\d,.\s]*\s?[%€£$]?\)?(?:[eE][-+]?\d+)?$")
YEAR_OR_DATE = re.compile(r"^(?:19|20)\d\d(?:[-/]\d{1,2}(?:[-/]\d{1,2})?)?$|^FY\s?\d\d(?:\d\d)?$|^Q[1-4]\b.*$")
MAX_HEADER_CHARACTERS = 120
MAX_HEADING_CHARACTERS = 160
MAX_COLUMNS = 16_384  # as many as Excel has
BLOCK_CHARACTERS = 4000
Cells = list[tuple[int, str]]  # column from 0, text; blank ones left out


class Rows:
    """Takes rows one by one and puts them into the flow; holds one row back to see what follows it."""

    def __init__(self, flow: Flow, *, level: int = 2) -> None:
        self.flow, self.level = flow, level
        self.header: dict[int, str] = {}
        self._held: Cells = []
        self._is_start = True
        self._lines: list[str] = []
        self._length = 0
        self._kind = ""

    def add(self, row: Sequence[str]) -> Iterator[ParsedPage]:
        """Add a row of cleaned cells. Raises: Refusal: too_wide."""
        if len(row) > MAX_COLUMNS:
            raise Refusal("too_wide", f"{len(row)} columns")
        cells = [(column, text) for column, text in enumerate(row) if text]
        if self._held:
            yield from self._decide(self._held, cells)
            self._held = []
        if not cells:
            yield from self._flush()
            self._is_start = True
        elif self._is_start:
            self._held = cells
        else:
            yield from self._row(cells)

    def finish(self) -> Iterator[ParsedPage]:
        """Put what is left into the flow. The next row begins a table of its own."""
        if self._held:
            yield from self._decide(self._held, [])
        yield from self._flush()
        self.header, self._held, self._is_start = {}, [], True

    def _decide(self, first: Cells, second: Cells) -> Iterator[ParsedPage]:
        """Say what the first row of a group is, now that the one below it is known."""
        if len(first) == 1 and len(second) > 1 and _is_word(first[0][1], MAX_HEADING_CHARACTERS):
            yield from self._flush()
            yield from self.flow.add("heading", first[0][1], level=self.level)
            return  # the header may be in the next row
        self._is_start = False
        if _is_header(first, second, is_certain=not self.header):
            yield from self._flush()
            self.header = dict(first)
            yield from self.flow.add("table", " | ".join(self.header.values()))  # names of empty columns are words too
        else:
            if self.header and not set(self.header) & {column for column, _ in first}:
                self.header = {}  # another table, elsewhere on the sheet
            yield from self._row(first)

    def _row(self, cells: Cells) -> Iterator[ParsedPage]:
        if self.header:
            parts = [f"{self.header[column]}: {text}" if column in self.header else text for column, text in cells]
            kind, line = "list", "; ".join(parts)
        else:
            kind, line = ("table" if len(cells) > 1 else "paragraph"), " | ".join(text for _, text in cells)
        if self._lines and (kind != self._kind or self._length + len(line) > BLOCK_CHARACTERS):
            yield from self._flush()
        self._kind = kind
        self._lines.append(line)
        self._length += len(line) + 1

    def _flush(self) -> Iterator[ParsedPage]:
        lines, self._lines, self._length = self._lines, [], 0
        if lines:
            yield from self.flow.add(self._kind, "\n".join(lines))


def _is_word(text: str, longest: int) -> bool:
    return len(text) <= longest and not NUMBER.match(text)


def _is_header(first: Cells, second: Cells, *, is_certain: bool) -> bool:
    """True where the first row names the columns of those below.

    Names are short, differ, and are no numbers; years and dates may be names where no year or date stands below them.
    `is_certain`: words above words are a header too; else one shows only by the numbers below it.
    """
    below = dict(second)
    texts = [text for _, text in first]
    if len(first) < 2 or len(set(texts)) < len(texts) or not set(below) & {column for column, _ in first}:
        return False
    contrast = False
    for column, text in first:
        under = below.get(column, "")
        if YEAR_OR_DATE.match(text):
            if YEAR_OR_DATE.match(under):
                return False
        elif not _is_word(text, MAX_HEADER_CHARACTERS):
            return False
        contrast = contrast or bool(NUMBER.match(under))
    is_dated = any(YEAR_OR_DATE.match(text) for text in texts)
    return contrast or (is_certain and not is_dated)
