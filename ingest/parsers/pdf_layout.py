"""From lines to paragraphs, tables, lists and headings; the page's text is built here, and its boxes with it.

A row of a table stays on one line, its cells parted by " | ". Lines of a paragraph are joined, and a word that was hyphenated
to end its line is made whole.
"""

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Iterable

from ingest.parsers.cleaning import CJK
from ingest.parsers.content import Block, ParsedPage
from ingest.parsers.pdf_tables import BULLET, Fragment, Table, find_table_rows, part_columns, table_of_rows, take_ruled
from ingest.parsers.pdf_text import Line, RawPage, Word
from kb.boxes import Box, pack

ENDS_SENTENCE = re.compile(r"[.!?:;。！？：；][\"'”’」』）)]*$")
ONLY_CJK = re.compile(rf"[{CJK}]")
NUMBERED = re.compile(r"^\d{1,2}$")
MAX_PATH = 5
MAX_HEADING = 160
MAX_HEADING_ROWS = 3
LARGE = 1.18  # times the size of the body: larger print is a heading
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
    return _far_edge([line.right for page in pages for line in page.lines])


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
        items = take_ruled(page.lines, page.grids)
        parts: list[Table | list[Line]] = []
        for _, group in itertools.groupby(items, key=lambda item: isinstance(item, Table)):
            part = list(group)
            parts += part if isinstance(part[0], Table) else [part_columns(_merge_rows(part))]
        rows = [row for part in parts if isinstance(part, list) for row in part]
        for line in page.lines:
            self.words.update(word.text.lower() for word in line.words)
        entries = {_plain(title): level for level, title in self.outline.get(page.number, ())}
        for title in entries.keys() - {_plain(row.text) for row in rows}:
            match = next((text for _, text in self.outline[page.number] if _plain(text) == title), "")
            self._enter(entries[title], match)
        writer = _Writer()
        for part in parts:
            if isinstance(part, Table):
                self._table(writer, part)
                continue
            for kind, group in _group(part, body=body, edge=edge, entries=entries):
                if kind == "table":
                    self._table(writer, table_of_rows(group))
                else:
                    self._write(writer, kind, group, body=body, entries=entries)
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
            level = entries.get(_plain(text)) or _level(rows[0], body)
            self._enter(level, text)
        writer.blocks.append(Block(kind=kind, start=start, end=writer.length, level=level, heading_path=self.path))

    def _table(self, writer: "_Writer", table: Table) -> None:
        writer.gap("\n\n")
        start, header_end = writer.length, 0
        for position, row in enumerate(table.rows):
            writer.put("\n" if position else "")
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


def _merge_rows(lines: list[Line]) -> list[Line]:
    """Join lines that follow each other in the file and stand on the same baseline, left to right: cells of one row."""
    rows: list[Line] = []
    for line in lines:
        last = rows[-1] if rows else None
        overlap = min(line.bottom, last.bottom) - max(line.top, last.top) if last else 0.0
        if last and overlap > 0.6 * min(line.size, last.size) and line.left >= last.right - 0.3 * last.size:
            first = Word(line.words[0].text, *_edges(line.words[0]), spaced=line.left - last.right > 0.15 * last.size)
            rows[-1] = Line([*last.words, first, *line.words[1:]], bold=last.bold and line.bold, hyphenated=line.hyphenated)
        else:
            rows.append(line)
    return rows


def _edges(word: Word) -> tuple[float, float, float, float]:
    return word.left, word.top, word.right, word.bottom


def _group(rows: list[Line], *, body: float, edge: float, entries: dict[str, int]) -> list[tuple[str, list[Line]]]:
    """Return the rows as (kind, rows) in reading order."""
    in_table = find_table_rows(rows)
    headings = _find_headings(rows, body, entries)
    right = max(edge, _far_edge([row.right for row in rows]))
    usual = _usual_gap(rows)
    groups: list[tuple[str, list[Line]]] = []
    for position, row in enumerate(rows):
        if in_table[position]:
            kind = "table"
        elif headings[position]:
            kind = "heading"
        elif _is_item(row):
            kind = "bullet"
        else:
            kind = "paragraph"
        if groups:
            last_kind, last_rows = groups[-1]
            above = last_rows[-1]
            near = abs(row.top - above.bottom) < max(usual + 0.4 * above.size, 0.5 * above.size)
            if kind == last_kind == "table":
                last_rows.append(row)
                continue
            same_heading = kind == last_kind == "heading" and near and abs(row.size - above.size) < 0.5 and row.bold == above.bold
            goes_on = (
                kind == "paragraph"
                and last_kind in ("paragraph", "list")
                and not (last_kind == "list" and _is_outdented(last_rows, row, usual=usual))
                and _continues(above, row, usual=usual, right=_column_edge(rows, position, right))
            )
            if (same_heading and len(last_rows) < MAX_HEADING_ROWS and _plain(above.text) not in entries) or goes_on:
                last_rows.append(row)
                continue
        groups.append(("list" if kind == "bullet" else kind, [row]))
    return groups


def _is_item(row: Line) -> bool:
    """Tell whether a list item begins here: a bullet or number, or a bare number that its text keeps away from."""
    first, *others = row.words
    if not others:
        return False
    mark = first.text if others[0].spaced else first.text + others[0].text
    hangs = others[0].left - first.right > 0.55 * row.size
    return bool(BULLET.match(first.text) or BULLET.match(mark) or (NUMBERED.match(first.text) and hangs))


def _is_outdented(item: list[Line], row: Line, *, usual: float) -> bool:
    """Tell whether a row stands left of the text of the item above, whose lines hang behind its bullet or end before a gap."""
    text, last = item[0].words[1].left, item[-1]
    if row.left >= text - 0.5 * row.size:
        return False
    hangs = len(item) > 1 and abs(item[1].left - text) < 0.5 * row.size
    apart = row.top - last.bottom > min(usual + 0.15 * row.size, 0.5 * row.size)
    return hangs or (apart and bool(ENDS_SENTENCE.search(last.words[-1].text)))


def _far_edge(rights: list[float]) -> float:
    rights = sorted(rights)
    return rights[int(len(rights) * 0.8)] if rights else 0.0


def _column_edge(rows: list[Line], position: int, otherwise: float) -> float:
    """Return where the column of a row ends: how far the lines around reach that begin where it does."""
    left = rows[position].left
    rights = [row.right for row in rows[max(0, position - 8) : position + 9] if abs(row.left - left) < 1.5 * row.size]
    return _far_edge(rights) if len(rights) >= 5 else otherwise


def _usual_gap(rows: list[Line]) -> float:
    gaps = [below.top - above.bottom for above, below in itertools.pairwise(rows) if below.top > above.top]
    gaps = [gap for gap in gaps if gap < 40]
    return statistics.median_low(gaps) if gaps else 0.0


def _continues(above: Line, row: Line, *, usual: float, right: float) -> bool:
    """True where the row goes on with the paragraph of the row above."""
    if abs(row.size - above.size) > 0.15 * above.size or (row.bold != above.bold and len(row.words) < 12):
        return False
    ended = bool(ENDS_SENTENCE.search(above.words[-1].text))
    if row.top < above.top:  # the next column
        return not ended
    if row.top - above.bottom > usual + 0.4 * above.size:
        return False
    short = above.right < right - 6 * above.size
    if short and (ended or above.right < right - 0.4 * (right - above.left)):
        return False
    # A line is broken where the next word does not fit any more: one with room for it was ended by its writer.
    first = row.words[0]
    room = right - above.right - 1.5 * above.size
    if room > first.right - first.left and room > 2 * above.size and (ended or not first.text[0].islower()):
        return False
    indented = row.left > above.left + 1.2 * above.size
    return not (indented and ended)


def _find_headings(rows: list[Line], body: float, entries: dict[str, int]) -> list[bool]:
    """Which rows are headings. Many full lines on end in large print are a text, unless the outline names them."""
    found = [_is_heading(row, body, entries) for row in rows]
    position = 0
    while position < len(rows):
        end = position + 1
        while end < len(rows) and rows[end].size >= LARGE * body and abs(rows[end].size - rows[position].size) < 0.5:
            end += 1
        large = rows[position].size >= LARGE * body
        if large and end - position > MAX_HEADING_ROWS and _is_running_text(rows[position:end]):
            found[position:end] = [_plain(row.text) in entries for row in rows[position:end]]
        position = end
    return found


def _is_running_text(rows: list[Line]) -> bool:
    return sum(_width(row.text) for row in rows) > 50 * len(rows)


def _is_heading(row: Line, body: float, entries: dict[str, int]) -> bool:
    text = row.text
    if _plain(text) in entries:
        return True
    if _width(text) > MAX_HEADING or (text[0] == "(" and text[-1] == ")") or not any(character.isalpha() for character in text):
        return False
    if text.endswith(("。", "，", "；", "、")):
        return False
    if row.size >= LARGE * body and row.characters >= 2:
        return True
    return row.bold and row.size >= 0.95 * body and len(text) <= 110 and not text.endswith((".", ",", ";"))


def _width(text: str) -> int:
    """Letters that a text takes the place of: a Chinese character is as wide as two."""
    return len(text) + sum(character >= "\u2e80" for character in text)


def _level(row: Line, body: float) -> int:
    """Level of a heading that the outline does not name: below those that it does."""
    ratio = row.size / body if body else 1.0
    return 4 if ratio >= 1.7 else 5 if ratio >= 1.35 else 6 if ratio >= LARGE else 7


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
