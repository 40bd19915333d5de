"""CSV and TSV: any encoding, any of the usual separators; read row by row, in two passes."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO

from ingest.parsers.content import Items, Notice, Opening
from ingest.parsers.flow import Flow
from ingest.parsers.plain.encoding import detect_encoding
from ingest.parsers.plain.text import decode_pieces, read_sample
from ingest.parsers.refusal import Refusal
from ingest.parsers.tables.rows import Rows

DELIMITERS = ",;\t|^~，；"
SAMPLE_ROWS = 50
NAMED_DELIMITER = re.compile(r"\ufeff?sep=(.)\s*$", re.IGNORECASE)
SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])\s*'[^'\n]*'(?=\s*(?:[,;\t|]|$))", re.MULTILINE)
ESCAPED = re.compile(r"\\\"(?!\s*(?:[,;\t|]|$))", re.MULTILINE)
ESCAPED_DELIMITER = re.compile(r"\\[,;\t|^~]")
AS_TEXT = re.compile(r'^="([^"]*)"$')  # how programs keep a spreadsheet from making a number of "0151"
MAX_LINE = 1 << 20  # characters
MAX_FIELD = 1 << 17


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written. `quotes`: False where a quotation mark is a letter, because one is never closed. `mark`: which one.

    `escape`: what stands before a mark inside of a cell, "" where the mark is doubled.
    """

    encoding: str
    delimiter: str
    quotes: bool = True
    mark: str = '"'
    escape: str = ""


def parse_csv(stream: BinaryIO, *, name: str) -> Items:
    """Yield the rows of a table, whatever parts its cells. Raises: Refusal: too_wide."""
    encoding = detect_encoding(read_sample(stream))
    yield from _parse(stream, encoding, find_shape(stream, encoding))


def parse_tsv(stream: BinaryIO, *, name: str) -> Items:
    """Yield the rows of a table whose cells are parted by tabs, where it has any. Raises: Refusal: too_wide."""
    encoding = detect_encoding(read_sample(stream))
    shape = find_shape(stream, encoding)
    if any("\t" in line for line in islice(_lines(stream, encoding), SAMPLE_ROWS)):
        shape = replace(shape, delimiter="\t")
    yield from _parse(stream, encoding, shape)


def _parse(stream: BinaryIO, encoding: str, shape: Shape) -> Items:
    csv.field_size_limit(MAX_FIELD)
    if not _quotes_close(stream, shape):
        shape = replace(shape, quotes=False)
    yield Opening(metadata={"encoding": encoding})
    flow = Flow()
    rows = Rows(flow, level=1)
    replaced = 0
    is_spaced = _is_spaced(list(islice(_read(_lines(stream, encoding), shape), SAMPLE_ROWS)))
    for number, row in enumerate(_read(_lines(stream, encoding), shape)):
        if (number == 0 and NAMED_DELIMITER.match(shape.delimiter.join(row))) or (is_spaced and not any(row)):
            continue
        replaced += sum(text.count("\ufffd") for text in row)
        yield from rows.add([flow.cleaner.clean_line(AS_TEXT.sub(r"\1", text)) for text in row])
    yield from rows.finish()
    yield from flow.finish()
    if not shape.quotes:
        yield Notice(code="open_quotes")
    if replaced:
        yield Notice(code="replaced", values={"count": replaced, "encoding": encoding})


def _is_spaced(rows: list[list[str]]) -> bool:
    """Tell whether a program has written a blank line behind each row, which parts no tables."""
    filled = [bool(any(row)) for row in rows]
    return len(rows) > 3 and filled[0] and all(is_filled == (number % 2 == 0) for number, is_filled in enumerate(filled))


def find_shape(stream: BinaryIO, encoding: str) -> Shape:
    """Return how the file is written, by its first rows."""
    lines = list(islice(_lines(stream, encoding), SAMPLE_ROWS))
    sample = "".join(lines)
    mark = "'" if '"' not in sample and len(SINGLE_QUOTED.findall(sample)) > len(lines) else '"'
    is_escaped = ESCAPED.search(sample) or (mark not in sample and ESCAPED_DELIMITER.search(sample))
    escape = "\\" if is_escaped else ""
    return Shape(encoding, find_delimiter(lines, mark), mark=mark, escape=escape)


def find_delimiter(lines: list[str], mark: str = '"') -> str:
    """Return the separator that the first line names ("sep=;"), or that cuts the first rows into the most columns, evenly.

    One that cuts every row into as many parts comes before one that stands in more places, as commas in sentences do. What stands
    in quotation marks separates nothing: "Smith, Ltd";"5".
    """
    if lines and (named := NAMED_DELIMITER.match(lines[0])):
        return named.group(1)
    bare = [re.sub(f"{mark}[^{mark}\n]*{mark}", "", line) for line in lines]

    def evenness(delimiter: str) -> tuple[bool, float]:
        widths = [line.count(delimiter) for line in bare if line.strip()]
        usual = max(set(widths), key=lambda width: (widths.count(width), width)) if widths else 0
        share = widths.count(usual) / len(widths) if widths else 0.0
        return share == 1.0 and usual > 0, min(usual, 50) * share

    return max(DELIMITERS, key=evenness)


def _dialect(shape: Shape) -> dict[str, Any]:
    # A space behind the separator ('a, "b, c"') would make a letter of the mark behind it.
    escape = {"escapechar": shape.escape, "doublequote": False} if shape.escape else {}
    return {"delimiter": shape.delimiter, "quotechar": shape.mark, "skipinitialspace": True, **escape}


def _read(lines: Iterator[str], shape: Shape) -> Iterator[list[str]]:
    try:
        if shape.quotes:
            yield from csv.reader(lines, **_dialect(shape))
        else:
            yield from csv.reader(lines, delimiter=shape.delimiter, quoting=csv.QUOTE_NONE)
    except csv.Error as error:
        raise Refusal("too_wide", f"csv: {error}") from error


def _quotes_close(stream: BinaryIO, shape: Shape) -> bool:
    """True where every quoted cell ends; the whole file is looked through for it, nothing is kept."""
    marks = last = 0

    def counted() -> Iterator[str]:
        nonlocal marks
        for line in _lines(stream, shape.encoding):
            marks += line.count(shape.mark) - (line.count(shape.escape + shape.mark) if shape.escape else 0)
            yield line

    try:
        for _ in csv.reader(counted(), **_dialect(shape)):
            last, marks = marks, 0
    except csv.Error:
        return False
    return last % 2 == 0


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the lines of a file with their ends. Raises: Refusal: too_wide: a line longer than MAX_LINE."""
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    rest = ""
    for piece in decode_pieces(stream, encoding):
        *whole, rest = (rest + newlines.decode(piece)).split("\n")
        for line in [*whole, rest]:
            if len(line) > MAX_LINE:
                raise Refusal("too_wide", "a line of a megabyte")
        yield from (line + "\n" for line in whole)
    if rest:
        yield rest
