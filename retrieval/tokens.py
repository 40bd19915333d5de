"""Late interaction: token vectors, projected, quantised to four bits and packed, and MaxSim over them.

A token vector is projected to 64 dimensions (PCA, one matrix per encoder), brought to unit length, and each value is
rounded to one of 16 levels across ±3 standard deviations of its dimension: 32 bytes a token. Passages are compared
packed against float queries (asymmetric), so only the passage side loses precision.
Source: Khattab and Zaharia, "ColBERT", SIGIR 2020 (MaxSim); Santhanam et al., "ColBERTv2", NAACL 2022 (few-bit residuals).
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from importlib import resources

import numpy as np
import numpy.typing as npt

from retrieval.types import UNMET, Closeness

Floats = npt.NDArray[np.float32]

_WORD = re.compile(r"\w+|[^\w\s]")
LEVELS = 16
REACH = 3.0  # standard deviations on each side that the levels cover


class Projection:
    """The matrix of one encoder and the scale of each projected dimension.

    Args:
        matrix: [encoder dimension, projected dimension], float32; projected dimension even.
        deviation: [projected dimension], standard deviation of the unit-length projected values.
    """

    def __init__(self, matrix: Floats, deviation: Floats) -> None:
        self.matrix = np.ascontiguousarray(matrix, dtype=np.float32)
        self.step = (np.asarray(deviation, dtype=np.float32) * np.float32(2 * REACH / LEVELS)).astype(np.float32)

    @property
    def dimension(self) -> int:
        return int(self.matrix.shape[1])

    @property
    def token_bytes(self) -> int:
        """Bytes that one packed token takes."""
        return self.dimension // 2

    def project(self, tokens: Floats) -> Floats:
        """Return [tokens, projected dimension], float32, unit length."""
        projected = tokens.astype(np.float32, copy=False) @ self.matrix
        norms = np.linalg.norm(projected, axis=1, keepdims=True)
        result: Floats = projected / np.maximum(norms, 1e-9)
        return result

    def pack(self, projected: Floats) -> bytes:
        """Return the packed codes of projected token vectors, `token_bytes` each."""
        codes = np.clip(np.floor(projected / self.step) + LEVELS // 2, 0, LEVELS - 1).astype(np.uint8)
        packed: bytes = (codes[:, 0::2] | (codes[:, 1::2] << 4)).tobytes()
        return packed

    def max_sim(
        self, query: bytes, passages: Sequence[bytes | memoryview], *, weights: Sequence[float] | None = None
    ) -> list[float | None]:
        """Return the mean over query tokens of the best inner product with a token of each passage, about [-1, 1].

        Args:
            query: float32 projected token vectors, as `Embedder.embed_query` gives them.
            passages: packed token vectors; an empty one gives None.
            weights: of the query tokens in the mean, > 0; None: all alike.
        """
        filled, best = self._best_matches(query, passages)
        scores: list[float | None] = [None] * len(passages)
        if len(best):
            for position, score in zip(filled, np.average(best, axis=1, weights=weights).tolist(), strict=True):
                scores[position] = score
        return scores

    def compare(
        self,
        query: bytes,
        passages: Sequence[bytes | memoryview],
        *,
        weights: Sequence[float],
        words: Sequence[tuple[str, int]] = (),
    ) -> list[Closeness | None]:
        """Return what `max_sim` gives, together with the query tokens of full weight that each passage meets worst.

        Args:
            words: of the query, each with the place of its first token, ascending; results are given word by word.
        """
        filled, best = self._best_matches(query, passages)
        found: list[Closeness | None] = [None] * len(passages)
        if not len(best):
            return found
        means = np.average(best, axis=1, weights=weights).tolist()
        full = np.array(weights) >= max(weights)
        weakest, unmet = best[:, full].min(axis=1).tolist(), (best[:, full] < UNMET).mean(axis=1).tolist()
        met: list[list[float]] = [[]] * len(filled)
        if words:
            met = np.minimum.reduceat(best, [first for _, first in words], axis=1).tolist()
        for position, scores, *values in zip(filled, met, means, weakest, unmet, strict=True):
            scored = tuple((word, score) for (word, _), score in zip(words, scores, strict=True))
            found[position] = Closeness(mean=values[0], weakest=values[1], unmet=values[2], words=scored)
        return found

    def _best_matches(self, query: bytes, passages: Sequence[bytes | memoryview]) -> tuple[list[int], Floats]:
        """Return which passages have tokens, and for each [query tokens] the best inner product; nothing for an empty query."""
        vectors = np.frombuffer(query, dtype=np.float32).reshape(-1, self.dimension)
        lengths = [len(passage) // self.token_bytes for passage in passages]
        filled = [position for position, length in enumerate(lengths) if length]
        if not filled or not len(vectors):
            return [], np.empty((0, 0), dtype=np.float32)
        codes = np.frombuffer(b"".join(passages[position] for position in filled), dtype=np.uint8).reshape(-1, self.token_bytes)
        # Step and midpoints are folded into the query, and the codes multiplied as they are, even and odd dimensions apart: for
        # 8,000 tokens 0.3 ms, where looking up the levels of each byte takes 1.9 ms.
        scaled = vectors * self.step
        similarity = scaled[:, 0::2] @ (codes & 15).astype(np.float32).T
        similarity += scaled[:, 1::2] @ (codes >> 4).astype(np.float32).T
        starts = np.concatenate([[0], np.cumsum([lengths[position] for position in filled])[:-1]])
        best = np.maximum.reduceat(similarity, starts, axis=1) - (LEVELS - 1) / 2 * scaled.sum(axis=1, keepdims=True)
        return filled, np.ascontiguousarray(best.T)


def cut_tokens(packed: bytes | memoryview, *, starts: Sequence[int], ranges: Sequence[tuple[int, int]], token_bytes: int) -> bytes:
    """Return the packed vectors of the tokens that begin within `ranges`.

    Args:
        starts: where each packed token begins in its text, in characters, ascending.
        ranges: of characters in the same text.
    """
    places = ((bisect_left(starts, first), bisect_left(starts, last)) for first, last in ranges)
    return b"".join(packed[first * token_bytes : last * token_bytes] for first, last in places)


def words_of_tokens(text: str, starts: Sequence[int]) -> list[tuple[str, int]]:
    """Return the words of a text in order, each with the place of the first token that begins in it.

    Args:
        starts: where each token begins in the text, in characters, ascending.
    """
    found = ((match.group(0), bisect_left(starts, match.start()), match.end()) for match in _WORD.finditer(text))
    return [(word, first) for word, first, end in found if first < len(starts) and starts[first] < end]


def load_projection(name: str) -> Projection:
    """Return the projection kept in the package for the encoder `name`. Raises: FileNotFoundError: there is none.

    Made by `evals/fitting/fit_projection.py` from the token vectors of a free corpus.
    """
    with (resources.files("retrieval") / "projections" / f"{name}.npz").open("rb") as stream, np.load(stream) as arrays:
        return Projection(arrays["matrix"].astype(np.float32), arrays["deviation"].astype(np.float32))
