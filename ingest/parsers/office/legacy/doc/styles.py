"""The style sheet of a .doc (MS-DOC 2.9.271): names, and what each style says together with those that it is based on."""

import struct
from dataclasses import dataclass

from ingest.parsers.office.legacy.doc.binary import STYLES, Binary
from ingest.parsers.office.legacy.doc.properties import Characters, Paragraph, change_characters, change_paragraph

PARAGRAPH, CHARACTER = 1, 2
NONE = 0xFFF
TITLE = 62
HEADINGS = range(1, 10)
MAX_CHAIN = 20
MAX_STYLES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """`name`: in English for the styles that Word has of its own. `paragraph`, `characters`: lists of changes."""

    name: str
    kind: int
    base: int
    paragraph: bytes = b""
    characters: bytes = b""


class Styles:
    """Styles by their number."""

    def __init__(self, document: Binary) -> None:
        self._more = document.data
        self._styles = _read(document.part(STYLES))

    def name(self, number: int) -> str:
        """Return a style's name, "" where there is no such style."""
        return self._styles[number].name if number in self._styles else ""

    def characters(self, number: int) -> Characters:
        """Return how characters stand in a paragraph style or by a character style."""
        found = Characters()
        for style in self._chain(number):
            found = change_characters(found, style.characters, found)
        return found

    def change(self, number: int) -> bytes:
        """Return what a character style changes."""
        return b"".join(style.characters for style in self._chain(number))

    def paragraph(self, number: int) -> Paragraph:
        """Return what a paragraph of a style is."""
        found = Paragraph(style=number)
        for style in self._chain(number):
            found = change_paragraph(found, style.paragraph, self._more)
        return found

    def _chain(self, number: int) -> list[Style]:
        """Return the style and those that it is based on, the farthest first."""
        chain: list[Style] = []
        seen: set[int] = set()
        while number in self._styles and number not in seen and len(chain) < MAX_CHAIN:
            seen.add(number)
            chain.append(self._styles[number])
            number = chain[-1].base
        return chain[::-1]


def _read(data: bytes) -> dict[int, Style]:
    if len(data) < 6:
        return {}
    header, count, base_size = struct.unpack_from("<HHH", data)
    place = 2 + header
    found: dict[int, Style] = {}
    for number in range(min(count, MAX_STYLES)):
        if place + 2 > len(data):
            break
        size = struct.unpack_from("<H", data, place)[0]
        row = data[place + 2 : place + 2 + size]
        place += 2 + size
        if size > base_size + 2 and len(row) == size:
            found[number] = _style(row, base_size)
    return found


def _style(row: bytes, base_size: int) -> Style:
    sti, base, counts = (value for value in struct.unpack_from("<HHH", row))
    kind, number = base & 0xF, sti & 0xFFF
    length = struct.unpack_from("<H", row, base_size)[0]
    written = row[base_size + 2 : base_size + 2 + 2 * length].decode("utf-16-le", "replace")
    name = f"heading {number}" if number in HEADINGS else "Title" if number == TITLE else written
    place = base_size + 2 + 2 * length + 2
    parts: list[bytes] = []
    for _ in range(counts & 0xF):
        place += place & 1
        if place + 2 > len(row):
            break
        size = struct.unpack_from("<H", row, place)[0]
        parts.append(row[place + 2 : place + 2 + size])
        place += 2 + size
    parts += [b"", b""]
    if kind == PARAGRAPH:
        return Style(name=name, kind=kind, base=base >> 4, paragraph=parts[0][2:], characters=parts[1])
    return Style(name=name, kind=kind, base=base >> 4, characters=parts[0] if kind == CHARACTER else b"")
