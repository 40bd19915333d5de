"""Records of a .ppt (MS-PPT 2.3.1): each a type, an instance and bytes, which in a container are records again."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

CONTAINER = 0xF  # the version of records that hold records
HEADER = 8
MAX_DEPTH = 40
MAX_RECORDS = 2_000_000

DOCUMENT, SLIDE, SLIDE_ATOM, NOTES, SLIDE_INFO, PERSIST, LIST = 1000, 1006, 1007, 1008, 1017, 1011, 4080
DRAWING_GROUP, DRAWING, OBJECTS, PLACEHOLDER = 1035, 1036, 1033, 3011
TEXT_REFERENCE, TEXT_KIND, CHARACTERS, BYTES, STYLES = 3998, 3999, 4000, 4008, 4001
STRING, LINK, LINK_ATOM, MARGINS, MARGINS_ATOM, EDIT, PERSISTED = 4026, 4055, 4051, 4057, 4058, 4085, 6002
ACTION, ACTION_ATOM, ACTION_RANGE, COMMENT = 4082, 4083, 4063, 12000
PICTURES, PICTURE, GROUP, SHAPE, SHAPE_ATOM, OPTIONS = 0xF001, 0xF007, 0xF003, 0xF004, 0xF00A, 0xF00B
TEXT_BOX, CHILD_PLACE, PLACE, CLIENT_DATA, MORE_OPTIONS = 0xF00D, 0xF00F, 0xF010, 0xF011, 0xF122


@dataclass(frozen=True, slots=True)
class Record:
    """`data`: without the header."""

    kind: int
    instance: int
    data: bytes
    is_container: bool

    def __iter__(self) -> Iterator["Record"]:
        """Yield the records of a container."""
        return read_records(self.data) if self.is_container else iter(())

    def first(self, kind: int) -> "Record | None":
        """Return the first record of a kind in a container."""
        return next((record for record in self if record.kind == kind), None)

    def walk(self, kind: int, depth: int = 0) -> Iterator["Record"]:
        """Yield the records of a kind at any depth."""
        for record in self if depth < MAX_DEPTH else ():
            if record.kind == kind:
                yield record
            yield from record.walk(kind, depth + 1)


def read_records(data: bytes) -> Iterator[Record]:
    """Yield records until one is cut off."""
    place = 0
    while place + HEADER <= len(data):
        record = record_at(data, place)
        if record is None:
            return
        yield record
        place += HEADER + len(record.data)


def record_at(data: bytes, place: int) -> Record | None:
    """Return the record at a place, None where none fits there."""
    if not 0 <= place <= len(data) - HEADER:
        return None
    version, kind, size = struct.unpack_from("<HHI", data, place)
    if place + HEADER + size > len(data):
        return None
    return Record(kind, version >> 4, data[place + HEADER : place + HEADER + size], version & 0xF == CONTAINER)


def text_of(record: Record | None) -> str:
    """Return the text of a string record, "" for none."""
    return record.data.decode("utf-16-le", "replace").strip("\x00") if record is not None else ""
