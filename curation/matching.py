"""Whether two questions mean the same: by the encoder's vectors, and by rules that see what vectors blur.

"After five years" and "after fifteen years" have nearly the same vector, and other answers. So numbers, names, negation and what
is asked for must agree; what is left is decided by a threshold, fitted on one half of hand-written groups and reported on the other
(`evals/same_questions.py`).
"""

import re
from typing import Protocol

import numpy as np

from language.answer_types import AnswerType, answer_type
from language.features import quantities_of, terms_of
from language.names import frequency, names_and_codes
from language.quantities import normalize
from retrieval.types import Embedding

SAME = 0.76  # an approved answer is given from here on, where the trained judge finds that it answers the question …
ANSWERS = 0.9  # … with this probability
SAME_UNJUDGED = 0.88  # and from here on where there is no judge
NEAR = 0.5  # questions are shown as one gap from here on: near misses too, whose answers stand in one place
_EITHER_WAY = re.compile(r"(.)不\1|是否|有没有|能否|可否|[没未]\w{1,2}完")  # "can one or not", "not used up": no denial
_NEGATION = re.compile(r"\b(?:not|never|without|cannot)\b|n['’]t\b|[不没未无非]", re.IGNORECASE)
_LATIN = re.compile(r"[A-Za-z0-9]")
_SIDES = tuple(  # what stands on one side only makes it another question
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bmin(?:imum|imal)?\b|\bat least\b|最低|最少|至少",
        r"\b(?:per|a|each|every) day\b|\bdaily\b|每天|每日",
        r"\b(?:per|a|each|every) week\b|\bweekly\b|每周|每星期",
        r"\b(?:per|a|each|every) month\b|\bmonthly\b|每月",
        r"\bwhy\b|为什么|为何",
    )
)
_ALIKE = 2  # words that both have
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
    if _figures(one) != _figures(other) or _negates(one) != _negates(other):
        return False
    if any((pattern.search(one) is None) != (pattern.search(other) is None) for pattern in _SIDES):
        return False
    return _holds_names(one, of=other) and _holds_names(other, of=one) and not _swaps_a_word(one, other)


def _kind(text: str) -> AnswerType:
    kind = answer_type(text)
    if kind in _COUNTED:
        return AnswerType.NUMBER
    return AnswerType.PERSON if kind == AnswerType.PLACE else kind  # "where", "to whom"


def _figures(text: str) -> frozenset[tuple[float, object]]:
    """Return the numbers and dates; "one year" may as well be "a year"."""
    return frozenset((one.value, one.date) for one in quantities_of(text) if one.date or one.value != 1)


def _swaps_a_word(left: str, right: str) -> bool:
    """Tell whether two questions are alike but for one word on each side: "annual leave", "sick leave".

    Whoever means the same seldom changes one word alone; who asks for something else does.
    """
    one, other = frozenset(terms_of(left)), frozenset(terms_of(right))
    return len(one - other) == len(other - one) == 1 and len(one & other) >= _ALIKE


def _negates(text: str) -> bool:
    return bool(_NEGATION.search(_EITHER_WAY.sub("", text)))


def _holds_names(text: str, *, of: str) -> bool:
    """Tell whether the names and codes of the other question stand in a text: a word that no dictionary has is none in Chinese."""
    folded = text.casefold()
    return all(
        name.removesuffix("'s").casefold() in folded for name in names_and_codes(of) if _LATIN.search(name) or frequency(name)
    )
