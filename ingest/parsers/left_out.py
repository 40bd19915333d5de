"""What a parser leaves out or changes on purpose: counted by kind, with the places where a person finds it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.parsers.content import Items, Notice, ParsedPage

MAX_EXCERPTS = 5
MAX_CELLS = 20
MAX_EXCERPT = 40  # characters
GAP = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
BEFORE_STOP = re.compile(r"[ \t]+(?=[.,;:!?。，；：！？](?:\s|$))")


@dataclass(slots=True)
class Kind:
    """What is known of one kind. `cells`: the first places of each sheet, as a person finds them there: "3", "C", "B4"."""

    count: int = 0
    excerpts: list[str] = field(default_factory=list)
    cells: dict[str, list[str]] = field(default_factory=dict)
    pages: dict[int, None] = field(default_factory=dict)  # in the order in which they were met

    @property
    def places(self) -> str:
        """The places in a line, "–" where none is known."""
        sheets = "; ".join(f"{sheet}: {', '.join(cells)}" for sheet, cells in self.cells.items())
        named = sum(map(len, self.cells.values())) + len(self.excerpts)
        places = "; ".join(part for part in (", ".join(self.excerpts), sheets) if part)
        return f"{places} …" if places and self.count > named else places or "–"


@dataclass(slots=True)
class LeftOut:
    """Counts by a code of ingest.errors.WARNINGS."""

    kinds: dict[str, Kind] = field(default_factory=dict)

    @classmethod
    def in_order(cls, *codes: str) -> "LeftOut":
        """Begin with kinds that are reported in this order, whichever is met first."""
        return cls({code: Kind() for code in codes})

    def add(self, code: str, *, place: str = "", page: int = 0, count: int = 1) -> None:
        """Count something. `place`: words that a person can look for. `page`: where it stands, 0 in a format without pages."""
        kind = self.kinds.setdefault(code, Kind())
        kind.count += count
        if page:
            kind.pages[page] = None
        self._keep(kind, place)

    def add_cell(self, code: str, *, sheet: str, place: str) -> None:
        """Count something of a workbook. `place`: a row, a column or a cell, by its name."""
        kind = self.kinds.setdefault(code, Kind())
        kind.count += 1
        if kind.count <= MAX_CELLS:
            kind.cells.setdefault(sheet, []).append(place)

    def take(self, notice: Notice) -> None:
        """Count what another parser left out of a part of this document."""
        kind = self.kinds.setdefault(notice.code, Kind())
        kind.count += int(notice.values.get("count", 1))
        self._keep(kind, str(notice.values.get("places", "")))

    def pages_of(self, items: Items) -> Iterator[ParsedPage]:
        """Yield the pages of a part of this document, and count what its parser left out of it."""
        for item in items:
            if isinstance(item, Notice):
                self.take(item)
            elif isinstance(item, ParsedPage):
                yield item

    def _keep(self, kind: Kind, place: str) -> None:
        short = " ".join(place.split())
        short = short if len(short) <= MAX_EXCERPT or "“" in short else short[:MAX_EXCERPT].rstrip() + "…"
        if short not in ("", "–") and len(kind.excerpts) < MAX_EXCERPTS:
            kind.excerpts.append(short if "“" in short else f"“{short}”")

    def notices(self) -> Iterator[Notice]:
        """Yield a notice for each kind, in the order in which they were met."""
        for code, kind in self.kinds.items():
            if kind.count:
                yield Notice(code=code, pages=tuple(kind.pages), values={"count": kind.count, "places": kind.places})


def close_gaps(text: str) -> str:
    """Return a text out of which words were taken, without the doubled spaces that they leave."""
    return BEFORE_STOP.sub("", GAP.sub(" ", text))
