"""From lines to paragraphs, tables, lists and headings; the page's text is built here, and its boxes with it.

A row of a table stays on one line, its cells parted by " | ". Lines of a paragraph are joined, and a word that was hyphenated
to end its line is made whole.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ingest.parsers.cleaning import CJK
from ingest.parsers.content import Block, ParsedPage
from ingest.parsers.line_ends import is_cut
from ingest.parsers.pdf.grouping import MAX_HEADING, far_edge, group_rows, heading_level, merge_rows, plain
from ingest.parsers.pdf.page import Line, RawPage, Word
from ingest.parsers.pdf.reading_order.columns import part_columns
from ingest.parsers.pdf.running import is_edge
from ingest.parsers.pdf.tables.barred import take_barred
from ingest.parsers.pdf.tables.cells import Fragment, Table, texts_of
from ingest.parsers.pdf.tables.continuing import CONTINUED, OpenTable, columns_of, goes_on
from ingest.parsers.pdf.tables.ruled import take_ruled
from ingest.parsers.pdf.tables.spanning import join_spanning, join_units
from ingest.parsers.pdf.tables.unruled import table_of_rows
from ingest.parsers.pdf.tables.wrapped import in_rows
from ingest.parsers.tables.heads import lacks_head, rows_of
from ingest.parsers.tables.nesting import BESIDE, Place, find_parents
from kb.viewing.boxes import Box, pack
from language.hyphens import HYPHENS, is_suspended, keeps_hyphen, plain_word

ONLY_CJK = re.compile(rf"[{CJK}]")
MAX_PATH = 5


def body_size(pages: Iterable[RawPage]) -> float:
    """Return the size that most characters have, in points."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            if line.apart:
                continue
            sizes[round(line.size * 2) / 2] += line.characters
    return sizes.most_common(1)[0][0] if sizes else 0.0


def body_edge(pages: Iterable[RawPage]) -> float:
    """Return how far to the right the lines of the pages usually reach, in points."""
    return far_edge([line.right for page in pages for line in page.lines if not line.apart])


def _take_tables(page: RawPage) -> list[Line | Table]:
    """Return the lines of a page and its ruled tables: what stands upright first, then what stands sideways, turn by turn."""
    turns = sorted({line.turn for line in page.lines})
    if turns in ([], [0]):
        return take_barred(take_ruled(page.lines, page.grids), page.bars)
    grids = {0: page.grids, **page.turned_grids}
    return [item for turn in turns for item in take_ruled([line for line in page.lines if line.turn == turn], grids.get(turn, ()))]


def _parents(table: Table, header: str) -> dict[Place, Place]:
    """Return which cells belong below others. `header`: names of the columns that stand on the page before."""
    if not table.is_drawn:
        return {}
    names = [line.split(" | ") for line in header.split("\n")] if header else []
    rows = texts_of(table)
    found = find_parents([*names, *rows], header=len(names) or table.header_rows)
    before = len(names)
    return {(row - before, column): (above - before, other) for (row, column), (above, other) in found.items() if above >= before}


def _kind_of(item: Line | Table) -> tuple[str, int]:
    if isinstance(item, Table):
        return "table", 0
    return ("apart", 0) if item.apart else ("lines", item.turn)


class Layout:
    """Turns the pages of one document into text; carries the heading path and the words seen from page to page."""

    def __init__(self, outline: dict[int, list[tuple[int, str]]]) -> None:
        self.outline = outline
        self.headings: list[tuple[float, str]] = []
        self.words: set[str] = set()
        self.open: OpenTable | None = None  # the table at the end of the page before

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)[-MAX_PATH:]

    def learn(self, pages: Iterable[RawPage]) -> None:
        """Take the words of pages in that are about to be built: they show how the document writes a word that a line breaks."""
        for page in pages:
            is_half = False  # the first word of a line: the end of one that the line above begins
            for line in page.lines:
                breaks = line.hyphenated or line.words[-1].text.endswith(HYPHENS)
                whole = line.words[is_half : -1 if breaks else None]
                self.words.update(plain_word(word.text) for word in whole)
                is_half = breaks

    def build(self, page: RawPage, *, body: float, edge: float | None = None) -> ParsedPage:
        """Return the page as it is stored. `body`, `edge`: of the pages around it, see `body_size` and `body_edge`."""
        edge = body_edge([page]) if edge is None else edge
        self.last: OpenTable | None = None
        parts: list[Table | Line | list[Line]] = []
        for order, group in itertools.groupby(_take_tables(page), key=_kind_of):
            tables_or_lines = list(group)
            if order[0] == "table":
                parts += [item for item in tables_or_lines if isinstance(item, Table)]
            elif order[0] == "apart":
                parts += [item for item in tables_or_lines if isinstance(item, Line)]
            else:
                parts.append(part_columns(in_rows(merge_rows([item for item in tables_or_lines if isinstance(item, Line)]))))
        rows = [row for part in parts if isinstance(part, list) for row in part]
        entries = {plain(title): level for level, title in self.outline.get(page.number, ())}
        for title in entries.keys() - {plain(row.text) for row in rows}:
            match = next((text for _, text in self.outline[page.number] if plain(text) == title), "")
            self._enter(entries[title], match)
        writer = _Writer(width=page.width, height=page.height)
        for part in parts:
            if isinstance(part, Table):
                self._table(writer, part, page)
                continue
            if isinstance(part, Line):
                self._write(writer, "list", [part], body=body, entries={})
                continue
            for kind, lines in group_rows(part, body=body, edge=edge, entries=entries):
                if kind == "table":
                    self._table(writer, table_of_rows(lines), page)
                else:
                    self._leave_table(lines, page)
                    self._write(writer, kind, lines, body=body, entries=entries)
        self.open = self.last
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

    def _leave_table(self, lines: list[Line], page: RawPage) -> None:
        """Note that other text stands between the tables of two pages, unless it is of the page's edge or says "continued"."""
        if is_edge(lines, page):
            return
        self.last = None
        if not CONTINUED.search(" ".join(line.text for line in lines)):
            self.open = None

    def _table(self, writer: "_Writer", table: Table, page: RawPage) -> None:
        writer.gap("\n\n")
        for title in table.titles:
            begin = writer.length
            self._lines(writer, title)
            writer.blocks.append(Block(kind="paragraph", start=begin, end=writer.length, heading_path=self.path))
            writer.put("\n")
        start, header_end = writer.length, 0
        table = join_units(join_spanning(table))
        if self.open is not None and goes_on(self.open, table, page=page.number):
            writer.put(f"{self.open.header}\n")
            header_end = writer.length - 1
            table = Table(table.rows, 0, is_drawn=table.is_drawn)
        if table.is_labelled or (table.header_rows == 1 and not table.is_bold and lacks_head(texts_of(table))):
            table = Table(table.rows, 0, is_drawn=table.is_drawn, is_labelled=table.is_labelled)
        parents = _parents(table, self.open.header if header_end and self.open else "")
        for position, row in enumerate(table.rows):
            writer.put("\n" if position else "")
            while len(row) > 1 and not row[-1]:  # an empty end says nothing
                row = row[:-1]
            for number, cell in enumerate(row):
                writer.put(" | " if number else "")
                if above := parents.get((position, number)):
                    self._lines(writer, table.rows[above[0]][above[1]])
                    writer.put(BESIDE if cell else "")
                self._lines(writer, cell)
            if position + 1 == table.header_rows:
                header_end = writer.length
        header = writer.since(start)[: header_end - start] if header_end else ""
        inherited = self.open is not None and header == self.open.header and not table.header_rows
        is_bold = self.open.is_bold if inherited and self.open else table.is_bold
        self.open = None
        self.last = OpenTable(page=page.number, header=header, is_bold=is_bold, columns=columns_of(table))
        is_headless = not header_end and (table.is_labelled or lacks_head(rows_of(writer.since(start))))
        place = {"start": start, "end": writer.length, "header_end": header_end}
        writer.blocks.append(Block(kind="table", heading_path=self.path, is_headless=is_headless, **place))

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
        has_hyphen = last.endswith(HYPHENS) and len(last) > 1
        if above.hyphenated or (has_hyphen and last[-2].isalnum() and first[0].isalnum()):
            if is_suspended(first):
                writer.lengthen("" if has_hyphen else "-")
                writer.put(" ")
            elif keeps_hyphen(last, first, words=self.words):
                writer.lengthen("" if has_hyphen else "-")  # pdfium took it for one of the break alone
            elif has_hyphen:
                writer.take_back()
            return
        if is_cut(last, first):
            return
        if last[-1] in "–—-/" and last[-2:-1].isdigit() and first[0].isdigit():
            return
        if ONLY_CJK.match(last[-1]) and ONLY_CJK.match(first[0]):
            return
        writer.put(" ")


class _Writer:
    """Builds the text of a page and the boxes of its words side by side."""

    def __init__(self, *, width: float, height: float) -> None:
        self.size = {"width": width, "height": height}
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
        if word.turn:
            word = word.upright(**self.size)
        self.boxes.append(Box(start=start, end=self.length, left=word.left, top=word.top, right=word.right, bottom=word.bottom))

    def take_back(self) -> None:
        """Remove the hyphen that was written last, from the text and from its word's box."""
        self.parts[-1] = self.parts[-1][:-1]
        self.length -= 1
        box = self.boxes[-1]
        self.boxes[-1] = Box(start=box.start, end=self.length, left=box.left, top=box.top, right=box.right, bottom=box.bottom)

    def lengthen(self, text: str) -> None:
        """Add to the word that was written last, in the text and in its box."""
        self.put(text)
        self.boxes[-1] = replace(self.boxes[-1], end=self.length) if text else self.boxes[-1]

    def since(self, start: int) -> str:
        return self.text[start:]
