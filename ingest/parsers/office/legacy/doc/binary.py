"""The parts of a .doc (MS-DOC): where its text lies, and the tables that say what holds for which stretch of it."""

import struct
from bisect import bisect_right
from dataclasses import dataclass, field

from ingest.parsers.office.legacy.compound import Compound
from ingest.parsers.refusal import Refusal

# Places in the array of pairs (offset, length) of the FIB (MS-DOC 2.5.6, FibRgFcLcb97).
PAIRS = 0x9A
STYLES, NOTE_MARKS, NOTES, COMMENT_MARKS, COMMENTS, MARGINS, CHARACTERS, PARAGRAPHS, FONTS = 1, 2, 3, 4, 5, 11, 12, 13, 15
PIECES, AUTHORS, SHAPES, END_MARKS, END_NOTES, BOXES, HEADER_BOXES, LISTS, OVERRIDES = 33, 36, 40, 46, 47, 56, 58, 73, 74
FIRST_LENGTH = 0x4C  # the lengths of body, notes, headers, macros, comments, endnotes, boxes, boxes of headers, in characters
LENGTHS = 8
IS_ENCRYPTED, IS_TABLE_1, IS_OBFUSCATED = 0x0100, 0x0200, 0x8000
WORD_97, WORD_95 = 0xA5EC, 0xA5DC
PAGE = 512
MAX_PIECES = 1_000_000
COMPRESSED = 0x40000000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, `start` to `end` in characters of the document, which lies at `offset` in the stream.

    `width`: bytes a character. `change`: properties (a grpprl) that hold for all of it.
    """

    start: int
    end: int
    offset: int
    width: int
    change: bytes


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of the stream with their properties: `starts` and `ends` are offsets, sorted."""

    starts: list[int]
    ends: list[int]
    values: list[bytes]

    def at(self, offset: int) -> bytes:
        """Return what holds at an offset, b"" where nothing is said."""
        place = bisect_right(self.starts, offset) - 1
        return self.values[place] if place >= 0 and offset < self.ends[place] else b""

    def end_at(self, offset: int) -> int:
        """Return where what holds at an offset ends to hold, 0 where nothing is said."""
        place = bisect_right(self.starts, offset) - 1
        return self.ends[place] if place >= 0 and offset < self.ends[place] else 0


@dataclass(slots=True)
class Binary:
    """An open .doc. `text`: all of it, a UTF-16 unit a character, so that places count as the file counts them."""

    main: bytes
    table: bytes
    data: bytes
    pieces: list[Piece] = field(default_factory=list)
    text: str = ""
    lengths: tuple[int, ...] = ()

    def part(self, pair: int) -> bytes:
        """Return one of the tables, b"" where the file has none."""
        offset, length = self.place(pair)
        return self.table[offset : offset + length]

    def place(self, pair: int) -> tuple[int, int]:
        """Return where a table lies and how long it is, both in bytes."""
        offset, length = struct.unpack_from("<II", self.main, PAIRS + 8 * pair)
        return offset, length

    def start_of(self, story: int) -> int:
        """Return where one of the stories begins, in characters; 0 is the body."""
        return sum(self.lengths[:story])

    def positions(self, pair: int, size: int) -> tuple[list[int], list[bytes]]:
        """Return the positions and the entries, of `size` bytes each, of a PLC: there is one position more than entries."""
        data = self.part(pair)
        count = max(0, (len(data) - 4) // (4 + size))
        positions = list(struct.unpack_from(f"<{count + 1}i", data)) if count or len(data) >= 4 else []
        first = 4 * (count + 1)
        return positions, [data[first + size * n : first + size * (n + 1)] for n in range(count)]


def open_doc(compound: Compound) -> Binary:
    """Return a .doc. Raises: Refusal: damaged, locked, old_office; struct.error and the like where it is broken."""
    main = compound.read("WordDocument")
    if len(main) < PAIRS + 8:
        raise Refusal("damaged", "no FIB")
    mark, flags = struct.unpack_from("<H", main)[0], struct.unpack_from("<H", main, 0x0A)[0]
    if mark == WORD_95:
        raise Refusal("old_office", "Word 95")
    if mark != WORD_97:
        raise Refusal("damaged", f"FIB {mark:#x}")
    if flags & (IS_ENCRYPTED | IS_OBFUSCATED):
        raise Refusal("locked", "encrypted .doc")
    table = compound.read("1Table" if flags & IS_TABLE_1 else "0Table")
    document = Binary(main=main, table=table, data=compound.read("Data"))
    document.lengths = tuple(max(0, number) for number in struct.unpack_from(f"<{LENGTHS}i", main, FIRST_LENGTH))
    document.pieces = _read_pieces(document)
    document.text = "".join(_text_of(document, piece) for piece in document.pieces)
    return document


def _read_pieces(document: Binary) -> list[Piece]:
    data, place = document.part(PIECES), 0
    changes: list[bytes] = []
    while place < len(data) and data[place] == 1:
        size = struct.unpack_from("<H", data, place + 1)[0]
        changes.append(data[place + 3 : place + 3 + size])
        place += 3 + size
    if place >= len(data) or data[place] != 2:
        raise Refusal("damaged", "no table of pieces")
    rows = data[place + 5 : place + 5 + struct.unpack_from("<I", data, place + 1)[0]]
    count = min((len(rows) - 4) // 12, MAX_PIECES)
    ends = struct.unpack_from(f"<{count + 1}I", rows)
    pieces: list[Piece] = []
    for number in range(count):
        _, offset, change = struct.unpack_from("<HIH", rows, 4 * (count + 1) + 8 * number)
        own = changes[change >> 1] if change & 1 and change >> 1 < len(changes) else b""
        is_narrow = bool(offset & COMPRESSED)
        offset &= COMPRESSED - 1
        start, end = ends[number], ends[number + 1]
        if start >= end:
            continue
        if start != (pieces[-1].end if pieces else 0):
            raise Refusal("damaged", "pieces with gaps")
        pieces.append(Piece(start, end, offset // 2 if is_narrow else offset, 1 if is_narrow else 2, own))
    return pieces


def _text_of(document: Binary, piece: Piece) -> str:
    size = (piece.end - piece.start) * piece.width
    data = document.main[piece.offset : piece.offset + size]
    if len(data) < size:
        raise Refusal("damaged", "a piece beyond the end")
    if piece.width == 1:
        return data.decode("cp1252", "replace")
    return "".join(map(chr, struct.unpack(f"<{len(data) // 2}H", data)))


def read_runs(document: Binary, pair: int, *, is_paragraph: bool) -> Runs:
    """Return the properties of characters or paragraphs by their place in the stream (FKPs, MS-DOC 2.9.32 and 2.9.173)."""
    found: dict[int, tuple[int, bytes]] = {}
    _, pages = document.positions(pair, 4)
    for entry in pages:
        page = document.main[PAGE * (struct.unpack("<I", entry)[0] & 0x3FFFFF) :][:PAGE]
        if len(page) < PAGE:
            continue
        count, size = page[-1], 13 if is_paragraph else 1
        if 4 * (count + 1) + size * count > PAGE:
            continue
        places = struct.unpack_from(f"<{count + 1}I", page)
        for number in range(count):
            word = page[4 * (count + 1) + size * number]
            found[places[number]] = (places[number + 1], _properties(page, 2 * word, is_paragraph=is_paragraph))
    starts = sorted(found)
    return Runs(starts, [found[start][0] for start in starts], [found[start][1] for start in starts])


def _properties(page: bytes, place: int, *, is_paragraph: bool) -> bytes:
    """Return a grpprl; that of a paragraph has its style's number, of two bytes, before it."""
    if not place:
        return b""
    size = page[place]
    if not is_paragraph:
        return page[place + 1 : place + 1 + size]
    if size:
        return page[place + 1 : place + 2 * size]
    return page[place + 2 : place + 2 + 2 * page[place + 1]]


class Places:
    """Where characters of the document lie in the stream."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces, self.starts = pieces, [piece.start for piece in pieces]

    def piece_at(self, position: int) -> Piece:
        """Return the piece in which a character stands. Raises: IndexError."""
        piece = self.pieces[bisect_right(self.starts, position) - 1]
        if not piece.start <= position < piece.end:
            raise IndexError(position)
        return piece

    def offset_of(self, position: int) -> int:
        """Return the place of a character in the stream, in bytes. Raises: IndexError."""
        piece = self.piece_at(position)
        return piece.offset + (position - piece.start) * piece.width
