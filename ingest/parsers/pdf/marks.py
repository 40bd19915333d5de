"""Raised marks that the file draws apart from the words they belong to: given to the word that each stands at."""

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
    for mark in marks:
        host = _find_host(page, mark)
        if host is not None:
            hosts.setdefault(id(host), []).append(mark)
    if not hosts:
        return
    gone = {id(mark) for found in hosts.values() for mark in found}
    page.lines = [line for line in (_written(line, hosts, gone) for line in page.lines) if line is not None]


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


def _written(line: Line, hosts: dict[int, list[Word]], gone: set[int]) -> Line | None:
    """Return a line with the marks that were given to its words and without those that were given away; None where none is left."""
    if not any(id(word) in gone or id(word) in hosts for word in line.words):
        return line
    words: list[Word] = []
    for word in line.words:
        if id(word) in gone:
            continue
        words.append(word)
        for mark in hosts.get(id(word), ()):
            words.append(Word(raised(mark.text), *_corners(mark), False, mark.turn))
    return Line(words, bold=line.bold, hyphenated=line.hyphenated) if words else None


def _corners(word: Word) -> tuple[float, float, float, float]:
    return word.left, word.top, word.right, word.bottom
