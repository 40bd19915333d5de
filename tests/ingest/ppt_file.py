"""Writes PowerPoint 97 files (MS-PPT) with what the tests of their reader need: titles, texts, tables, notes, hidden slides."""

import struct
from dataclasses import dataclass, field

from tests.ingest.compound_file import compound_file

PLAIN, ENCRYPTED = 0xE391C05F, 0xF3D1C4DF
TITLE, BODY, NOTES, OTHER = 0, 1, 2, 4
RECTANGLE = 1


def record(kind: int, *parts: bytes, instance: int = 0, is_container: bool = True) -> bytes:
    data = b"".join(parts)
    return struct.pack("<HHI", instance << 4 | (0xF if is_container else 0), kind, len(data)) + data


def atom(kind: int, data: bytes, *, instance: int = 0) -> bytes:
    return record(kind, data, instance=instance, is_container=False)


def string(text: str, *, instance: int = 0) -> bytes:
    return atom(4026, text.encode("utf-16-le"), instance=instance)


def text(kind: int, words: str, *, raised: str = "", levels: tuple[int, ...] = ()) -> bytes:
    """A text with its kind. `raised`: a part of it that stands above the line. `levels`: of the indents of its paragraphs."""
    lengths = [len(part) + 1 for part in words.split("\r")]
    styles = b"".join(struct.pack("<IHI", length, levels[number] if levels else 0, 0) for number, length in enumerate(lengths))
    start = words.index(raised) if raised else 0
    for count, position in ((start, 0), (len(raised), 30), (len(words) + 1 - start - len(raised), 0)):
        styles += struct.pack("<IIh", count, 0x80000, position) if position else struct.pack("<II", count, 0) if count else b""
    return atom(3999, struct.pack("<I", kind)) + atom(4000, words.encode("utf-16-le")) + atom(4001, styles)


def shape(place: tuple[int, int, int, int], words: bytes = b"", *, is_child: bool = False, flags: int = 0x200) -> bytes:
    """A shape. `place`: left, top, right, bottom. `words`: of text()."""
    left, top, right, bottom = place
    anchor = atom(0xF00F, struct.pack("<4i", *place)) if is_child else atom(0xF010, struct.pack("<4h", top, left, right, bottom))
    box = record(0xF00D, words) if words else b""
    return record(0xF004, atom(0xF00A, struct.pack("<II", 1025, flags), instance=RECTANGLE), anchor, box)


def table(place: tuple[int, int, int, int], cells: list[tuple[tuple[int, int, int, int], str]]) -> bytes:
    left, top, right, bottom = place
    options = atom(0xF122, struct.pack("<HI", 0x39F, 1), instance=1)
    group = record(
        0xF004,
        atom(0xF009, bytes(16)),
        atom(0xF00A, struct.pack("<II", 1030, 0x201)),
        options,
        atom(0xF010, struct.pack("<4h", top, left, right, bottom)),
    )
    return record(0xF003, group, *(shape(where, text(OTHER, words), is_child=True) for where, words in cells))


@dataclass
class Slide:
    """`shapes`: of shape() and table(). `listed`: texts that stand in the document's list, to which shapes refer."""

    shapes: list[bytes]
    is_hidden: bool = False
    notes: str = ""
    listed: bytes = b""


@dataclass
class PptFile:
    slides: list[Slide]
    token: int = PLAIN
    comments: list[tuple[str, str]] = field(default_factory=list)

    def save(self, *, storages: tuple[str, ...] = ()) -> bytes:
        """The file; the first slide has the comments."""
        stream, places = b"", {}
        persisted = 2
        slides: list[bytes] = []
        notes: list[bytes] = []
        for number, one in enumerate(self.slides):
            notes_id = 512 + number if one.notes else 0
            for container, listed, slide_id, rows in (
                (self._slide(one, notes_id, number), one.listed, 256 + number, slides),
                (self._notes(one.notes), b"", notes_id, notes),
            ):
                if slide_id:
                    places[persisted] = len(stream)
                    stream += container
                    rows.append(atom(1011, struct.pack("<IIiII", persisted, 0, 0, slide_id, 0)) + listed)
                    persisted += 1
        places[1] = len(stream)
        stream += record(1000, record(4080, *slides), record(4080, *notes, instance=2))
        directory = len(stream)
        numbers = sorted(places)
        stream += atom(6002, struct.pack(f"<I{len(numbers)}I", len(numbers) << 20 | 1, *(places[number] for number in numbers)))
        edit = len(stream)
        stream += atom(4085, struct.pack("<IHBBIIIIHH", 256, 0, 0, 3, 0, directory, 1, persisted, 1, 0))
        current = atom(4086, struct.pack("<III", 0x14, self.token, edit) + bytes(12))
        return compound_file({"PowerPoint Document": stream, "Current User": current}, storages=storages)

    def _slide(self, one: Slide, notes_id: int, number: int) -> bytes:
        info = atom(1017, struct.pack("<iIBBHI", 0, 0, 0, 0, 0x4 if one.is_hidden else 0, 0))
        comments = [
            record(12000, string(author), string(words, instance=1)) for author, words in (self.comments if not number else [])
        ]
        tags = record(5000, *comments) if comments else b""
        return record(1006, atom(1007, bytes(16) + struct.pack("<II", notes_id, 0)), info, _drawing(one.shapes), tags)

    def _notes(self, words: str) -> bytes:
        return record(1008, _drawing([shape((0, 0, 100, 100), text(NOTES, words))]))


def _drawing(shapes: list[bytes]) -> bytes:
    root = record(0xF004, atom(0xF009, bytes(16)), atom(0xF00A, struct.pack("<II", 1024, 5)))
    return record(1036, record(0xF002, record(0xF003, root, *shapes)))
