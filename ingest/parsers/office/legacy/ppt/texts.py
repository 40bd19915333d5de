"""Texts of a .ppt: paragraphs with their indents, characters that stand raised or lowered, links."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ingest.parsers.office.building.slides import Line, TextRun
from ingest.parsers.office.building.word import PLAIN, Look
from ingest.parsers.office.legacy.ppt.records import (
    ACTION,
    ACTION_ATOM,
    ACTION_RANGE,
    BYTES,
    CHARACTERS,
    STYLES,
    TEXT_KIND,
    Record,
)

TITLES, BODIES, NOTES_TEXT = (0, 6), (1, 5, 7, 8), 2
# Fields of a paragraph's and of characters' properties in their order: the bits that say that one is there, and its size
# (MS-PPT 2.9.20 TextPFException, 2.9.15 TextCFException).
PARAGRAPH_FIELDS: tuple[tuple[int, int], ...] = (
    (0xF, 2),
    (0x80, 2),
    (0x10, 2),
    (0x40, 2),
    (0x20, 4),
    (0x800, 2),
    (0x1000, 2),
    (0x2000, 2),
    (0x4000, 2),
)
PARAGRAPH_FIELDS += ((0x100, 2), (0x400, 2), (0x8000, 2))
TABS = 0x100000
AFTER_TABS = ((0x10000, 2), (0xE0000, 2), (0x200000, 2))
CHARACTER_FIELDS = ((0x3FFF, 2), (0x10000, 2), (0x200000, 2), (0x400000, 2), (0x800000, 2), (0x20000, 2), (0x40000, 4))
POSITION = 0x80000
MAX_LEVEL = 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """`kind`: of TITLES, BODIES and so on. `levels`, `looks`: how many characters have one, and which."""

    kind: int
    text: str = ""
    levels: tuple[tuple[int, int], ...] = ()
    looks: tuple[tuple[int, Look], ...] = ()
    links: tuple[tuple[int, int, int], ...] = ()  # from a character to another, and the number of a link

    def lines(self, addresses: dict[int, str]) -> list[Line]:
        """Return the paragraphs."""
        looks, levels = _spread(self.looks, len(self.text), PLAIN), _spread(self.levels, len(self.text), 0)
        links = [""] * len(self.text)
        for start, end, number in self.links:
            for place in range(max(0, start), min(end, len(self.text))):
                links[place] = addresses.get(number, "")
        lines: list[Line] = []
        start = 0
        for part in self.text.split("\r"):
            end = start + len(part)
            runs = tuple(_runs(part, looks[start:end], links[start:end]))
            lines.append(Line(runs=runs, level=levels[start] if part else 0))
            start = end + 1
        return lines


def read_texts(records: Iterator[Record] | Record) -> list[Text]:
    """Return the texts among records: each begins with the record that says of what kind it is."""
    groups: list[list[Record]] = []
    for record in records:
        if record.kind == TEXT_KIND:
            groups.append([record])
        elif groups:
            groups[-1].append(record)
    return [_text(group) for group in groups]


def _text(group: Sequence[Record]) -> Text:
    kind = struct.unpack_from("<I", group[0].data)[0] if len(group[0].data) >= 4 else 4
    text, styles = "", b""
    links: list[tuple[int, int, int]] = []
    number = 0
    for record in group[1:]:
        if record.kind == CHARACTERS and not text:
            text = record.data[: len(record.data) // 2 * 2].decode("utf-16-le", "replace")
        elif record.kind == BYTES and not text:
            text = record.data.decode("latin-1")
        elif record.kind == STYLES:
            styles = record.data
        elif record.kind == ACTION and (atom := record.first(ACTION_ATOM)) is not None and len(atom.data) >= 8:
            number = struct.unpack_from("<I", atom.data, 4)[0]
        elif record.kind == ACTION_RANGE and len(record.data) >= 8:
            links.append((*struct.unpack_from("<ii", record.data), number))
    try:
        levels, looks = _styles(styles, len(text) + 1)
    except struct.error:
        levels, looks = (), ()
    return Text(kind=kind, text=text, levels=levels, looks=looks, links=tuple(links))


def _styles(data: bytes, length: int) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, Look], ...]]:
    place = covered = 0
    levels: list[tuple[int, int]] = []
    while covered < length and place < len(data):
        count, level, mask = struct.unpack_from("<IHI", data, place)
        place = _after(place + 10, mask, PARAGRAPH_FIELDS)
        if mask & TABS:
            place += 2 + 4 * struct.unpack_from("<H", data, place)[0]
        place = _after(place, mask, AFTER_TABS)
        levels.append((count, min(level, MAX_LEVEL)))
        covered += max(1, count)
    covered = 0
    looks: list[tuple[int, Look]] = []
    while covered < length and place < len(data):
        count, mask = struct.unpack_from("<II", data, place)
        place = _after(place + 8, mask, CHARACTER_FIELDS)
        rise = 0
        if mask & POSITION:
            rise = struct.unpack_from("<h", data, place)[0]
            place += 2
        looks.append((count, Look(rise="superscript" if rise > 0 else "subscript" if rise < 0 else "")))
        covered += max(1, count)
    return tuple(levels), tuple(looks)


def _after(place: int, mask: int, fields: tuple[tuple[int, int], ...]) -> int:
    return place + sum(size for bits, size in fields if mask & bits)


def _spread(runs: tuple[tuple[int, T], ...], length: int, usual: T) -> list[T]:
    """Return what holds for each character."""
    found: list[T] = []
    for count, value in runs:
        found += [value] * min(count, length - len(found))
    return found + [usual] * (length - len(found))


def _runs(text: str, looks: list[Look], links: list[str]) -> Iterator[TextRun]:
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or (looks[place], links[place]) != (looks[start], links[start]):
            yield TextRun(text=text[start:place], look=looks[start], link=links[start])
            start = place
