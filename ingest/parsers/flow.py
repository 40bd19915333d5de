"""Formats without pages: blocks in, stretches of about 8,000 characters out, cut where a block ends."""

import re
from collections.abc import Iterator

from ingest.parsers.cleaning import Cleaner, join_broken
from ingest.parsers.content import Block, ParsedPage
from ingest.parsers.tables.grid import Table
from ingest.parsers.tables.heads import lacks_head, rows_of

PAGE_CHARACTERS = 8000
MAX_PATH = 6
MAX_HEADING = 200
WRAPPED = frozenset(("heading", "paragraph", "quote"))  # kinds in which a line end may stand in a word
BREAK = re.compile(r"\n|[。！？；]|[.!?;] | ")


class Flow:
    """Collects blocks and hands out full pages; keeps the path of headings."""

    def __init__(self, *, page_characters: int = PAGE_CHARACTERS) -> None:
        self.cleaner = Cleaner()
        self.page_characters = page_characters
        self.characters = 0
        self._number = 0
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._headings: list[tuple[int, str]] = []
        self._last_kind = ""

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._headings)[-MAX_PATH:]

    @property
    def page_is_empty(self) -> bool:
        return not self._length

    def add(self, kind: str, text: str, *, level: int = 0, header: str = "", is_headless: bool = False) -> Iterator[ParsedPage]:
        """Add a block of cleaned text; yields the pages that it fills.

        `header`: the first lines of a table, if it has them. `is_headless`: a table surely has none, whatever its words look like.
        """
        # A table whose first cell is blank begins with a space: without it its columns would be others.
        text = text.strip("\n") if kind in ("code", "list", "table") else text.strip()
        if not text.strip():
            return
        if kind in WRAPPED and "\n" in text:
            text = join_broken(text)
        if kind == "heading":
            text = " ".join(text.split())
            self.leave(level)
            self._headings.append((level, text[:MAX_HEADING]))
        gap = "\n" if kind == self._last_kind == "list" else "\n\n"
        full = self._length + len(text) > self.page_characters and self._length > self.page_characters // 8
        # A heading starts a new page rather than end one.
        if full or (kind == "heading" and self._length > self.page_characters * 0.9):
            yield self._take()
        for piece in _pieces(text, self.page_characters):
            if self._length and self._length + len(piece) > self.page_characters and len(text) > self.page_characters:
                yield self._take()
            if header and not piece.startswith(header):
                piece = f"{header}\n{piece}"  # the table goes on: its rows keep their names
            self._append(kind, piece, gap=gap, level=level, header=header, is_headless=is_headless)
        self._last_kind = kind

    def add_block(self, page: ParsedPage, block: Block, *, level: int) -> Iterator[ParsedPage]:
        """Add a block of another document's page, at this level."""
        header = page.text[block.start : block.header_end] if block.header_end else ""
        text = page.text[block.start : block.end]
        yield from self.add(block.kind, text, level=level, header=header, is_headless=block.is_headless)

    def add_table(self, table: Table) -> Iterator[ParsedPage]:
        """Add a table that was laid out, below its title; a frame around a single column of text is none."""
        yield from self.add("paragraph", table.title)
        kind = "table" if table.is_table else "paragraph"
        yield from self.add(kind, table.text, header=table.header, is_headless=table.is_headless)

    def add_page(self, page: ParsedPage) -> Iterator[ParsedPage]:
        """Add the blocks of another document's page, at the levels that they have there."""
        for block in page.blocks:
            yield from self.add_block(page, block, level=block.level)

    def leave(self, level: int) -> None:
        """Forget the headings of this level and below: what follows stands outside of their part."""
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()

    def finish(self) -> Iterator[ParsedPage]:
        """Yield the last page, if anything is on it."""
        if self._length:
            yield self._take()

    def end_page(self) -> ParsedPage:
        """Return the page as far as it is, maybe empty, and forget the headings: for formats that have pages of their own."""
        self._headings = []
        return self._take()

    def _append(self, kind: str, text: str, *, gap: str, level: int, header: str, is_headless: bool) -> None:
        if self._parts:
            self._parts.append(gap)
            self._length += len(gap)
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        self.characters += len(text)
        self._blocks.append(
            Block(
                kind=kind,
                start=start,
                end=self._length,
                level=level,
                heading_path=self.path,
                header_end=start + len(header) if header else 0,
                is_headless=kind == "table" and not header and (is_headless or lacks_head(rows_of(text))),
            )
        )

    def _take(self) -> ParsedPage:
        self._number += 1
        page = ParsedPage(number=self._number, text="".join(self._parts), blocks=tuple(self._blocks))
        self._parts, self._blocks, self._length, self._last_kind = [], [], 0, ""
        return page


def _pieces(text: str, longest: int) -> Iterator[str]:
    """Yield the text in pieces of at most `longest` characters, cut after a line, a sentence or a word where there is one."""
    position = 0
    while len(text) - position > longest:
        window = text[position : position + longest]
        cuts: dict[str, int] = {match.group()[0]: match.end() for match in BREAK.finditer(window, longest // 2)}
        cut = cuts.get("\n") or max((end for mark, end in cuts.items() if mark != " "), default=0) or cuts.get(" ") or len(window)
        piece = window[:cut].strip("\n")
        if piece.strip():
            yield piece
        position += cut
    if text[position:].strip():
        yield text[position:].strip("\n")
