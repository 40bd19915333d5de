"""The words of a collection: its own terms, abbreviations and synonyms, as its admins write them.

They work on the question alone. The index always holds what the analyzer cuts, and never depends on a vocabulary: so a change
counts with the next question, nothing is indexed anew, and the two sides cannot come apart. What a dictionary of one's own would
do while indexing, keep a word whole that the analyzer cuts, is done here by asking for all its parts at once (`parts_of`).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from language.analyzer import STOPWORDS, Analyzer
from retrieval.word_places import WordPlaces, fold, has_han, replace_words

MAX_LINES = 500
MAX_WORDS = 16  # in a line
MAX_WORD_CHARACTERS = 60
MAX_GROUPS = 16  # that one question names
MAX_READINGS = 4  # of a question, the one as asked counted: each is embedded and compared by itself, 5 ms
_GROUPS_READ = 3  # of those that a question names, how many its readings replace

Group = tuple[str, ...]


class BadVocabulary(ValueError):
    """`line` cannot be read."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`groups`: words that mean the same; a group of one is a term of its own."""

    groups: tuple[Group, ...] = ()
    folded: tuple[tuple[str, ...], ...] = ()  # the words of each group, as `fold` writes them

    def could_be_named(self, query: str) -> list[Group]:
        """Return the groups of which a word may stand in the query, at the price of a look."""
        read = fold(query)
        return [
            group
            for group, folded in zip(self.groups, self.folded, strict=True)
            if any(all(part in read for part in word.split()) for word in folded)
        ]


@lru_cache(maxsize=256)
def read_vocabulary(text: str) -> Vocabulary:
    """Read lines like "PTO = paid time off = annual leave"; a line without "=" is one term. Raises: BadVocabulary."""
    groups: list[Group] = []
    for line in unicodedata.normalize("NFC", text).splitlines():
        words = tuple(dict.fromkeys(" ".join(word.split()) for word in line.replace("＝", "=").split("=") if word.strip()))
        if not words:
            continue
        if len(groups) >= MAX_LINES or len(words) > MAX_WORDS or any(len(word) > MAX_WORD_CHARACTERS for word in words):
            raise BadVocabulary(line.strip())
        groups.append(words)
    return Vocabulary(groups=tuple(groups), folded=tuple(tuple(fold(word) for word in group) for group in groups))


def find_groups(query: str, vocabularies: Iterable[Vocabulary]) -> tuple[Group, ...]:
    """Return the groups of which the query names a word, in its order, at most MAX_GROUPS.

    Two that are named by the same word are one: "PTO" is paid time off to one collection, and annual leave to another. A group of
    a single word counts too: it is looked for as a whole, however the analyzer cuts it in the query.
    """
    possible = [group for vocabulary in vocabularies for group in vocabulary.could_be_named(query)]
    return tuple(dict.fromkeys(group for _start, _end, group in _named(query, possible)))[:MAX_GROUPS]


def readings(query: str, groups: Sequence[Group]) -> tuple[str, ...]:
    """Return the query, and the query with what it names put in the other words of its group; at most MAX_READINGS.

    An encoder has never heard that PTO is paid time off. Measured on squad2-a, 217 questions whose names were replaced by made-up
    words that a vocabulary explains: nDCG@10 .77 with the words in the keyword leg alone, .945 with readings (as first asked: the
    same), .938 where each word has a wrong synonym besides.
    """
    named = _named(query, groups)
    replaced = list(dict.fromkeys(group for _start, _end, group in named))[:_GROUPS_READ]
    choices = product(*(range(1 + min(MAX_READINGS, len(group))) for group in replaced))  # 0: as it is
    found: dict[str, str] = {}
    for choice in sorted(choices, key=sum):
        words = {group: group[number - 1] for group, number in zip(replaced, choice, strict=True) if number}
        text = replace_words(query, [(start, end, words[group]) for start, end, group in named if group in words])
        found.setdefault(" ".join(fold(text).split()), text)
    return tuple(found.values())[:MAX_READINGS]


def in_words_of(query: str, groups: Sequence[Group], texts: Sequence[str]) -> str:
    """Return the query in the words that the texts use.

    Of each group the word that it names, where any text holds that; else the one that the first text with any of them holds. A
    word of another script is left to the search: a question does not change its language on the way.
    """
    read = [WordPlaces(text) for text in texts] if groups else []
    changes = []
    for start, end, group in _named(query, groups):
        named = query[start:end]
        if any(text.holds(named) for text in read):
            continue
        alike = [word for word in group if has_han(word) == has_han(named)]
        found = next((word for text in read for word in alike if text.holds(word)), None)
        if found is not None:
            changes.append((start, end, found))
    return replace_words(query, changes)


def parts_of(word: str, analyzer: Analyzer) -> tuple[tuple[str, ...], ...]:
    """Return what a text holds that holds the whole of `word`: its terms; or, where it has Chinese, the pairs of that, since jieba
    may cut it otherwise between other words. Empty: it is made of nothing but stop words."""
    terms, pairs = tuple(dict.fromkeys(analyzer.terms(word))), tuple(dict.fromkeys(analyzer.pairs(word)))
    others = tuple(term for term in terms if not has_han(term[0]))
    return tuple(way for way in ((terms, pairs + others) if pairs else (terms,)) if way)


def _named(query: str, groups: Sequence[Group]) -> list[tuple[int, int, Group]]:
    """Return every place where the query names a group, in order; the longest word of those that overlap."""
    text = WordPlaces(query)
    found: dict[tuple[int, int], list[Group]] = {}
    for group in groups:
        for place in {place for word in group for place in text.places(word) if not text.is_torn(word, place)}:
            found.setdefault(place, []).append(group)
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda place: (place[0] - place[1], place)):
        if all(end <= before or after <= start for before, after in kept):
            kept.append((start, end))
    return [(*place, _join(found[place])) for place in sorted(kept)]


def _join(groups: Sequence[Group]) -> Group:
    """Return the words of all, each once whatever its case."""
    words: dict[str, str] = {}
    for word in (word for group in groups for word in group):
        words.setdefault(word if fold(word) in STOPWORDS else fold(word), word)
    return tuple(words.values())
