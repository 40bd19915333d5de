"""What a trained reader finds in the evidence: whether a passage answers the question, and where (retrieval.judging)."""

from collections.abc import Sequence
from typing import Protocol

from chat.types import Evidence
from language.names import names_and_codes
from language.quantities import normalize


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
        evidence: best passage first. One that holds the names of the question is read wherever it stands.
    """
    if read_passages is None:
        return {}
    best = _passages_to_read(question, evidence)
    found = read_passages(question, [piece.in_context for piece in best])
    return {piece.marker: EvidenceReading(reading, piece) for piece, reading in zip(best, found, strict=True)}


def _passages_to_read(question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    best = list(evidence[:_READ])
    names = [name.casefold() for name in names_and_codes(normalize(question))]
    held = [sum(name in piece.in_context.casefold() for name in names) for piece in evidence]
    most = max(held, default=0)
    if most > max(held[:_READ], default=0):
        best[-1] = evidence[held.index(most)]
    return best
