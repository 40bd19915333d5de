"""CSV and TSV: any encoding, any of the usual separators; read row by row, in two passes."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.encoding import SAMPLE_BYTES, detect_encoding
from ingest.parsers.flow import Flow
from ingest.parsers.refusal import Refusal
from ingest.parsers.rows import Rows
from ingest.parsers.text import decode_pieces

DELIMITERS = ",;\t|^，；"
SAMPLE_ROWS = 50
NAMED_DELIMITER = re.compile(r"\ufeff?sep=(.)\s*$", re.IGNORECASE)
MAX_LINE = 1 << 20  # characters
MAX_FIELD = 1 << 17


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written. `quotes`: False where a quotation mark is a letter, because one is never closed."""

    encoding: str
    delimiter: str
    quotes: bool = True


def parse_csv(path: Path, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the rows of a table. Raises: Refusal: too_wide."""
    with path.open("rb") as stream:
        encoding = detect_encoding(stream.read(SAMPLE_BYTES))
    shape = Shape(encoding, find_delimiter(path, encoding))
    csv.field_size_limit(MAX_FIELD)
    if not _quotes_close(path, shape):
        shape = Shape(encoding, shape.delimiter, quotes=False)
    yield Opening(metadata={"encoding": encoding})
    flow = Flow()
    rows = Rows(flow, level=1)
    replaced = 0
    for number, row in enumerate(_read(_lines(path, encoding), shape)):
        if number == 0 and NAMED_DELIMITER.match(shape.delimiter.join(row)):
            continue
        replaced += sum(text.count("\ufffd") for text in row)
        yield from rows.add([flow.cleaner.clean_line(text) for text in row])
    yield from rows.finish()
    yield from flow.finish()
    if not shape.quotes:
        yield Notice(code="open_quotes")
    if replaced:
        yield Notice(code="replaced", values={"count": replaced, "encoding": encoding})


def find_delimiter(path: Path, encoding: str) -> str:
    """Return the separator that the first line names ("sep=;"), or that cuts the first rows into the most columns, evenly."""
    lines: list[str] = []
    for line in _lines(path, encoding):
        lines.append(line)
        if len(lines) == SAMPLE_ROWS:
            break
    if lines and (named := NAMED_DELIMITER.match(lines[0])):
        return named.group(1)

    def evenness(delimiter: str) -> float:
        widths = [line.count(delimiter) for line in lines if line.strip()]
        usual = max(set(widths), key=lambda width: (widths.count(width), width)) if widths else 0
        return min(usual, 50) * widths.count(usual) / len(widths) if widths else 0.0

    return max(DELIMITERS, key=evenness)


def _read(lines: Iterator[str], shape: Shape) -> Iterator[list[str]]:
    try:
        if shape.quotes:
            yield from csv.reader(lines, delimiter=shape.delimiter)
        else:
            yield from csv.reader(lines, delimiter=shape.delimiter, quoting=csv.QUOTE_NONE)
    except csv.Error as error:
        raise Refusal("too_wide", f"csv: {error}") from error


def _quotes_close(path: Path, shape: Shape) -> bool:
    """True where every quoted cell ends; the whole file is looked through for it, nothing is kept."""
    marks = last = 0

    def counted() -> Iterator[str]:
        nonlocal marks
        for line in _lines(path, shape.encoding):
            marks += line.count('"')
            yield line

    try:
        for _ in csv.reader(counted(), delimiter=shape.delimiter):
            last, marks = marks, 0
    except csv.Error:
        return False
    return last % 2 == 0


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """Yield the lines of a file with their ends. Raises: Refusal: too_wide: a line longer than MAX_LINE."""
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    rest = ""
    for piece in decode_pieces(path, encoding):
        *whole, rest = (rest + newlines.decode(piece)).split("\n")
        for line in [*whole, rest]:
            if len(line) > MAX_LINE:
                raise Refusal("too_wide", "a line of a megabyte")
        yield from (line + "\n" for line in whole)
    if rest:
        yield rest
