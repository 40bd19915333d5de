"""The lists of a .doc (PlfLst and PlfLfo of MS-DOC): how their levels are numbered, and which paragraphs count in which."""

import struct
from dataclasses import dataclass, field

from ingest.parsers.office.building.list_levels import LEVELS, list_level
from ingest.parsers.office.building.word import ListLevel, WordFile
from ingest.parsers.office.legacy.doc.binary import LISTS, OVERRIDES, Binary

LIST_BYTES, LEVEL_BYTES, OVERRIDE_BYTES = 28, 28, 16
NO_STYLE = 0xFFF
STARTS, IS_FORMATTED = 0x10, 0x20
NONE = 0xFFFFFFFF
MAX_LISTS = 5000


@dataclass(slots=True)
class _Override:
    list_id: int
    restarts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, ListLevel] = field(default_factory=dict)


class Lists:
    """Lists by the number that paragraphs name, from 1."""

    def __init__(self, document: Binary) -> None:
        self._levels: dict[int, dict[int, ListLevel]] = {}
        self._styles: dict[int, dict[int, int]] = {}  # by list and style: the level that the style stands for
        self._overrides: list[_Override] = []
        try:
            self._read_lists(document)
            self._read_overrides(document)
        except (struct.error, IndexError):
            pass  # the lists that were read so far are whole; paragraphs of others stand without their numbers

    def __contains__(self, number: int) -> bool:
        return 0 < number <= len(self._overrides) and self._overrides[number - 1].list_id in self._levels

    def level_of_style(self, number: int, style: int) -> int:
        """Return which level of a list a paragraph style stands for."""
        return self._styles.get(self._overrides[number - 1].list_id, {}).get(style, 0) if number in self else 0

    def write(self, word: WordFile) -> None:
        """Tell a document how its lists are numbered."""
        written: dict[int, str] = {}
        for number, override in enumerate(self._overrides, start=1):
            if number not in self:
                continue
            if override.list_id not in written:
                written[override.list_id] = f"a{number}"
                word.numbering(f"a{number}", self._levels[override.list_id])
            word.numbering_like(str(number), written[override.list_id], restarts=override.restarts, levels=override.levels)

    def _read_lists(self, document: Binary) -> None:
        start, length = document.place(LISTS)
        if not length:
            return
        data = document.table
        count = min(struct.unpack_from("<H", data, start)[0], MAX_LISTS)
        place = start + 2 + LIST_BYTES * count  # the levels stand behind the table
        for number in range(count):
            row = start + 2 + LIST_BYTES * number
            list_id = struct.unpack_from("<i", data, row)[0]
            styles = struct.unpack_from("<9H", data, row + 8)
            levels: dict[int, ListLevel] = {}
            for depth in range(1 if data[row + 26] & 1 else LEVELS):
                levels[depth], place = _read_level(data, place)
            self._levels[list_id] = levels
            self._styles[list_id] = {style: depth for depth, style in enumerate(styles) if style != NO_STYLE}

    def _read_overrides(self, document: Binary) -> None:
        start, length = document.place(OVERRIDES)
        if not length:
            return
        data = document.table
        count = min(struct.unpack_from("<I", data, start)[0], MAX_LISTS)
        counts: list[int] = []
        for number in range(count):
            row = start + 4 + OVERRIDE_BYTES * number
            self._overrides.append(_Override(struct.unpack_from("<i", data, row)[0]))
            counts.append(data[row + 12])
        place = start + 4 + OVERRIDE_BYTES * count
        for override, levels in zip(self._overrides, counts, strict=True):
            place += 4  # a position that nothing uses
            for _ in range(min(levels, LEVELS)):
                first, flags = struct.unpack_from("<iI", data, place)
                place += 8
                if flags & STARTS:
                    override.restarts[flags & 0xF] = first
                if flags & IS_FORMATTED:
                    override.levels[flags & 0xF], place = _read_level(data, place)


def _read_level(data: bytes, place: int) -> tuple[ListLevel, int]:
    """Return a level and where the next one begins (LVL, MS-DOC 2.9.150)."""
    start, number_format, flags = struct.unpack_from("<iBB", data, place)
    characters, paragraph, after = data[place + 24], data[place + 25], data[place + 26]
    text = place + LEVEL_BYTES + characters + paragraph
    length = struct.unpack_from("<H", data, text)[0]
    written = data[text + 2 : text + 2 + 2 * length].decode("utf-16-le", "replace")
    is_restarted = flags & 8  # not by the level above, but by the one that it names
    level = list_level(number_format, written, start=start, in_digits=bool(flags & 4), after=after if is_restarted else None)
    return level, text + 2 + 2 * length
