"""Passages that say the same word for word: the best stays where it is, the others step behind what differs."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from retrieval.types import Hit

_NOISE = re.compile(r"[\W_]+")


def text_digest(text: str) -> int:
    """Return 64 bits that are equal for texts that differ in case, width, spacing and punctuation alone.

    Numbers count: two versions of a rule that differ in one figure are not duplicates.
    """
    normal = _NOISE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
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
