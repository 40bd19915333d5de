"""From lines to paragraphs, tables, lists and headings; the page's text is built here, and its boxes with it.

A row of a table stays on one line, its cells parted by " | ". Lines of a paragraph are joined, and a word that was hyphenated
to end its line is made whole.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable

from ingest.parsers.cleaning import CJK
from ingest.parsers.content import Block, ParsedPage
from ingest.parsers.pdf_cells import Fragment, Table
from ingest.parsers.pdf_columns import part_columns
from ingest.parsers.pdf_grouping import MAX_HEADING, far_edge, group_rows, heading_level, merge_rows, plain
from ingest.parsers.pdf_ruled import take_ruled
from ingest.parsers.pdf_spanning import join_spanning
from ingest.parsers.pdf_tables import table_of_rows
from ingest.parsers.pdf_text import Line, RawPage, Word
from kb.boxes import Box, pack

ONLY_CJK = re.compile(rf"[{CJK}]")
MAX_PATH = 5
WORD_TAIL = re.compile(r"^[a-z][a-z'’]*")


def body_size(pages: Iterable[RawPage]) -> float:
    """Return the size that most characters have, in points."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size * 2) / 2] += line.characters
    return sizes.most_common(1)[0][0] if sizes else 0.0


def body_edge(pages: Iterable[RawPage]) -> float:
    """Return how far to the right the lines of the pages usually reach, in points."""
    return far_edge([line.right for page in pages for line in page.lines])


class Layout:
    """Turns the pages of one document into text; carries the heading path and the words seen from page to page."""

    def __init__(self, outline: dict[int, list[tuple[int, str]]]) -> None:
        self.outline = outline
        self.headings: list[tuple[float, str]] = []
        self.words: set[str] = set()

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)[-MAX_PATH:]

    def build(self, page: RawPage, *, body: float, edge: float | None = None) -> ParsedPage:
        """Return the page as it is stored. `body`, `edge`: of the pages around it, see `body_size` and `body_edge`."""
        edge = body_edge([page]) if edge is None else edge
        parts: list[Table | list[Line]] = []
        for ruled, group in itertools.groupby(take_ruled(page.lines, page.grids), key=lambda item: isinstance(item, Table)):
            tables_or_lines = list(group)
            if ruled:
                parts += [item for item in tables_or_lines if isinstance(item, Table)]
            else:
                parts.append(part_columns(merge_rows([item for item in tables_or_lines if isinstance(item, Line)])))
        rows = [row for part in parts if isinstance(part, list) for row in part]
        for line in page.lines:
            self.words.update(word.text.lower() for word in line.words)
        entries = {plain(title): level for level, title in self.outline.get(page.number, ())}
        for title in entries.keys() - {plain(row.text) for row in rows}:
            match = next((text for _, text in self.outline[page.number] if plain(text) == title), "")
            self._enter(entries[title], match)
        writer = _Writer()
        for part in parts:
            if isinstance(part, Table):
                self._table(writer, part)
                continue
            for kind, lines in group_rows(part, body=body, edge=edge, entries=entries):
                if kind == "table":
                    self._table(writer, table_of_rows(lines))
                else:
                    self._write(writer, kind, lines, body=body, entries=entries)
        return ParsedPage(
            number=page.number,
            text=writer.text,
            blocks=tuple(writer.blocks),
            label=page.label,
            width=round(page.width, 2),
            height=round(page.height, 2),
            boxes=pack(writer.boxes),
        )

    def _write(self, writer: "_Writer", kind: str, rows: list[Line], *, body: float, entries: dict[str, int]) -> None:
        writer.gap("\n" if kind == "list" and writer.blocks and writer.blocks[-1].kind == "list" else "\n\n")
        start = writer.length
        self._lines(writer, [Fragment(row.words, row.hyphenated) for row in rows])
        level = 0
        if kind == "heading":
            text = " ".join(writer.since(start).split())[:MAX_HEADING]
            level = entries.get(plain(text)) or heading_level(rows[0], body)
            self._enter(level, text)
        writer.blocks.append(Block(kind=kind, start=start, end=writer.length, level=level, heading_path=self.path))

    def _table(self, writer: "_Writer", table: Table) -> None:
        writer.gap("\n\n")
        start, header_end = writer.length, 0
        table = join_spanning(table)
        for position, row in enumerate(table.rows):
            writer.put("\n" if position else "")
            while len(row) > 1 and not row[-1]:  # an empty end says nothing
                row = row[:-1]
            for number, cell in enumerate(row):
                writer.put(" | " if number else "")
                self._lines(writer, cell)
            if position + 1 == table.header_rows:
                header_end = writer.length
        writer.blocks.append(Block(kind="table", start=start, end=writer.length, heading_path=self.path, header_end=header_end))

    def _enter(self, level: int, text: str) -> None:
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, text[:MAX_HEADING]))

    def _lines(self, writer: "_Writer", lines: list[Fragment]) -> None:
        for position, line in enumerate(lines):
            if position:
                self._join(writer, lines[position - 1], line)
            for number, word in enumerate(line.words):
                if number and word.spaced:
                    writer.put(" ")
                writer.word(word)

    def _join(self, writer: "_Writer", above: Fragment, below: Fragment) -> None:
        """Put what belongs between two lines of a paragraph: a space, nothing, or one word made of two halves."""
        last, first = above.words[-1].text, below.words[0].text
        tail = WORD_TAIL.match(first)
        if above.hyphenated and not last.endswith("-"):
            return
        if last.endswith(("-", "‐")) and len(last) > 2 and last[-2].isalpha() and tail:
            whole = last.lower()[:-1] + first.lower()
            compound = last.lower() + first.lower()
            if compound not in self.words or whole in self.words:
                writer.take_back()
            return
        if ONLY_CJK.match(last[-1]) and ONLY_CJK.match(first[0]):
            return
        writer.put(" ")


class _Writer:
    """Builds the text of a page and the boxes of its words side by side."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.boxes: list[Box] = []
        self.blocks: list[Block] = []

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def gap(self, text: str) -> None:
        if self.length:
            self.put(text)

    def word(self, word: Word) -> None:
        start = self.length
        self.put(word.text)
        self.boxes.append(Box(start=start, end=self.length, left=word.left, top=word.top, right=word.right, bottom=word.bottom))

    def take_back(self) -> None:
        """Remove the hyphen that was written last, from the text and from its word's box."""
        self.parts[-1] = self.parts[-1][:-1]
        self.length -= 1
        box = self.boxes[-1]
        self.boxes[-1] = Box(start=box.start, end=self.length, left=box.left, top=box.top, right=box.right, bottom=box.bottom)

    def since(self, start: int) -> str:
        return self.text[start:]
