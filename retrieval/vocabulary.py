"""The words of a collection: its own terms, abbreviations and synonyms, as its admins write them.

They work on the question alone. The index always holds what the analyzer cuts, and never depends on a vocabulary: so a change
counts with the next question, nothing is indexed anew, and the two sides cannot come apart. What a dictionary of one's own would
do while indexing, keep a word whole that the analyzer cuts, is done here by asking for all its parts at once (`Analyzer.parts`).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from retrieval.analyzer import STOPWORDS, get_analyzer
from retrieval.script_fold import fold_script

MAX_LINES = 500
MAX_WORD_CHARACTERS = 60
MAX_READINGS = 4  # of a question, the one as asked counted: each is embedded and compared by itself, 5 ms
_GROUPS_REPLACED = 3  # in one question
_HAN = re.compile("[\u3400-\u9fff]")

Groups = Sequence[Sequence[str]]


class BadVocabulary(ValueError):
    """`line` cannot be read."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`groups`: words that mean the same; a group of one is a term of its own."""

    groups: tuple[tuple[str, ...], ...] = ()

    def find(self, query: str) -> tuple[tuple[str, ...], ...]:
        """Return the groups of which the query names a word.

        Also that of a single word: it is looked for as a whole, however the analyzer cuts it in the query.
        """
        return tuple(group for group in self.groups if any(_place(query, word) for word in group))


@lru_cache(maxsize=256)
def read_vocabulary(text: str) -> Vocabulary:
    """Read lines like "PTO = paid time off = annual leave"; a line without "=" is one term. Raises: BadVocabulary."""
    groups: list[tuple[str, ...]] = []
    for line in unicodedata.normalize("NFC", text).splitlines():
        words = tuple(dict.fromkeys(" ".join(word.split()) for word in line.replace("＝", "=").split("=") if word.strip()))
        if not words:
            continue
        if len(groups) >= MAX_LINES or any(len(word) > MAX_WORD_CHARACTERS for word in words):
            raise BadVocabulary(line.strip())
        groups.append(words)
    return Vocabulary(groups=tuple(groups))


def readings(query: str, groups: Groups) -> tuple[str, ...]:
    """Return the query, and the query with what it names put in the other words of its group; at most MAX_READINGS.

    An encoder has never heard that PTO is paid time off. Measured on squad2-a, 217 questions whose names were replaced by made-up
    words that a vocabulary explains: nDCG@10 .77 with the words in the keyword leg alone, .945 with readings (as first asked: the
    same), .938 where each word has a wrong synonym besides.
    """
    named = _named(query, groups)[:_GROUPS_REPLACED]
    ways = [(query[start:end], *(word for word in group if not _is_same(word, query[start:end]))) for start, end, group in named]
    choices = sorted(product(*(range(min(MAX_READINGS, len(words))) for words in ways)), key=sum)[:MAX_READINGS]
    spans = [(start, end) for start, end, _group in named]
    return tuple(_replace(query, spans, [words[one] for words, one in zip(ways, choice, strict=True)]) for choice in choices)


def in_words_of(query: str, groups: Groups, texts: Sequence[str]) -> str:
    """Return the query in the words that the texts use: of each group the one that it names where any text holds it, else the one
    that the first text with any of them holds."""
    analyzer = get_analyzer()
    held = [{*analyzer.terms(text), *analyzer.pairs(text)} for text in texts] if groups else []
    spans, words = [], []
    for start, end, group in _named(query, groups):
        named = query[start:end]
        found = (word for place in held for word in group if _holds(place, word))
        spans.append((start, end))
        words.append(named if any(_holds(place, named) for place in held) else next(found, named))
    return _replace(query, spans, words)


def _holds(terms: set[str], word: str) -> bool:
    return any(terms.issuperset(way) for way in get_analyzer().parts(word))


def _named(query: str, groups: Groups) -> list[tuple[int, int, Sequence[str]]]:
    """Return where the query names each group, by the longest of its words, in order and without overlaps."""
    found = []
    for group in groups:
        places = [place for word in group if (place := _place(query, word))]
        if places:
            found.append((*max(places, key=lambda place: place[1] - place[0]), group))
    found.sort(key=lambda one: (one[0], -one[1]))
    return [one for number, one in enumerate(found) if all(one[0] >= before[1] for before in found[:number])]


def _place(query: str, word: str) -> tuple[int, int] | None:
    """Return where the query holds the word, in whatever case, width and script: a Chinese one anywhere, another between the edges
    of words. "IT" is not "it"."""
    (read, starts), (wanted, _) = _fold(query), _fold(word)
    if wanted not in read:
        return None
    edges = "{}" if _HAN.search(wanted) else r"(?<!\w){}(?!\w)"
    for found in re.finditer(edges.format(re.escape(wanted)), read):
        start, end = starts[found.start()], starts[found.end() - 1] + 1
        if wanted not in STOPWORDS or unicodedata.normalize("NFKC", query[start:end]) == word:
            return start, end
    return None


def _replace(query: str, spans: Sequence[tuple[int, int]], words: Sequence[str]) -> str:
    for (start, end), word in sorted(zip(spans, words, strict=True), reverse=True):
        query = query[:start] + word + query[end:]
    return query


def _is_same(one: str, other: str) -> bool:
    return _fold(one)[0] == _fold(other)[0]


@lru_cache(maxsize=4096)
def _fold(text: str) -> tuple[str, list[int]]:
    """Return the text without case, width and traditional characters; and of each character, which one it was made from."""
    folded = [fold_script(unicodedata.normalize("NFKC", character).casefold()) for character in text]
    return "".join(folded), [place for place, made in enumerate(folded) for _ in made]
