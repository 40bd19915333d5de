"""Sentence boundaries, English and Chinese, in finished text and in a stream; the one splitter of chunking and verification.

One scanner serves all: `_scan` finds where the first sentence of a text ends, or says from where on more text is needed to know.
Citation markers ("[1]", "[1][2]", "［1］", "【1】") after the full stop stay with their sentence. A list number, bullet or heading
marks at the start of a line are layout: they never end a sentence. A row of a table, as the parsers write it ("a | b | c", one a
line, or "name: value; name: value"), is one sentence of a finished text, whatever stops its cells hold.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from language.clauses import read_number
from language.lexicon import word_set
from language.records import begin_alike, is_record

MARKER = r"(?:[\[［【]\s*\d{1,3}(?:\s*[,，、;]\s*\d{1,3})*\s*[\]］】])"
LAYOUT = re.compile(
    r"(?:\s+|[-*+•·◦▪●○]\s+|\d{1,3}[.)、]\s+|\d{1,3}、|[（(]\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[）)]\s*|[一二三四五六七八九十]{1,3}、|#{1,6}\s+|>\s+)*"
)
_MARKERS = re.compile(rf"(?:[^\S\n]*{MARKER})+")
_HALF_MARKER = re.compile(r"[^\S\n]*(?:[\[［【][\s\d,，、;]*)?\Z")
_NEXT_WORD = re.compile(r"\s+[\"'“‘(\[*_]*([^\s]*)\Z")  # the last of the text, perhaps not whole yet
_CLOSERS = "\"'”’」』）)》〉*_`»]"
_OPENERS = "\"'“‘([*_"
_HARD = "。！？!?｡"
_STOP = re.compile(r"[\n。！？!?｡.…]")
_WORD_AHEAD = re.compile(r"\s*([^\s]*)")
_LINE_START = re.compile(
    r"[^\S\n]*(?:[-*+•·◦▪●○]\s|\d{1,3}[.)、]|[（(]\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[）)]|[一二三四五六七八九十]{1,3}、|#{1,6}\s|>|\||第[\d一二三四五六七八九十百零]+[章节条款])"
)
_NEVER_LAST = word_set(
    """
    mr mrs ms dr prof st vs e.g i.e cf fig figs sec eq art vol pp approx gen col lt capt sgt gov sen rep rev hon mt dept est
    ca viz op inc.) nos
    """
)
_OFTEN_LAST = word_set(
    """
    etc inc ltd co corp jr sr a.m p.m u.s u.k u.n e.u d.c al jan feb mar apr jun jul aug sep sept oct nov dec ph.d b.c a.d
    """
)
_BEFORE_NUMBER = word_set(
    """
    no p pp art sec vol fig ch para
    """
)
_STARTERS = word_set(
    """
    the a an it its he she they we you i this that these those there in on at by for from to if when while as after before
    since however but and or so thus no not all each some any his her their our your my what who where why how employees
    please
    """
)
_LEADS_TO_CLAUSE = word_set(
    """
    in of to under with by from per see and or than at on through until article articles section sections clause clauses
    paragraph paragraphs annex part chapter schedule appendix
    """
)
_BAR = re.compile(r"^\s*\||\s\|(?:\s|$)")
_WRAP_WIDTH = 45  # a line at least so wide (Chinese counts double) without a full stop goes on in the next line


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence and where it stands: `text == source[start:end]`."""

    start: int
    end: int
    text: str


def is_table_row(line: str) -> bool:
    """Tell whether a line is a row of a table: bars part its cells, with or without one at its edge."""
    return _BAR.search(line) is not None


def split_sentences(text: str) -> list[Span]:
    """Split a finished text; lines that were wrapped by a page's width are joined, table rows and list items are not.

    Returns: spans without the layout before them (bullets, numbers, heading marks), in order, never empty.
    """
    spans: list[Span] = []
    for start, end in _find_sentences(text):
        stripped = text[start:end].rstrip()
        spans.append(Span(start, start + len(stripped), stripped))
    return spans


def partition_sentences(text: str) -> list[tuple[int, int]]:
    """Split a finished text at the same places, and lose nothing: the layout before a sentence stays with it.

    Returns: (start, end) of each sentence without the white space around it, in order; together the spans hold every character
    that is no white space. Layout that no sentence follows belongs to the last one. Time is linear.
    """
    cuts = [0, *(end for _start, end in _find_sentences(text))]
    cuts[-1] = len(text)  # layout at the end
    pieces = ((begin, end, text[begin:end]) for begin, end in itertools.pairwise(cuts if len(cuts) > 1 else (0, len(text))))
    return [
        (begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())) for begin, _end, piece in pieces if piece.strip()
    ]


def _find_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence of a finished text, without the layout before it."""
    position = without_bars = 0  # no bar parts cells between `position` and `without_bars`: each line is searched once
    while (start := _skip_layout(text, position)) < len(text):
        if start >= without_bars:
            without_bars = _line_end(text, start)
            line = text[start:without_bars]
            is_row = is_table_row(line) or is_record(line)
        else:
            is_row = text[start] == "|"
        position = _line_end(text, start) if is_row else _scan(text, start, start, final=True, wrapped=True).position
        yield start, position


class SentenceBuffer:
    """Cuts a stream into sentences: each is released as soon as it is surely complete, with its trailing markers.

    The layout before a sentence (newlines, bullets, numbers, heading marks) stays at its front: joining what was released gives
    back what was fed.
    """

    def __init__(self) -> None:
        self._text = ""
        self._scanned = 0  # no sentence ends before here, whatever follows: each character is looked at once

    def feed(self, delta: str) -> list[str]:
        """Take the next piece of the stream; return the sentences that it completed."""
        self._text += delta
        released: list[str] = []
        while True:
            start = _skip_layout(self._text, 0)
            if start >= len(self._text):
                return released
            found = _scan(self._text, start, max(start, self._scanned), final=False, wrapped=False)
            if not found.is_end:
                self._scanned = found.position
                return released
            released.append(self._release(found.position))

    def flush(self) -> list[str]:
        """End of the stream: return what is left."""
        released: list[str] = []
        while (start := _skip_layout(self._text, 0)) < len(self._text):
            found = _scan(self._text, start, max(start, self._scanned), final=True, wrapped=False)
            released.append(self._release(found.position))
        self._text, self._scanned = "", 0
        return released

    def _release(self, end: int) -> str:
        sentence, self._text, self._scanned = self._text[:end], self._text[end:], 0
        return sentence


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return end if end >= 0 else len(text)


def _skip_layout(text: str, position: int) -> int:
    match = LAYOUT.match(text, position)
    return match.end() if match else position


class _Found(NamedTuple):
    position: int
    is_end: bool  # of the sentence; else from here on more text is needed


def _scan(text: str, start: int, begin: int, *, final: bool, wrapped: bool) -> _Found:
    """Return where the sentence that begins at `start` ends (its markers included), looking from `begin` on."""
    i = begin
    while stop := _STOP.search(text, i):
        i, char = stop.start(), stop.group()
        if char == "\n":
            if not (wrapped and _is_soft_break(text, start, i)):
                return _Found(i, is_end=True)
            i += 1
        else:
            end = _extend(text, i)
            if not final and _needs_more(text, start, i, end):
                return _Found(i, is_end=False)
            if _ends_here(text, start, i, end):
                return _Found(end, is_end=True)
            i = end
    return _Found(len(text), is_end=final)


def _needs_more(text: str, start: int, i: int, end: int) -> bool:
    """Tell whether what is still to come may change where the full stop at `i` belongs."""
    if _HALF_MARKER.match(text, end):
        return True  # a marker, or the rest of a number, may follow
    next_word = _NEXT_WORD.match(text, end)
    # A quotation mark tells nothing of the word in it; after an abbreviation the whole word counts, not its first letters.
    return next_word is not None and (not next_word.group(1) or (text[i] == "." and _hangs_on_next(text, start, i)))


def _extend(text: str, i: int) -> int:
    """Return the end of the run of full stops, closing quotes and markers that begins at `i`."""
    end = i
    while end < len(text) and (text[end] in _HARD or text[end] in ".…"):
        end += 1
    while end < len(text) and text[end] in _CLOSERS:
        end += 1
    match = _MARKERS.match(text, end)
    return match.end() if match else end


def _ends_here(text: str, start: int, i: int, end: int) -> bool:
    has_marker = bool(re.search(MARKER + r"$", text[i:end]))
    following = text[end : end + 1]
    char = text[i]
    if char in "。！？｡":
        return True
    if has_marker or not following:
        return True
    if not following.isspace():
        # "5.2", "example.com", "?a=b" go on; a Chinese sentence may follow an English full stop without a space
        return _is_cjk(following) and char in "!?." and not text[max(i - 1, 0)].isdigit()
    tail = _WORD_AHEAD.match(text, end)
    next_word = tail.group(1) if tail else ""
    is_ellipsis = char == "…" or text.startswith("..", i)
    if is_ellipsis:
        return not next_word or next_word[0].isupper() or "\n" in text[end : end + 2]
    if char in "!?":
        return not (next_word[:1].islower() and text[i + 1 : i + 2] in _CLOSERS)
    return _is_full_stop(text, start, i, next_word)


def _is_full_stop(text: str, start: int, i: int, next_word: str) -> bool:
    """Tell whether the "." at `i` ends a sentence rather than an abbreviation or an initial."""
    word = _word_before(text, start, i)
    first = next_word.lstrip(_OPENERS)[:1]
    if first.islower():
        return False
    if word in _BEFORE_NUMBER and first.isdigit():
        return False
    if word in _NEVER_LAST:
        return False
    starts_new = next_word.strip(_OPENERS + ",").lower() in _STARTERS
    if word in _OFTEN_LAST:
        return starts_new or not first
    if _is_initial(text, i, word):
        return starts_new or not first
    return True


def _word_before(text: str, start: int, i: int) -> str:
    """Return the word that the full stop at `i` stands after, in lower case."""
    begin = i
    while begin > start and (text[begin - 1].isalnum() or text[begin - 1] in "_.&'’-"):
        begin -= 1
    return text[begin:i].lower().lstrip("'’")


def _hangs_on_next(text: str, start: int, i: int) -> bool:
    word = _word_before(text, start, i)
    return word in _OFTEN_LAST or _is_initial(text, i, word)


def _is_initial(text: str, i: int, word: str) -> bool:
    return len(word) == 1 and word.isalpha() and text[i - 1].isupper()


def _is_soft_break(text: str, start: int, i: int) -> bool:
    """Tell whether the newline at `i` only wraps a line of running text."""
    line_start = text.rfind("\n", 0, i) + 1
    line = text[line_start:i]
    following = text[i + 1 : _line_end(text, i + 1)]
    if not following.strip(" \t") or _LINE_START.match(following):
        return False
    if is_table_row(line) or is_table_row(following) or is_record(line) or is_record(following) or begin_alike(line, following):
        return False
    if _begins_clause(line, following):
        return False
    if line.lstrip().startswith("#") or line.rstrip().endswith((":", "：", ";", "；")):
        return False
    width = sum(2 if _is_cjk(char) else 1 for char in line)
    next_char = following.lstrip(" \t")[:1]
    return width >= _WRAP_WIDTH or next_char.islower() or line.rstrip().endswith((",", "，", "、"))


def _begins_clause(line: str, following: str) -> bool:
    """Tell whether a line begins with a clause's number ("Article 8 (b) the agreement ends early") that no wrap brought there: the
    line before has one too, or words begin behind it."""
    number = read_number(following)
    if number is None or number.is_plain or (not number.kind and not number.is_below and len(number.steps) == 1):
        return False  # "2." is layout
    above = read_number(line)
    follows_number = above is not None and not above.is_plain
    if number.is_below:
        return follows_number
    words = line.split()
    if words and (words[-1].casefold() in _LEADS_TO_CLAUSE or words[-1].endswith((",", "，", "、"))):
        return False
    rest = following[number.length :].lstrip(" \t–—-")
    return follows_number or rest[:1].isupper() or following[number.length - 1 : number.length] in (".", ":")


def _is_cjk(char: str) -> bool:
    return "\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\uff00" <= char <= "\uffef"
