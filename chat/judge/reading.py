"""What a trained reader finds in the evidence: whether a passage answers the question, and where (retrieval.judging)."""

from collections.abc import Sequence
from typing import Protocol

from chat.types import Evidence


class Reading(Protocol):
    """What one passage holds for a question."""

    @property
    def answerable(self) -> float:
        """The probability that the passage answers, in [0, 1]."""
        ...

    def mass(self, start: int, end: int, /) -> float:
        """Return the probability that the answer stands in these characters, if the passage has one, in [0, 1]."""
        ...


class ReadPassages(Protocol):
    """`retrieval.judging.reader.Reader.read`."""

    def __call__(self, question: str, passages: Sequence[str], /) -> Sequence[Reading]: ...


_READ = 5  # best passages; ten tell answerable questions from others no better (docs/judge.md)
Readings = dict[int, "EvidenceReading"]  # by the marker of the evidence


class EvidenceReading:
    """A reading whose places are those of the evidence's own text: it was read with its title and headings."""

    def __init__(self, reading: Reading, evidence: Evidence) -> None:
        self.answerable = reading.answerable
        self._reading = reading
        self._begin = len(evidence.in_context) - len(evidence.text)

    def answers_in(self, start: int, end: int) -> float:
        """Return the probability that the answer stands in these characters of the evidence, in [0, 1]."""
        return self.answerable * self._reading.mass(self._begin + start, self._begin + end)


def read_evidence(question: str, evidence: Sequence[Evidence], read_passages: ReadPassages | None) -> Readings:
    """Return the reading of each of the best passages; none where there is no reader.

    Args:
        evidence: best passage first.
    """
    if read_passages is None:
        return {}
    best = evidence[:_READ]
    found = read_passages(question, [piece.in_context for piece in best])
    return {piece.marker: EvidenceReading(reading, piece) for piece, reading in zip(best, found, strict=True)}
