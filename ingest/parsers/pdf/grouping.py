"""Which lines of a page belong together: paragraphs, list items, headings, rows of tables."""

import itertools
import re
import statistics
from dataclasses import replace

from ingest.parsers.pdf.page import Line, Word
from ingest.parsers.pdf.tables.cells import BULLET
from ingest.parsers.pdf.tables.unruled import find_table_rows
from language.hyphens import HYPHENS
from language.raised import join_fractions

ENDS_SENTENCE = re.compile(r"[.!?:;。！？：；][\"'”’」』）)]*$")
NUMBERED = re.compile(r"^\d{1,2}$")
RAISED_MARK = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]")
# What begins a clause of a contract or a regulation: "§ 5", "Article 7", 第二条, （一）, 一、
CLAUSE = re.compile(
    r"§+ ?\d|第[一二三四五六七八九十百零〇\d]{1,6}[条條章节節编編篇款项]"
    r"|[（(][一二三四五六七八九十]{1,3}[）)]|[一二三四五六七八九十]{1,3}、"
    r"|(?:Article|Section|Clause|Chapter|Annex|Appendix|Artikel|Art\.) \d"
)
LEADER = re.compile(r"(?<=\S)\s*(?:(?:[.·]\s?){4,}|[…‥]{2,})\s*(?=\S)")  # dots between a text and what stands at its line's end
MAX_LED = 3  # words behind the dots
CLAUSE_STARTS = frozenset("§第（(一二三四五六七八九十ASC")
MAX_HEADING_ROWS = 3
MAX_PARTS = 4  # of a fraction, with the word before it: "5", "¹", "/", "₂"
LARGE = 1.18  # times the size of the body: larger print is a heading
MAX_HEADING = 160


def merge_rows(lines: list[Line]) -> list[Line]:
    """Join lines that follow each other in the file and stand on the same baseline, left to right: cells of one row."""
    rows: list[Line] = []
    for line in lines:
        last = rows[-1] if rows else None
        overlap = min(line.bottom, last.bottom) - max(line.top, last.top) if last else 0.0
        if last and overlap > 0.6 * min(line.size, last.size) and line.left >= last.right - 0.3 * last.size:
            first = replace(line.words[0], spaced=line.left - last.right > 0.15 * last.size)
            words = [*last.words, first, *line.words[1:]]
            is_mixed = last.bold and (line.is_mixed or not line.bold)
            rows[-1] = Line(words, bold=last.bold and line.bold, hyphenated=line.hyphenated, is_mixed=is_mixed)
        else:
            rows.append(line)
    return [_with_fractions(row) if any("/" in word.text for word in row.words) else row for row in rows]


def _with_fractions(row: Line) -> Line:
    """Write the parts of a fraction that stand raised and lowered beside a stroke, each a word of its own, as one: "5 1/2"."""
    words: list[Word] = []
    for number, word in enumerate(row.words):
        together = [word]
        while words and not together[0].spaced and len(together) < MAX_PARTS and number:
            together.insert(0, words.pop())
        text = "".join(one.text for one in together)
        whole = join_fractions(text)
        if whole == text:
            words += together
            continue
        edges = (together[0].left, min(one.top for one in together), word.right, max(one.bottom for one in together))
        words.append(Word(whole, *edges, together[0].spaced, word.turn))
    return Line(words, bold=row.bold, hyphenated=row.hyphenated, apart=row.apart)


def group_rows(rows: list[Line], *, body: float, edge: float, entries: dict[str, int]) -> list[tuple[str, list[Line]]]:
    """Return the rows as (kind, rows) in reading order."""
    in_table = find_table_rows(rows)
    headings = _find_headings(rows, body, entries)
    right = max(edge, far_edge([row.right for row in rows]))
    usual = _usual_gap(rows)
    led = [not is_row and _take_leaders(row) for row, is_row in zip(rows, in_table, strict=True)]
    groups: list[tuple[str, list[Line]]] = []
    for position, row in enumerate(rows):
        if in_table[position]:
            kind = "table"
        elif headings[position]:
            kind = "heading"
        elif led[position] or _is_item(row):
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
                and not led[position - 1]
                and last_kind in ("paragraph", "list")
                and not (last_kind == "list" and _is_outdented(last_rows, row, usual=usual))
                and _continues(above, row, usual=usual, right=_column_edge(rows, position, right))
            )
            if (same_heading and len(last_rows) < MAX_HEADING_ROWS and plain(above.text) not in entries) or goes_on:
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


def _take_leaders(row: Line) -> bool:
    """Write the dots that lead from a text to what stands at its line's end as one sign: "Coffee … 2.50". False: there are none."""
    if row.text.count(".") < 4 and not any(sign in row.text for sign in "·…‥"):
        return False
    *_, last = [None, *LEADER.finditer(row.text)]
    if last is None or len(row.text[last.end() :].split()) > MAX_LED:
        return False
    words: list[Word] = []
    for word in row.words:
        is_dots = not word.text.strip(".·…‥")
        if is_dots and words and words[-1].text == "…":
            continue  # dots that stand apart
        text = "…" if is_dots and (len(word.text) > 1 or row.text.count(" .") > 3) else LEADER.sub(" … ", word.text)
        words.append(word if text == word.text else replace(word, text=text))
    row.words = words
    return True


def _is_outdented(item: list[Line], row: Line, *, usual: float) -> bool:
    """Tell whether a row stands left of the text of the item above, whose lines hang behind its bullet or end before a gap."""
    text, last = item[0].words[1].left, item[-1]
    if row.left >= text - 0.5 * row.size:
        return False
    hangs = len(item) > 1 and abs(item[1].left - text) < 0.5 * row.size
    apart = row.top - last.bottom > min(usual + 0.15 * row.size, 0.5 * row.size)
    return hangs or (apart and bool(ENDS_SENTENCE.search(last.words[-1].text)))


def far_edge(rights: list[float]) -> float:
    rights = sorted(rights)
    return rights[int(len(rights) * 0.8)] if rights else 0.0


def _column_edge(rows: list[Line], position: int, otherwise: float) -> float:
    """Return where the column of a row ends: how far the lines around reach that begin where it does."""
    left = rows[position].left
    rights = [row.right for row in rows[max(0, position - 8) : position + 9] if abs(row.left - left) < 1.5 * row.size]
    return far_edge(rights) if len(rights) >= 5 else otherwise


def _usual_gap(rows: list[Line]) -> float:
    gaps = [below.top - above.bottom for above, below in itertools.pairwise(rows) if below.top > above.top]
    gaps = [gap for gap in gaps if gap < 40]
    return statistics.median_low(gaps) if gaps else 0.0


def _continues(above: Line, row: Line, *, usual: float, right: float) -> bool:
    """True where the row goes on with the paragraph of the row above."""
    if abs(row.size - above.size) > 0.15 * above.size or (row.bold != above.bold and len(row.words) < 12):
        return False
    ended = bool(ENDS_SENTENCE.search(above.words[-1].text))
    if ended and RAISED_MARK.match(row.words[0].text):  # a note begins
        return False
    if row.top < above.top:  # the next column
        return not ended
    if row.top - above.bottom > usual + 0.4 * above.size:
        return False
    if above.hyphenated or above.words[-1].text.endswith(HYPHENS):
        return True
    short = above.right < right - 6 * above.size
    if (ended or short) and row.words[0].text[0] in CLAUSE_STARTS and CLAUSE.match(row.text):
        return False
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
            found[position:end] = [plain(row.text) in entries for row in rows[position:end]]
        position = end
    return found


def _is_running_text(rows: list[Line]) -> bool:
    return sum(_width(row.text) for row in rows) > 50 * len(rows)


def _is_heading(row: Line, body: float, entries: dict[str, int]) -> bool:
    text = row.text
    if plain(text) in entries:
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


def heading_level(row: Line, body: float) -> int:
    """Level of a heading that the outline does not name: below those that it does."""
    ratio = row.size / body if body else 1.0
    return 4 if ratio >= 1.7 else 5 if ratio >= 1.35 else 6 if ratio >= LARGE else 7


def plain(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
