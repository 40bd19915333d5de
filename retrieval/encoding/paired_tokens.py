"""Late interaction for two encoders: each text has the token vectors of one of them, and only like is compared with like.

Vectors of the second encoder stand behind one byte, so that their length is odd; those of the first have an even one.
"""

from collections.abc import Sequence

from retrieval.tokens import Projection
from retrieval.types import Closeness

MARK = b"\1"
Packed = bytes | memoryview


def mark(tokens: bytes) -> bytes:
    """Return token vectors of the second encoder as they are kept."""
    return MARK + tokens


def is_marked(tokens: Packed) -> bool:
    """Whether these are the second encoder's, none at all included."""
    return len(tokens) % 2 == 1


def unmark(tokens: Packed) -> Packed:
    """Return the second encoder's token vectors as it packed them."""
    return tokens[1:] if is_marked(tokens) else b""


class PairedProjection:
    """A `retrieval.ports.LateInteraction`."""

    def __init__(self, first: Projection, second: Projection) -> None:
        self.first, self.second = first, second

    @property
    def token_bytes(self) -> int:
        """Bytes that one packed token of the first encoder takes."""
        return self.first.token_bytes

    def max_sim(self, query: bytes, passages: Sequence[Packed], *, weights: Sequence[float] | None = None) -> list[float | None]:
        """As `Projection.max_sim`; None for a passage whose token vectors are the other encoder's."""
        if is_marked(query):
            return self.second.max_sim(query[1:], [unmark(passage) for passage in passages], weights=weights)
        return self.first.max_sim(query, _of_first(passages), weights=weights)

    def compare(
        self, query: bytes, passages: Sequence[Packed], *, weights: Sequence[float], words: Sequence[tuple[str, int]] = ()
    ) -> list[Closeness | None]:
        """As `Projection.compare`; None for a passage whose token vectors are the other encoder's."""
        if is_marked(query):
            return self.second.compare(query[1:], [unmark(passage) for passage in passages], weights=weights, words=words)
        return self.first.compare(query, _of_first(passages), weights=weights, words=words)


def _of_first(passages: Sequence[Packed]) -> list[Packed]:
    return [b"" if is_marked(passage) else passage for passage in passages]
