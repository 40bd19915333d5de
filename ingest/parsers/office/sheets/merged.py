"""Merged cells of a sheet: a value counts for every row it spans, and a name above several columns for each of them.

openpyxl's row-by-row reader does not know merged cells: they are listed after the rows, so they are looked up before.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, cast

from openpyxl.utils.cell import range_boundaries

from ingest.parsers.tables.names import NUMBER, YEAR_OR_DATE, column_runs

REFERENCE = re.compile(rb'<(?:\w+:)?mergeCell[^>]*?\sref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
END_OF_ROWS = b"sheetData>"
PIECE_BYTES = 1 << 20
MAX_RANGES = 100_000
MAX_TAIL_BYTES = 16 << 20
MAX_SPAN_ROWS = 10_000
MAX_HEADER_ROWS = 4


@dataclass(frozen=True, slots=True)
class Merged:
    """A range: rows from 1, columns from 0, both ends included."""

    top: int
    bottom: int
    left: int
    right: int


def read_tail(archive: zipfile.ZipFile, path: str) -> bytes:
    """Return what stands in a sheet after its rows: merged cells and links among it; b"" where there is no sheet."""
    try:
        with archive.open(path.lstrip("/")) as stream:
            return _after_rows(stream)
    except KeyError:
        return b""


def merged_in(tail: bytes) -> dict[int, list[Merged]]:
    """Return the merged ranges of a sheet by their first row."""
    found: dict[int, list[Merged]] = {}
    for match in list(REFERENCE.finditer(tail))[:MAX_RANGES]:
        # REFERENCE names all four.
        left, top, right, bottom = cast(tuple[int, int, int, int], range_boundaries(match.group(1).decode()))
        merged = Merged(top, min(bottom, top + MAX_SPAN_ROWS), left - 1, right - 1)
        found.setdefault(merged.top, []).append(merged)
    return found


def _after_rows(stream: IO[bytes]) -> bytes:
    """Return what stands in the sheet after its rows; the rows themselves are not kept."""
    tail, is_after = b"", False
    while piece := stream.read(PIECE_BYTES):
        tail += piece
        if not is_after:
            position = tail.rfind(b"</" + END_OF_ROWS)
            position = position if position >= 0 else tail.rfind(b":" + END_OF_ROWS)
            is_after = position >= 0
            tail = tail[position:] if is_after else tail[-64:]
        if len(tail) > MAX_TAIL_BYTES:
            break
    return tail if is_after else b""


@dataclass(slots=True)
class Spreader:
    """Takes rows of cells in order and yields them with merged values where they count; header rows above each other as one."""

    merged: dict[int, list[Merged]]
    _open: list[tuple[Merged, str]] = field(default_factory=list)
    _upper: list[str] = field(default_factory=list)  # a row of names above names, waiting for the row below
    _spans: list[Merged] = field(default_factory=list)
    _depth: int = 0

    def take(self, number: int, row: list[str], *, is_shown: bool = True) -> Iterator[list[str]]:
        """Yield what is ready. `number`: of the row, from 1. `is_shown`: else the row only lends its text to rows that it spans."""
        starting = self.merged.get(number, [])
        if not is_shown:
            self._open += [(span, _at(row, span.left)) for span in starting if span.bottom > number and _at(row, span.left)]
            return
        if not (starting or self._open or self._upper):
            yield row
            return
        row = self._down(number, row)
        across = [span for span in starting if span.right > span.left and _at(row, span.left)]
        names = {text for text in row if text}
        for span in across:
            if len(names) > 1:  # alone in its row it is a title
                row = _filled(row, span, row[span.left])
        self._open += [(span, _at(row, span.left)) for span in starting if span.bottom > number and _at(row, span.left)]
        if self._upper:
            if self._names_columns(row):
                apart, row = self._join(row)
                if any(apart):
                    yield apart
            else:
                yield self._upper
            self._upper = []
        if across and len(names) > 1 and self._depth < MAX_HEADER_ROWS:
            self._upper, self._spans, self._depth = row, across, self._depth + 1
            return
        self._depth = 0
        yield row

    def finish(self) -> Iterator[list[str]]:
        """Yield the row that still waits."""
        if self._upper:
            yield self._upper
            self._upper = []

    def _down(self, number: int, row: list[str]) -> list[str]:
        self._open = [(span, text) for span, text in self._open if span.bottom >= number]
        if any(row):
            for span, text in self._open:
                if not _at(row, span.left):
                    row = _filled(row, Merged(span.top, span.bottom, span.left, span.left), text)
        return row

    def _join(self, row: list[str]) -> tuple[list[str], list[str]]:
        """Return names above names as one row, and before it what stands in a table beside them, apart by a blank column.

        There the upper row has names, or a title, of its own.
        """
        upper, lower = _even(self._upper, row)
        apart = [""] * len(upper)
        joined = list(lower)
        runs = column_runs(column for column, texts in enumerate(zip(upper, lower, strict=True)) if any(texts))
        for run in runs:
            spans = [span for span in self._spans if span.left in run]
            if spans and run is runs[0] and spans[0].right - spans[0].left + 1 == len(run):
                apart[run.start] = upper[run.start]  # a title: where names of rows stand, a name above names would not span all
            elif spans:
                joined[run.start : run.stop] = map(_joined, upper[run.start : run.stop], lower[run.start : run.stop])
            else:
                apart[run.start : run.stop] = upper[run.start : run.stop]
        return apart, joined

    def _names_columns(self, row: list[str]) -> bool:
        """True where names, not figures, stand below the names that span columns."""
        below = [text for span in self._spans for text in row[span.left : span.right + 1] if text]
        return bool(below) and all(YEAR_OR_DATE.match(text) or not NUMBER.match(text) for text in below)


def _at(row: list[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _filled(row: list[str], span: Merged, text: str) -> list[str]:
    right = min(span.right, span.left + 1000)
    row = row + [""] * (right + 1 - len(row))
    return [text if span.left <= column <= right else cell for column, cell in enumerate(row)]


def _even(upper: list[str], lower: list[str]) -> tuple[list[str], list[str]]:
    width = max(len(upper), len(lower))
    return upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower))


def _joined(upper: str, lower: str) -> str:
    return upper if upper == lower else f"{upper} {lower}".strip()
