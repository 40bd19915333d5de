"""The values of an answer. `as_dict` gives the JSON that scripts rely on (docs/api.md)."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from chat.ports import Usage
from retrieval.types import Hit, in_context


class Outcome(StrEnum):
    ANSWERED = "answered"
    REFUSED = "refused"


class VerdictKind(StrEnum):
    SUPPORTED = "supported"  # the cited evidence says so
    CORRECTED = "corrected"  # other evidence than the marker named says so; the marker was put right
    WITHHELD = "withheld"  # not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A passage that may be cited, as it stood when the question was asked."""

    marker: int  # from 1, as the prompt numbers it
    chunk_id: int
    document_uid: str
    document: str  # its name, e.g. "travel-and-leave/leave.md"
    title: str
    version: int
    version_uid: str
    page: int | None  # physical page from 1; None where the format has no pages
    page_number: int  # row of kb.Page, always there: what the viewer opens
    page_label: str
    heading_path: tuple[str, ...]
    prefix: str  # header row of the table that this passage continues
    text: str
    text_hash: str
    start: int  # of `text` in the page's text
    end: int
    hit: Hit

    @property
    def in_context(self) -> str:
        """The passage with its title, headings and table header."""
        return in_context(title=self.title, heading_path=self.heading_path, prefix=self.prefix, text=self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a marker in the shown answer points to: the words in the document that carry the sentence."""

    marker: int
    chunk_id: int
    document: str
    document_uid: str
    title: str
    version: int
    version_uid: str
    page: int | None
    page_number: int
    page_label: str
    quote: str
    start: int  # of `quote` in the page's text
    end: int
    score: float  # how well the quote supports the sentence, in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verification found for one sentence."""

    kind: VerdictKind
    reason: str = ""  # code: "number", "date", "negation", "name", "unit", "unsupported", "no_marker", "bad_marker" …
    citations: tuple[Citation, ...] = ()
    score: float = 0.0
    entailment: float | None = None  # what a second judge found, in [0, 1]; None: none was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of the answer. A withheld one is in the receipt, never in a response."""

    text: str  # as shown, its markers taken out
    verdict: Verdict
    prefix: str = ""  # white space or list marker before it, so that the answer's layout can be rebuilt


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A finished answer or refusal."""

    outcome: Outcome
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Evidence, ...] = ()  # with a refusal: where to look instead
    model: str
    fallback: str = ""  # code of the error for which the extractive model stood in; empty where the chosen model answered
    written_before: bool = False  # the model's text is that of an earlier answer to the same question over the same evidence
    read_as: str = ""  # the question in the words of its evidence, where a vocabulary made it another
    reason: str = ""  # of a refusal: "insufficient_evidence", "nothing_found", "nothing_supported", "model_declined"
    withheld: int = 0
    sufficiency: float | None = None
    usage: Usage | None = None  # what the model's server counted; None: no model wrote it, or its server does not tell
    receipt: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The shown sentences with their markers, in the layout the model gave them."""
        parts = [
            f"{sentence.prefix}{sentence.text}{''.join(f'[{citation.marker}]' for citation in sentence.verdict.citations)}"
            for sentence in self.sentences
            if sentence.verdict.kind != VerdictKind.WITHHELD
        ]
        return "".join(parts).strip()

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's JSON; withheld sentences are counted, not told."""
        shown = [sentence for sentence in self.sentences if sentence.verdict.kind != VerdictKind.WITHHELD]
        return {
            "outcome": str(self.outcome),
            "answer": self.text,
            "sentences": [
                {
                    "text": sentence.text,
                    "prefix": sentence.prefix,
                    "verdict": str(sentence.verdict.kind),
                    "citations": [citation.marker for citation in sentence.verdict.citations],
                }
                for sentence in shown
            ],
            "citations": [asdict(citation) | {"chunk_id": str(citation.chunk_id)} for citation in self.citations],
            "nearest": [
                {
                    "document": evidence.document,
                    "document_uid": evidence.document_uid,
                    "title": evidence.title,
                    "version": evidence.version,
                    "version_uid": evidence.version_uid,
                    "page": evidence.page,
                    "page_number": evidence.page_number,
                    "page_label": evidence.page_label,
                    "start": evidence.start,
                    "end": evidence.end,
                }
                for evidence in self.nearest
            ],
            "model": self.model,
            "fallback": self.fallback,
            "cached": self.written_before,
            "read_as": self.read_as,
            "reason": self.reason,
            "withheld": self.withheld,
            "sufficiency": self.sufficiency,
            "usage": asdict(self.usage) if self.usage else None,
            "receipt": self.receipt,
            "timings_ms": self.timings_ms,
        }
