"""Whether two questions mean the same: by the encoder's vectors, and by rules that see what vectors blur.

"After five years" and "after fifteen years" have nearly the same vector, and other answers. So numbers, names, negation and what
is asked for must agree; what is left is decided by a threshold, fitted on one half of hand-written groups and reported on the other
(`evals/same_questions.py`).
"""

from typing import Protocol

import numpy as np

from language.answer_types import AnswerType, answer_type
from language.features import quantities_of
from language.names import names_and_codes
from language.polarity import count_negations
from language.quantities import normalize
from retrieval.types import Embedding

SAME = 0.80  # an approved answer is given from here on
NEAR = 0.70  # questions are shown as one gap from here on
_COUNTED = frozenset({AnswerType.DATE, AnswerType.DURATION, AnswerType.NUMBER})  # one thing may be asked for in each of these ways


class EmbedsQuestions(Protocol):
    """As `retrieval.ports.Embedder`."""

    def embed_query(self, text: str) -> Embedding: ...


def embed_question(text: str, *, engine: EmbedsQuestions) -> bytes:
    """Return a question's unit vector, float32; zeros where the encoder cannot read it."""
    return engine.embed_query(text).dense


def similarity(left: bytes, right: bytes) -> float:
    """Return the cosine of two unit vectors of the same encoder; 0 for vectors that do not fit each other."""
    if len(left) != len(right) or not left:
        return 0.0
    return float(np.frombuffer(left, "<f4") @ np.frombuffer(right, "<f4"))


def similarities(vector: bytes, others: list[bytes]) -> list[float]:
    """Return the same with each of several vectors."""
    if not others or any(len(other) != len(vector) for other in others):
        return [similarity(vector, other) for other in others]
    rows = np.frombuffer(b"".join(others), "<f4").reshape(len(others), -1)
    return [float(value) for value in rows @ np.frombuffer(vector, "<f4")]


def are_compatible(left: str, right: str) -> bool:
    """Tell whether nothing that a rule sees makes two questions mean something else."""
    one, other = normalize(left), normalize(right)
    if _kind(one) != _kind(other) and AnswerType.OTHER not in (_kind(one), _kind(other)):
        return False
    if _figures(one) != _figures(other) or count_negations(one) % 2 != count_negations(other) % 2:
        return False
    return _names(one) == _names(other)


def _kind(text: str) -> AnswerType:
    kind = answer_type(text)
    return AnswerType.NUMBER if kind in _COUNTED else kind


def _figures(text: str) -> frozenset[tuple[float, object]]:
    return frozenset((one.value, one.date) for one in quantities_of(text))


def _names(text: str) -> frozenset[str]:
    return frozenset(name.casefold() for name in names_and_codes(text))
