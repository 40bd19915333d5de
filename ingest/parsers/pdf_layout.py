"""From lines to paragraphs, tables, lists and headings; the page's text is built here, and its boxes with it.

What repeats at the edge of many pages (running headers, footers, page numbers) is dropped. Rows of a table stay on one line,
cells two spaces apart. Lines of a paragraph are joined, and a word that was hyphenated to end its line is made whole.
"""

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Iterable

from ingest.parsers.cleaning import CJK
from ingest.parsers.content import Block, ParsedPage
from ingest.parsers.pdf_text import Line, RawPage, Word
from kb.boxes import Box, pack

EDGE = 0.09  # share of the page's height in which a running header or footer stands
MIN_REPEATS = 3
BULLET = re.compile(
    r"^(?:[•●▪◦‣·■□–—*-]|[(（]?\d{1,3}[.)）]|\(?[a-z][.)]|\([ivx]{1,4}\)|[（(][一二三四五六七八九十]{1,3}[)）]|\d{1,2}、)$"
)
NUMERIC = re.compile(r"^[-–—$€£¥(]*\d[\d,.]*\)?%?\)?$|^[-–—]+%?$")
YEAR = re.compile(r"^(?:19|20)\d\d[,:]?$")
ENDS_SENTENCE = re.compile(r"[.!?:;。！？：；][\"'”’」』）)]*$")
ONLY_CJK = re.compile(rf"[{CJK}]")
OPENERS, CLOSERS = frozenset("$€£¥("), frozenset((")", "%", ")%"))
PAGE_NUMBER = re.compile(r"\b(?:page|seite|of|p)\b|[#/|·.\-–—第页共 ]")
MAX_PATH = 5
MAX_HEADING = 160
WORD_TAIL = re.compile(r"^[a-z][a-z'’]*")


def drop_running_lines(pages: list[RawPage], *, kept: set[tuple[str, str]]) -> int:
    """Remove from the pages, in place, the lines that repeat at their edges.

    What such a line says is kept where it stands first. `kept`: those of earlier pages; added to. Returns: how many went.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for page in pages:
        seen.update({key for line in page.lines if (key := _edge_key(page, line))})
    needed = max(MIN_REPEATS, len(pages) // 8)
    dropped = 0
    for page in pages:
        lines = []
        for line in page.lines:
            key = _edge_key(page, line)
            is_running = key is not None and seen[key] >= needed
            if not is_running or (key not in kept and PAGE_NUMBER.sub("", key[1]).strip()):
                lines.append(line)
            if is_running:
                kept.add(key)
        dropped += len(page.lines) - len(lines)
        page.lines = lines
    return dropped


def _edge_key(page: RawPage, line: Line) -> tuple[str, str] | None:
    top = line.bottom < EDGE * page.height
    if line is page.lines[-1] and len(line.words) == 1 and line.words[0].text.isdecimal():
        return ("last", "#")  # a page number, though it may stand high on a page that is not full
    if not top and line.top <= (1 - EDGE) * page.height:
        return None
    text = re.sub(r"\d+", "#", line.text.lower())
    return ("top" if top else "bottom", re.sub(r"^[ivxlc]+$", "#", text)[:120])


def body_size(pages: Iterable[RawPage]) -> float:
    """Return the size that most characters have, in points."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size * 2) / 2] += line.characters
    return sizes.most_common(1)[0][0] if sizes else 0.0


class Layout:
    """Turns the pages of one document into text; carries the heading path and the words seen from page to page."""

    def __init__(self, outline: dict[int, list[tuple[int, str]]]) -> None:
        self.outline = outline
        self.headings: list[tuple[float, str]] = []
        self.words: set[str] = set()

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)[-MAX_PATH:]

    def build(self, page: RawPage, *, body: float) -> ParsedPage:
        """Return the page as it is stored."""
        rows = _merge_rows(page.lines)
        for row in rows:
            self.words.update(word.text.lower() for word in row.words)
        entries = {_plain(title): level for level, title in self.outline.get(page.number, ())}
        for title in entries.keys() - {_plain(row.text) for row in rows}:
            match = next((text for _, text in self.outline[page.number] if _plain(text) == title), "")
            self._enter(entries[title], match)
        writer = _Writer()
        for kind, group in _group(rows, body=body, entries=entries):
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
        level, header_end = 0, 0
        if kind == "table":
            header_rows = _header_rows(rows)
            for position, row in enumerate(rows):
                if position:
                    writer.put("\n")
                writer.cells(row)
                if position + 1 == header_rows:
                    header_end = writer.length
        else:
            self._paragraph(writer, rows)
        if writer.length == start:
            return
        if kind == "heading":
            text = " ".join(writer.since(start).split())[:MAX_HEADING]
            level = entries.get(_plain(text)) or _level(rows[0], body)
            self._enter(level, text)
        writer.blocks.append(
            Block(kind=kind, start=start, end=writer.length, level=level, heading_path=self.path, header_end=header_end)
        )

    def _enter(self, level: int, text: str) -> None:
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, text[:MAX_HEADING]))

    def _paragraph(self, writer: "_Writer", rows: list[Line]) -> None:
        for position, row in enumerate(rows):
            if position:
                self._join(writer, rows[position - 1], row)
            for number, word in enumerate(row.words):
                if number and word.spaced:
                    writer.put(" ")
                writer.word(word)

    def _join(self, writer: "_Writer", above: Line, below: Line) -> None:
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

    def cells(self, row: Line) -> None:
        """Write a row, its cells two spaces apart; a currency sign or a closing bracket stays with its number."""
        for number, word in enumerate(row.words):
            if number:
                before = row.words[number - 1]
                if _is_cell_gap(before, word, row.size) and before.text not in OPENERS and word.text not in CLOSERS:
                    self.put("  ")
                elif word.spaced or word.left - before.right > 0.2 * row.size:
                    self.put("" if before.text in OPENERS or word.text in CLOSERS else " ")
            self.word(word)

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


def _is_cell_gap(before: Word, word: Word, size: float) -> bool:
    return (
        word.left - before.right
        > (0.4 if word.text[0] in OPENERS and word.text != "(" and NUMERIC.match(before.text) else 1.1) * size
    )


def _cell_count(row: Line) -> int:
    """Cells in a row; a bullet or number before a text is none of its own."""
    words = row.words[1:] if BULLET.match(row.words[0].text) and len(row.words) > 1 else row.words
    count = 1
    for before, word in itertools.pairwise(words):
        if _is_cell_gap(before, word, row.size) and before.text not in OPENERS and word.text not in CLOSERS:
            count += 1
    return count


def _group(rows: list[Line], *, body: float, entries: dict[str, int]) -> list[tuple[str, list[Line]]]:
    """Return the rows as (kind, rows) in reading order."""
    counts = [_cell_count(row) for row in rows]
    in_table = _table_rows(rows, counts)
    right = _column_edge(rows)
    usual = _usual_gap(rows)
    groups: list[tuple[str, list[Line]]] = []
    for position, row in enumerate(rows):
        if in_table[position]:
            kind = "table"
        elif _is_heading(row, body, entries):
            kind = "heading"
        elif BULLET.match(row.words[0].text) and len(row.words) > 1:
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
                kind == "paragraph" and last_kind in ("paragraph", "list") and _continues(above, row, usual=usual, right=right)
            )
            if (same_heading and len(last_rows) < 3 and _plain(above.text) not in entries) or goes_on:
                last_rows.append(row)
                continue
        groups.append(("list" if kind == "bullet" else kind, [row]))
    return groups


def _table_rows(rows: list[Line], counts: list[int]) -> list[bool]:
    """Which rows belong to a table: at least two rows of several cells, and the short label rows between them."""
    found = [count >= 2 for count in counts]
    for position, row in enumerate(rows):
        if found[position]:
            continue
        before = any(found[max(0, position - 1) : position]) and row.top - rows[position - 1].bottom < 2 * row.size
        after = any(counts[i] >= 2 for i in range(position + 1, min(len(rows), position + 3)))
        found[position] = before and after and row.top > rows[position - 1].top
    for position in range(len(rows)):
        alone = found[position] and not any(found[max(0, position - 1) : position]) and not any(found[position + 1 : position + 2])
        if alone:
            found[position] = False
    return found


def _header_rows(rows: list[Line]) -> int:
    """Rows at a table's top that name its columns: no figure in their cells but years; 0 where the first row has one."""
    for position, row in enumerate(rows[:4]):
        figures = [word.text for word in row.words[1:] if NUMERIC.match(word.text) and not YEAR.match(word.text)]
        days = any(word.text.rstrip(",").isalpha() for word in row.words) and len(figures) <= 2 and len(row.words) > 3
        if figures and not (days and all(figure.rstrip(",").isdigit() and len(figure) <= 3 for figure in figures)):
            return position
        if _cell_count(row) == 1 and position:
            return position
    return 0 if len(rows) <= 4 else 1


def _column_edge(rows: list[Line]) -> float:
    long = sorted(row.right for row in rows)
    return long[int(len(long) * 0.8)] if long else 0.0


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
    indented = row.left > above.left + 1.2 * above.size
    return not (indented and ended)


def _is_heading(row: Line, body: float, entries: dict[str, int]) -> bool:
    text = row.text
    if _plain(text) in entries:
        return True
    if len(text) > MAX_HEADING or (text[0] == "(" and text[-1] == ")") or not any(character.isalpha() for character in text):
        return False
    if row.size >= 1.18 * body and row.characters >= 2:
        return True
    return row.bold and row.size >= 0.95 * body and len(text) <= 110 and not text.endswith((".", ",", ";", "。", "，", "；", "、"))


def _level(row: Line, body: float) -> int:
    """Level of a heading that the outline does not name: below those that it does."""
    ratio = row.size / body if body else 1.0
    return 4 if ratio >= 1.7 else 5 if ratio >= 1.35 else 6 if ratio >= 1.18 else 7


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
