"""What lies on a sheet of an XLS and stands in none of its cells: text boxes, and the titles of charts, also those on sheets of
their own. A chart's figures are those of cells. Source: [MS-XLS].
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

BOF, EOF, BOUNDSHEET, OBJ, TXO, CONTINUE = 0x0809, 0x000A, 0x0085, 0x005D, 0x01B6, 0x003C
TEXT, SERIES_TEXT, OBJECT_LINK = 0x1025, 0x100D, 0x1027
CHART_STREAM, CHART_SHEET, NOTE, TITLE = 0x0020, 2, 0x19, 1
VERSION = 0x0600  # of Excel 97 and later; before it, strings are kept otherwise
MOST_RECORDS = 4_000_000
MOST_TEXTS = 500  # of a sheet
Record = tuple[int, bytes]


@dataclass(slots=True)
class DrawnSheet:
    """`is_chart`: it has no cells."""

    name: str
    is_hidden: bool
    is_chart: bool
    texts: list[str] = field(default_factory=list)


def read_drawn(workbook: bytes) -> list[DrawnSheet]:
    """Return the sheets with what is drawn on them; none of a file that Excel 95 or an earlier one wrote.

    Args:
        workbook: the stream of that name.
    Raises: struct.error, IndexError: it is damaged.
    """
    if len(workbook) < 8 or struct.unpack_from("<HHH", workbook)[2] != VERSION:
        return []
    sheets: list[DrawnSheet] = []
    for number, data in _substream(workbook, 0):
        if number == BOUNDSHEET:
            start, hidden, kind = struct.unpack_from("<IBB", data)
            sheet = DrawnSheet(name=_string(data, 6), is_hidden=bool(hidden & 3), is_chart=kind == CHART_SHEET)
            if kind in (0, CHART_SHEET):
                sheets.append(sheet)
                _read(sheet, _substream(workbook, start))
    return sheets


def count_charts(book: bytes) -> int:
    """Return how many charts lie in a workbook of Excel 95 or before, whose titles are not read.

    `book`: the stream of that name.
    """
    position, count = 0, 0
    for _ in range(MOST_RECORDS):
        if position + 8 > len(book):
            break
        number, length, _version, kind = struct.unpack_from("<HHHH", book, position)
        count += number == BOF and kind == CHART_STREAM
        position += 4 + length
    return count


def _read(sheet: DrawnSheet, records: Iterator[Record]) -> None:
    words, left, shape = "", -1, 0  # of a chart; characters of a text box that follow; kind of the last shape
    for number, data in records:
        if number == OBJ and len(data) > 5:
            (shape,) = struct.unpack_from("<H", data, 4)
        elif number == TXO and len(data) > 11 and shape != NOTE:
            (left,) = struct.unpack_from("<H", data, 10)
            sheet.texts.append("")
        elif number == CONTINUE and left > 0:
            text = _characters(data[1:], wide=bool(data[0] & 1))[:left]
            sheet.texts[-1] += text
            left -= len(text)
        elif number == TEXT:
            words = ""
        elif number == SERIES_TEXT:
            words = _string(data, 2)
        elif number == OBJECT_LINK and words and struct.unpack_from("<H", data)[0] == TITLE:
            sheet.texts.append(words)
            words = ""
        if len(sheet.texts) > MOST_TEXTS:
            return


def _substream(data: bytes, position: int) -> Iterator[Record]:
    """Yield the records from one beginning to its end, those of charts in it as well."""
    depth = 0
    for _ in range(MOST_RECORDS):
        if position + 4 > len(data):
            return
        number, length = struct.unpack_from("<HH", data, position)
        yield number, data[position + 4 : position + 4 + length]
        position += 4 + length
        depth += (number == BOF) - (number == EOF)
        if depth <= 0:
            return


def _string(data: bytes, position: int) -> str:
    """Return a string whose length and flags stand before it, a byte each."""
    length, flags = data[position], data[position + 1]
    return _characters(data[position + 2 :], wide=bool(flags & 1))[:length]


def _characters(data: bytes, *, wide: bool) -> str:
    return data.decode("utf-16-le", "replace") if wide else data.decode("latin-1")
