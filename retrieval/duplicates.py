"""Passages that say again what better ones say: the best stays where it is, the others step behind what differs.

Word for word, which the index knows by a digest; and sentence by sentence, which takes the texts: a copy that was cut elsewhere, an
excerpt, a boilerplate in other clothes. A single word that no better passage has keeps a passage in its place, for it may be the
figure, the name or the "not" that matters.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from retrieval.types import Hit

_SIGNS = "%‰$€£¥₹<>≤≥±+=°"  # $5 is not €5, nor 5 %
_NOISE = re.compile(rf"(?:[^\w{_SIGNS}]|_)+")
_MINUS = re.compile(r"(?<!\w)[-\u2212](?=\d)")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s|[。！？；\n]")
_WORD = re.compile(rf"[\u3400-\u9fff{_SIGNS}]|[^\W_\u3400-\u9fff]+")
_IDLE_WORDS = "a an the of to and or in on at by for with is are be this that 的 了 和 与 及 是 在"
_IDLE = frozenset(_IDLE_WORDS.split())


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
        self._texts: list[str] = []

    def add(self, text: str) -> bool:
        """Return whether every sentence of `text` stands in one text or another before it; else take it in.

        Case, width, punctuation and idle words do not count. A text without a word repeats nothing.
        """
        cut = ([word for word in _WORD.findall(_fold(part)) if word not in _IDLE] for part in _SENTENCE_END.split(text))
        sentences = [" ".join(words) for words in cut if words]
        if sentences and all(any(f" {words} " in told for told in self._texts) for words in sentences):
            return True
        self._texts.append(f" {' '.join(sentences)} ")
        return False


def _fold(text: str) -> str:
    return _MINUS.sub(" minus ", unicodedata.normalize("NFKC", text).casefold())
