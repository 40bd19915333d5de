"""The values of a check."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from accounts.credentials import Credential
from chat.types import Citation
from kb.models import Collection


class CheckedKind(StrEnum):
    SUPPORTED = "supported"  # the evidence says so
    CORRECTED = "corrected"  # other evidence than the sentence's own marker names says so
    WITHHELD = "withheld"  # an answer would not show it
    FRAMING = "framing"  # it says nothing about the world


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenText:
    """A text to be checked, who wants it checked, and against what: passages, or one collection."""

    text: str
    question: str
    passages: tuple[str, ...] = ()
    collection: Collection | None = None
    credential: Credential  # rights are read again at every step
    via: str = "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSentence:
    """One sentence of the text; [start, end) are code points of the text that was sent."""

    text: str
    start: int
    end: int
    kind: CheckedKind
    reason: str = ""  # a code of `audit.words.REASONS`; "" where nothing is to be said
    score: float  # estimated probability that the evidence tells it, in [0, 1]
    citations: tuple[Citation, ...] = ()  # numbered by passage, in a collection by quoted place
    traits: Mapping[str, float] = field(default_factory=dict)  # what the score was made of

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's JSON."""
        return {
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "verdict": str(self.kind),
            "reason": self.reason,
            "score": self.score,
            "citations": list(dict.fromkeys(citation.marker for citation in self.citations)),
            "quotes": [_quote(citation) for citation in self.citations],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedText:
    """A text with its verdicts."""

    sentences: tuple[CheckedSentence, ...]
    citations: tuple[Citation, ...] = ()  # places in documents, each number once; none where passages were given
    receipt: uuid.UUID = field(default_factory=uuid.uuid4)
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many sentences have each verdict."""
        return {str(kind): sum(one.kind == kind for one in self.sentences) for kind in CheckedKind}

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's JSON."""
        return {
            "sentences": [sentence.as_dict() for sentence in self.sentences],
            "citations": [one.as_dict() for one in self.citations],
            "receipt": str(self.receipt),
            "timings_ms": dict(self.timings_ms),
        }


def _quote(one: Citation) -> dict[str, Any]:
    return {"citation": one.marker, "quote": one.quote, "start": one.place.start, "end": one.place.end}
