"""The words of a collection: its own terms, abbreviations and synonyms, as its admins write them.

They work on the question alone. The index always holds what the analyzer cuts, and never depends on a vocabulary: so a change
counts with the next question, nothing is indexed anew, and the two sides cannot come apart. What a dictionary of one's own would
do while indexing, keep a word whole that the analyzer cuts, is done here by asking for all its parts at once (`parts_of`).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

from retrieval.analyzer import STOPWORDS, Analyzer, get_analyzer
from retrieval.script_fold import fold_script

MAX_LINES = 500
MAX_WORDS = 16  # in a line
MAX_WORD_CHARACTERS = 60
MAX_GROUPS = 16  # that one question names
MAX_READINGS = 4  # of a question, the one as asked counted: each is embedded and compared by itself, 5 ms
_GROUPS_READ = 3  # of those that a question names, how many its readings replace
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff"
_IS_HAN = re.compile(f"[{_HAN}]")
_LETTER = rf"[^\W{_HAN}\u3040-\u30ff]"  # or digit, of a script that is written with spaces
_CLUSTER = re.compile("(?s).[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*")  # a character with the marks that go with it

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
    folded: tuple[tuple[str, ...], ...] = ()  # the words of each group, as `_fold` writes them

    def could_be_named(self, query: str) -> list[Group]:
        """Return the groups of which a word may stand in the query, at the price of a look."""
        read = _fold(query)
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
    return Vocabulary(groups=tuple(groups), folded=tuple(tuple(_fold(word) for word in group) for group in groups))


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
        text = _replace(query, [(start, end, words[group]) for start, end, group in named if group in words])
        found.setdefault(" ".join(_fold(text).split()), text)
    return tuple(found.values())[:MAX_READINGS]


def in_words_of(query: str, groups: Sequence[Group], texts: Sequence[str]) -> str:
    """Return the query in the words that the texts use.

    Of each group the word that it names, where any text holds that; else the one that the first text with any of them holds. A
    word of another script is left to the search: a question does not change its language on the way.
    """
    read = [_Text(text) for text in texts] if groups else []
    changes = []
    for start, end, group in _named(query, groups):
        named = query[start:end]
        if any(text.holds(named) for text in read):
            continue
        alike = [word for word in group if bool(_IS_HAN.search(word)) == bool(_IS_HAN.search(named))]
        found = next((word for text in read for word in alike if text.holds(word)), None)
        if found is not None:
            changes.append((start, end, found))
    return _replace(query, changes)


def parts_of(word: str, analyzer: Analyzer) -> tuple[tuple[str, ...], ...]:
    """Return what a text holds that holds the whole of `word`: its terms; or, where it has Chinese, the pairs of that, since jieba
    may cut it otherwise between other words. Empty: it is made of nothing but stop words."""
    terms, pairs = tuple(dict.fromkeys(analyzer.terms(word))), tuple(dict.fromkeys(analyzer.pairs(word)))
    others = tuple(term for term in terms if not _IS_HAN.match(term))
    return tuple(way for way in ((terms, pairs + others) if pairs else (terms,)) if way)


class _Text:
    """A text and where words stand in it."""

    def __init__(self, text: str) -> None:
        self._text, self._folded = text, _fold(text)

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        """For each folded character, where in the text it was made from."""
        if self._text.isascii():
            return [(place, place + 1) for place in range(len(self._text))]
        return [found.span() for found in _CLUSTER.finditer(self._text) for _ in _fold_cluster(found.group())]

    @cached_property
    def _stems(self) -> str:
        return f" {' '.join(get_analyzer().terms(self._text))} "

    def places(self, word: str) -> list[tuple[int, int]]:
        """Return where the text holds the word, in whatever case, width and script.

        A Chinese end of a word may stand anywhere, as nothing parts it from its neighbours (but see `is_torn`); another only at the
        edge of a word.
        "IT" is not "it": what would be a stop word has to be written as the vocabulary does.
        """
        wanted = _fold(word)
        parts = wanted.split()
        if not parts or not all(part in self._folded for part in parts):
            return []
        left = rf"(?<!{_LETTER})" if re.match(_LETTER, wanted) else ""
        right = rf"(?!{_LETTER})" if re.search(rf"{_LETTER}\Z", wanted) else ""
        pattern = left + r"\s+".join(map(re.escape, parts)) + right
        found = [(self._spans[match.start()][0], self._spans[match.end() - 1][1]) for match in re.finditer(pattern, self._folded)]
        if wanted in STOPWORDS:
            return [(start, end) for start, end in found if _plain(self._text[start:end]) == _plain(word)]
        return found

    @cached_property
    def _chinese_words(self) -> dict[str, list[tuple[int, int]]]:
        """The words of two characters and more that the analyzer cuts, and where they stand."""
        words = {term for term in get_analyzer().terms(self._text) if len(term) > 1 and _IS_HAN.match(term)}
        return {
            word: [(self._spans[match.start()][0], self._spans[match.end() - 1][1]) for match in re.finditer(word, self._folded)]
            for word in words
        }

    def is_torn(self, word: str, place: tuple[int, int]) -> bool:
        """Tell whether a Chinese word stands there only by chance, between the end of one word and the beginning of the next.

        As 社保 does in 旅行社保险. One torn edge is not enough: that is how the analyzer cuts around a word it does not know.
        """
        if not _IS_HAN.search(word) or _fold(word) in self._chinese_words:
            return False
        spans = [span for found in self._chinese_words.values() for span in found]
        return all(any(start < edge < end for start, end in spans) for edge in place)

    def holds(self, word: str) -> bool:
        """Tell whether the word stands here letter for letter, or stem by stem in a row."""
        if self.places(word):
            return True
        stems = "" if _IS_HAN.search(word) else " ".join(get_analyzer().terms(word))
        return bool(stems) and f" {stems} " in self._stems


def _named(query: str, groups: Sequence[Group]) -> list[tuple[int, int, Group]]:
    """Return every place where the query names a group, in order; the longest word of those that overlap."""
    text = _Text(query)
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
        words.setdefault(word if _fold(word) in STOPWORDS else _fold(word), word)
    return tuple(words.values())


def _replace(query: str, changes: Sequence[tuple[int, int, str]]) -> str:
    """Put other words at these places, with a space where letters would touch."""
    for start, end, word in sorted(changes, reverse=True):
        before = " " if start and re.match(_LETTER, query[start - 1]) and re.match(_LETTER, word) else ""
        after = " " if re.match(_LETTER, query[end:]) and re.search(rf"{_LETTER}\Z", word) else ""
        query = f"{query[:start]}{before}{word}{after}{query[end:]}"
    return query


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _fold(text: str) -> str:
    """Return the text without case, width and traditional characters."""
    if text.isascii():
        return text.lower()
    return "".join(_fold_cluster(cluster) for cluster in _CLUSTER.findall(text))


@lru_cache(maxsize=8192)
def _fold_cluster(cluster: str) -> str:
    return fold_script(_plain(cluster).casefold().replace("\u0307", ""))  # İ is i with a dot
