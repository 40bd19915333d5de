"""Raised marks that the file draws apart from the words they belong to: given to the word that each stands at.

One stands behind its word, or before the first word of a note.
"""

from ingest.parsers.pdf.page import Line, RawPage, Word
from ingest.parsers.pdf.raised import LONGEST_MARK, SMALLER, is_mark
from language.raised import raised

MAX_MARKS = 60  # of one page; more small words are small print


def give_marks(page: RawPage) -> None:
    """Put each small word that stands raised right behind another one there, in place."""
    sizes = sorted(line.size for line in page.lines)
    if not sizes:
        return
    small = SMALLER * sizes[len(sizes) // 2]
    marks = [
        word
        for line in page.lines
        for word in line.words
        if word.bottom - word.top <= small and len(word.text) <= LONGEST_MARK and word.text.isascii() and word.text.isalnum()
    ]
    if not marks or len(marks) > MAX_MARKS:
        return
    hosts: dict[int, list[Word]] = {}
    heads: dict[int, list[Word]] = {}  # by the first word of a line
    for mark in marks:
        if (host := _find_host(page, mark)) is not None:
            hosts.setdefault(id(host), []).append(mark)
        elif (head := _find_head(page, mark)) is not None:
            heads.setdefault(id(head), []).append(mark)
    if not hosts and not heads:
        return
    gone = {id(mark) for found in (*hosts.values(), *heads.values()) for mark in found}
    page.lines = [line for line in (_written(line, hosts, heads, gone) for line in page.lines) if line is not None]


def _find_host(page: RawPage, mark: Word) -> Word | None:
    """Return the word that a mark stands right behind, wherever the file has it."""
    box = _corners(mark)
    for line in page.lines:
        if line.apart or line.turn != mark.turn or not line.top - 0.5 * line.size < mark.top < line.bottom:
            continue
        for word in line.words:
            if abs(word.right - mark.left) < line.size and mark.left > word.left and is_mark(mark.text, box, _corners(word)):
                return word
    return None


def _find_head(page: RawPage, mark: Word) -> Word | None:
    """Return the first word of the line that a mark stands right before."""
    box = _corners(mark)
    for line in page.lines:
        word = line.words[0]
        stands_before = not line.apart and line.turn == mark.turn and word is not mark and mark.right <= word.left
        if stands_before and word.text[0].isalpha() and is_mark(mark.text, box, _corners(word)):
            return word
    return None


def _written(line: Line, hosts: dict[int, list[Word]], heads: dict[int, list[Word]], gone: set[int]) -> Line | None:
    """Return a line with the marks that were given to its words and without those that were given away; None where none is left."""
    if not any(id(word) in gone or id(word) in hosts or id(word) in heads for word in line.words):
        return line
    words: list[Word] = []
    for word in line.words:
        if id(word) in gone:
            continue
        for mark in heads.get(id(word), ()):
            words.append(Word(raised(mark.text), *_corners(mark), True, mark.turn))
        words.append(word)
        for mark in hosts.get(id(word), ()):
            words.append(Word(raised(mark.text), *_corners(mark), False, mark.turn))
    return Line(words, bold=line.bold, hyphenated=line.hyphenated) if words else None


def _corners(word: Word) -> tuple[float, float, float, float]:
    return word.left, word.top, word.right, word.bottom
