"""Passages that say again what better ones say: the best stays where it is, the others step behind what differs.

Word for word, which the index knows by a digest; and sentence by sentence, which takes the texts: a copy that was cut elsewhere, or
leaves something out. A sentence counts as told only as a whole and in the same place of a document (title, headings, table header):
"not", a figure, a name or another heading before it may turn it into something else.
"""

import hashlib
import re
import unicodedata
from collections.abc import Hashable, Sequence

from retrieval.types import Hit

_SIGNS = "%‰$€£¥₹<>≤≥±+=°"  # $5 is not €5, nor 5 %
_NOISE = re.compile(rf"(?:[^\w{_SIGNS}]|_)+")
_MINUS = re.compile(r"(?<!\w)[-\u2212](?=\d)")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s|[。！？；\n]")
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


class Told:
    """What passages have said so far, sentence by sentence."""

    def __init__(self) -> None:
        self._sentences: dict[Hashable, set[str]] = {}

    def add(self, text: str, *, place: Hashable = None) -> bool:
        """Return whether every sentence of `text` was told before in the same place; else take it in.

        Case, width, punctuation and articles do not count. A text without a word repeats nothing.

        Args:
            place: what the sentences hang on: the passage's title, headings and table header.
        """
        cut = ([word for word in _WORD.findall(_fold(part)) if word not in _ARTICLES] for part in _SENTENCE_END.split(text))
        sentences = {" ".join(words) for words in cut if words}
        told = self._sentences.setdefault(place, set())
        if sentences and sentences <= told:
            return True
        told |= sentences
        return False


def _fold(text: str) -> str:
    return _MINUS.sub(" minus ", unicodedata.normalize("NFKC", text).casefold())
