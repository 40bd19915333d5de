"""Demote passages that repeat better ones: the best keeps its rank, the repeats move behind passages that say something else.

Word for word, which the index recognises by a digest; and sentence by sentence, which needs the texts: it finds copies that were
cut elsewhere or leave something out. A sentence counts as seen only as a whole and in the same place of a document (its title,
headings and table header): "not", a figure, a name or another heading before it may change its meaning.
"""

import hashlib
import re
from collections.abc import Hashable, Sequence

from language.raised import fold_compatibility
from language.sentences import partition_sentences
from retrieval.types import Hit

_SIGNS = "%‰$€£¥₹<>≤≥±+=°"  # $5 is not €5, nor 5 %
_NOISE = re.compile(rf"(?:[^\w{_SIGNS}]|_)+")
_MINUS = re.compile(r"(?<!\w)[-\u2212](?=\d)")
_SEMICOLON = re.compile(r";\s|；")
_WORD = re.compile(rf"[\u3400-\u9fff{_SIGNS}]|\d+(?:[.,:/]\d+)*|[^\W_\u3400-\u9fff]+")
_ARTICLES = frozenset(("a", "an", "the", "的"))


def text_digest(text: str) -> int:
    """Return 64 bits that are equal for texts that differ in case, width, spacing and punctuation alone.

    Numbers and their signs count: two versions of a rule that differ in one figure are not duplicates.
    """
    normal = _NOISE.sub(" ", _fold(text)).strip()
    return int.from_bytes(hashlib.sha256(normal.encode()).digest()[:8], "big")


def demote_duplicates(hits: Sequence[Hit], digests: Sequence[int | None]) -> tuple[Hit, ...]:
    """Return all hits, the first of each text in its order, then the repeats in theirs. Nothing is dropped here.

    Args:
        digests: of each hit's text; None counts as unlike any other.
    """
    seen: set[int] = set()
    first: list[Hit] = []
    repeats: list[Hit] = []
    for hit, digest in zip(hits, digests, strict=True):
        if digest is not None and digest in seen:
            repeats.append(hit._replace(is_repeat=True))
            continue
        if digest is not None:
            seen.add(digest)
        first.append(hit)
    return (*first, *repeats)


class SeenSentences:
    """The sentences of the passages seen so far, by their place in a document."""

    def __init__(self) -> None:
        self._sentences: dict[Hashable, set[str]] = {}
        self._first: dict[Hashable, str] = {}  # most places hold one passage, whose text need not be split

    def add(self, text: str, *, place: Hashable = None) -> bool:
        """Return whether every sentence of `text` was seen before in the same place; otherwise add its sentences.

        Case, width, punctuation and articles do not count. A text without a word repeats nothing.

        Args:
            place: what gives the sentences their meaning: the passage's title, headings and table header.
        """
        if place not in self._sentences:
            if place not in self._first:
                self._first[place] = text
                return False
            self._sentences[place] = _sentences_of(self._first[place])
        seen, sentences = self._sentences[place], _sentences_of(text)
        if sentences and sentences <= seen:
            return True
        seen |= sentences
        return False


def _sentences_of(text: str) -> set[str]:
    """Return the words of each sentence, and of each part between semicolons. A list's number is a word: it may differ."""
    parts = (part for start, end in partition_sentences(text) for part in _SEMICOLON.split(text[start:end]))
    cut = ([word for word in _WORD.findall(_fold(part)) if word not in _ARTICLES] for part in parts)
    return {" ".join(words) for words in cut if words}


def _fold(text: str) -> str:
    return _MINUS.sub(" minus ", fold_compatibility(text).casefold())
