"""Writes Word 97 files (MS-DOC) with what the tests of their reader need: runs, styles, lists, tables, notes, headers."""

import struct
from dataclasses import dataclass, field

from tests.ingest.compound_file import compound_file

STRUCK, HIDDEN, DELETED = b"\x37\x08\x01", b"\x3c\x08\x01", b"\x00\x08\x01"
RAISED, LOWERED, SPECIAL = b"\x48\x2a\x01", b"\x48\x2a\x02", b"\x55\x08\x01"
IN_TABLE = struct.pack("<HB", 0x2416, 1)
ROW_END = IN_TABLE + struct.pack("<HB", 0x2417, 1)
NORMAL, HEADING_1, HEADING_2, LISTED = range(4)
STYLES = (
    (0, "Normal", b""),
    (1, "Überschrift 1", b""),
    (2, "Überschrift 2", b""),
    (0xFFE, "Listed", struct.pack("<HH", 0x460B, 1)),
)
TEXT_START = 0x800
PAGE = 512
RUNS_PER_PAGE = 10
PAIRS, PAIR_COUNT = 0x9A, 0x6C
STSH, FNDREF, FNDTXT, ANDREF, ANDTXT, HDD, CHPX, PAPX, CLX, OWNERS, LST, LFO = 1, 2, 3, 4, 5, 11, 12, 13, 33, 36, 73, 74


@dataclass(frozen=True)
class Paragraph:
    """`runs`: texts with their properties. `mark`: what ends it: "\\r", or "\\x07" in a cell."""

    runs: tuple[tuple[str, bytes], ...]
    style: int = NORMAL
    properties: bytes = b""
    mark: str = "\r"


def paragraph(text: str, *, style: int = NORMAL, properties: bytes = b"", mark: str = "\r") -> Paragraph:
    return Paragraph(((text, b""),), style, properties, mark)


def cell(text: str) -> Paragraph:
    return paragraph(text, properties=IN_TABLE, mark="\x07")


def row_end(edges: tuple[int, ...], *, down: tuple[int, ...] = ()) -> Paragraph:
    """The end of a row. `down`: of each cell 0, 1 where it continues the one above, 3 where it reaches down."""
    cells = b"".join(struct.pack("<H", (down[number] if down else 0) << 5) + bytes(18) for number in range(len(edges) - 1))
    shape = bytes((len(edges) - 1,)) + struct.pack(f"<{len(edges)}h", *edges) + cells
    definition = struct.pack("<HH", 0xD608, len(shape) + 1) + shape
    return paragraph("", properties=ROW_END + definition, mark="\x07")


@dataclass
class DocFile:
    """`notes`, `comments`: by their order the texts of the marks \\x02 and \\x05. `levels`: of the one list, format and text."""

    body: list[Paragraph]
    notes: list[str] = field(default_factory=list)
    comments: list[tuple[str, str]] = field(default_factory=list)
    header: str = ""
    levels: tuple[tuple[int, str], ...] = ()
    flags: int = 0x0200
    mark: int = 0xA5EC

    def save(self, *, storages: tuple[str, ...] = ()) -> bytes:
        text, characters, paragraphs = "", [], []
        lengths: list[int] = []
        for story in (self.body, self._notes(), self._header(), self._comments()):
            start = len(text)
            for part in story:
                begins = len(text)
                for run, properties in [*part.runs, (part.mark, b"")]:
                    characters.append((len(text), len(text) + len(run), properties))
                    text += run
                own = struct.pack("<H", part.style) + part.properties
                paragraphs.append((begins, len(text), own))
            lengths.append(len(text) - start)
        data = text.encode("utf-16-le")
        main = bytearray(TEXT_START) + data
        main += bytes(-len(main) % PAGE)
        table = bytearray(b"\0" * 8)
        pairs: dict[int, tuple[int, int]] = {}

        def put(pair: int, part: bytes) -> None:
            pairs[pair] = (len(table), len(part))
            table.extend(part)

        put(CHPX, _pages(main, characters, is_paragraph=False))
        put(PAPX, _pages(main, paragraphs, is_paragraph=True))
        put(CLX, self._pieces(len(text)))
        put(STSH, _styles())
        marks = [place for place, letter in enumerate(text[: lengths[0]]) if letter == "\x02"]
        put(FNDREF, struct.pack(f"<{len(marks) + 1}i", *marks, lengths[0]) + b"\1\0" * len(marks) if marks else b"")
        put(FNDTXT, _bounds([len(note) + 1 for note in self.notes]) if marks else b"")
        asides = [place for place, letter in enumerate(text[: lengths[0]]) if letter == "\x05"]
        entries = b"".join(bytes(20) + struct.pack("<h", number) + bytes(8) for number in range(len(asides)))
        put(ANDREF, struct.pack(f"<{len(asides) + 1}i", *asides, lengths[0]) + entries if asides else b"")
        put(ANDTXT, _bounds([len(words) + 1 for _, words in self.comments]) if asides else b"")
        put(OWNERS, b"".join(struct.pack("<H", len(name)) + name.encode("utf-16-le") for name, _ in self.comments))
        put(HDD, struct.pack("<14i", *[0] * 8, *[len(self.header) + 1] * 6) if self.header else b"")
        if self.levels:
            self._lists(table, pairs)
        struct.pack_into("<HHH", main, 0, self.mark, 0xC1, 0)
        struct.pack_into("<H", main, 0x0A, self.flags)
        struct.pack_into("<HH", main, 0x20, 0x0E, 0)
        struct.pack_into("<H", main, 0x3E, 0x16)
        struct.pack_into("<4i", main, 0x4C, *lengths[:3], 0)
        struct.pack_into("<i", main, 0x5C, lengths[3])
        struct.pack_into("<H", main, 0x98, PAIR_COUNT)
        for pair, place in pairs.items():
            struct.pack_into("<II", main, PAIRS + 8 * pair, *place)
        return compound_file({"WordDocument": bytes(main), "1Table": bytes(table)}, storages=storages)

    def _notes(self) -> list[Paragraph]:
        return [Paragraph((("\x02", SPECIAL + RAISED), (note[1:], b""))) for note in self.notes]

    def _header(self) -> list[Paragraph]:
        return [paragraph(self.header)] if self.header else []

    def _comments(self) -> list[Paragraph]:
        return [paragraph(words) for _, words in self.comments]

    def _pieces(self, length: int) -> bytes:
        rows = struct.pack("<II", 0, length) + struct.pack("<HIH", 0, TEXT_START, 0)
        return b"\2" + struct.pack("<I", len(rows)) + rows

    def _lists(self, table: bytearray, pairs: dict[int, tuple[int, int]]) -> None:
        head = struct.pack("<H", 1) + struct.pack("<ii9HBB", 7, 7, *[0xFFF] * 9, 0, 0)
        levels = b""
        for number in range(9):
            form, text = self.levels[number] if number < len(self.levels) else (0xFF, "")
            places = bytes(place for place, letter in enumerate(text, start=1) if letter < "\x09").ljust(9, b"\0")
            levels += struct.pack("<iBB", 1, form, 0) + places + bytes(9) + bytes(4)
            levels += struct.pack("<H", len(text)) + text.encode("utf-16-le")
        pairs[LST] = (len(table), len(head))
        table.extend(head + levels)
        overrides = struct.pack("<I", 1) + struct.pack("<iIIBBBB", 7, 0, 0, 0, 0, 0, 0) + struct.pack("<I", 0xFFFFFFFF)
        pairs[LFO] = (len(table), len(overrides))
        table.extend(overrides)


def _bounds(lengths: list[int]) -> bytes:
    """Where notes begin and end, with one position more behind the last."""
    places = [0]
    for length in lengths:
        places.append(places[-1] + length)
    return struct.pack(f"<{len(places) + 1}i", *places, places[-1] + 1)


def _pages(main: bytearray, runs: list[tuple[int, int, bytes]], *, is_paragraph: bool) -> bytes:
    """Append the pages that hold properties, and return the table that says where they lie."""
    starts: list[int] = []
    numbers: list[int] = []
    runs = [run for run in runs if run[1] > run[0]]
    for first in range(0, len(runs), RUNS_PER_PAGE):
        part = runs[first : first + RUNS_PER_PAGE]
        numbers.append(len(main) // PAGE)
        starts.append(TEXT_START + 2 * part[0][0])
        main.extend(_page(part, is_paragraph=is_paragraph))
    return struct.pack(f"<{len(starts) + 1}I", *starts, TEXT_START + 2 * runs[-1][1]) + struct.pack(f"<{len(numbers)}I", *numbers)


def _page(runs: list[tuple[int, int, bytes]], *, is_paragraph: bool) -> bytes:
    page = bytearray(PAGE)
    size = 13 if is_paragraph else 1
    struct.pack_into(f"<{len(runs) + 1}I", page, 0, *(TEXT_START + 2 * run[0] for run in runs), TEXT_START + 2 * runs[-1][1])
    bottom = PAGE - 1
    for number, (_, _, properties) in enumerate(runs):
        if not properties and not is_paragraph:
            continue
        if is_paragraph:
            properties += bytes(len(properties) % 2)
            block = bytes((0, len(properties) // 2)) + properties
        else:
            block = bytes((len(properties),)) + properties
        bottom = (bottom - len(block)) // 2 * 2
        assert bottom > 4 * (len(runs) + 1) + size * len(runs), "the page is full"
        page[bottom : bottom + len(block)] = block
        page[4 * (len(runs) + 1) + size * number] = bottom // 2
    page[-1] = len(runs)
    return bytes(page)


def _styles() -> bytes:
    rows = b""
    for number, (sti, name, properties) in enumerate(STYLES):
        base = 0 if number else 0xFFF
        row = struct.pack("<HHHHH", sti, 1 | base << 4, 2 | number << 4, 0, 0)
        row += struct.pack("<H", len(name)) + name.encode("utf-16-le") + b"\0\0"
        paragraph_part = struct.pack("<H", number) + properties
        row += struct.pack("<H", len(paragraph_part)) + paragraph_part + struct.pack("<H", 0)
        rows += struct.pack("<H", len(row)) + row
    head = struct.pack("<HHHHHHHHH", len(STYLES), 10, 1, 0x5B, 15, 0, 0, 0, 0)
    return struct.pack("<H", len(head)) + head + rows
