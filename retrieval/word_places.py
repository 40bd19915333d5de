"""Where a word stands in a text, in whatever case, width and script, and putting another in its place."""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from language.analyzer import STOPWORDS, get_analyzer
from language.raised import fold_compatibility
from language.scripts.script_fold import fold_script

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff"
_IS_HAN = re.compile(f"[{_HAN}]")
_LETTER = rf"[^\W{_HAN}\u3040-\u30ff]"  # or digit, of a script that is written with spaces
_CLUSTER = re.compile("(?s).[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*")  # a character with the marks that go with it


class WordPlaces:
    """A text, and where words stand in it."""

    def __init__(self, text: str) -> None:
        self._text, self._folded = text, fold(text)

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
        edge of a word. "IT" is not "it": what would be a stop word has to be written as the vocabulary does.
        """
        wanted = fold(word)
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
        if not has_han(word) or fold(word) in self._chinese_words:
            return False
        spans = [span for found in self._chinese_words.values() for span in found]
        return all(any(start < edge < end for start, end in spans) for edge in place)

    def holds(self, word: str) -> bool:
        """Tell whether the word stands here letter for letter, or stem by stem in a row."""
        if self.places(word):
            return True
        stems = "" if has_han(word) else " ".join(get_analyzer().terms(word))
        return bool(stems) and f" {stems} " in self._stems


def has_han(word: str) -> bool:
    """Tell whether any of its characters is Chinese."""
    return _IS_HAN.search(word) is not None


def replace_words(query: str, changes: Sequence[tuple[int, int, str]]) -> str:
    """Put other words at these places, with a space where letters would touch."""
    for start, end, word in sorted(changes, reverse=True):
        before = " " if start and re.match(_LETTER, query[start - 1]) and re.match(_LETTER, word) else ""
        after = " " if re.match(_LETTER, query[end:]) and re.search(rf"{_LETTER}\Z", word) else ""
        query = f"{query[:start]}{before}{word}{after}{query[end:]}"
    return query


def _plain(text: str) -> str:
    return fold_compatibility(text)


def fold(text: str) -> str:
    """Return the text without case, width and traditional characters."""
    if text.isascii():
        return text.lower()
    return "".join(_fold_cluster(cluster) for cluster in _CLUSTER.findall(text))


@lru_cache(maxsize=8192)
def _fold_cluster(cluster: str) -> str:
    return fold_script(_plain(cluster).casefold().replace("\u0307", ""))  # İ is i with a dot
