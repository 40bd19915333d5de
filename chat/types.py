"""The values of an answer. `as_dict` gives the JSON that scripts rely on (docs/api.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal

from gateway.ports import Usage
from kb.place import Place
from retrieval.types import Hit, in_context


class Origin(StrEnum):
    """How an answer came."""

    QUOTED = "quoted"  # sentences and rows, word for word from their places
    COMPUTED = "computed"  # by the program, over the rows of a table
    APPROVED = "approved"  # by a person, for a question that means the same; each sentence verified
    LIBRARY = "library"  # from the database, about the library itself
    WRITTEN = "written"  # by a language model, each sentence verified


GUARDED, NOT_JUDGED = "guarded", "guard_unavailable"  # reasons of a refusal: by a guard, and by one that could not judge


class Outcome(StrEnum):
    ANSWERED = "answered"
    REFUSED = "refused"
    CHAT = "chat"  # no question: a greeting, thanks; nothing was searched


class VerdictKind(StrEnum):
    SUPPORTED = "supported"  # the cited evidence says so
    CORRECTED = "corrected"  # other evidence than the marker named says so; the marker was put right
    WITHHELD = "withheld"  # not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A passage that may be cited, as it stood when the question was asked."""

    marker: int  # from 1, as the prompt numbers it
    chunk_id: int
    place: Place
    heading_path: tuple[str, ...]
    prefix: str  # header row of the table that this passage continues
    text: str
    text_hash: str
    hit: Hit
    headless: tuple[tuple[int, int], ...] = ()  # where in the text tables stand whose first row names no columns

    @property
    def in_context(self) -> str:
        """The passage with its title, headings and table header."""
        return in_context(title=self.place.title, heading_path=self.heading_path, prefix=self.prefix, text=self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a marker in the shown answer points to: the words in the document that carry the sentence."""

    marker: int
    chunk_id: int
    place: Place  # of the quote
    quote: str
    score: float  # how well the quote supports the sentence, in [0, 1]

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's JSON."""
        # The number of a chunk has 63 bits: more than a JSON number holds in a browser.
        head = {"marker": self.marker, "chunk_id": str(self.chunk_id)}
        return head | asdict(self.place) | {"quote": self.quote, "score": self.score}


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
    listed: tuple[int, ...] = ()  # what of the library it tells: positions from 1 in the answer's `listed`

    @property
    def written(self) -> str:
        """The sentence in the layout of its answer, with its markers."""
        return _write(self.prefix, self.text, [citation.marker for citation in self.verdict.citations])


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document or a collection of the library that an answer names; it opens as a link."""

    kind: Literal["document", "collection"]
    title: str
    collection: str  # address
    document: str = ""  # its name
    document_uid: str = ""
    version: int | None = None
    version_uid: str = ""
    uploaded_at: str = ""  # of that version, ISO 8601
    documents: int | None = None  # of a collection: how many answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A finished answer or refusal."""

    outcome: Outcome
    origin: Origin | None = None  # None: no answer was given
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    listed: tuple[Listed, ...] = ()  # of an answer from the library
    nearest: tuple[Evidence, ...] = ()  # with a refusal: where to look instead
    model: str
    approved: Mapping[str, str] | None = None  # of an approved answer: "by" whom, "at" which moment, for which "question"
    fallback: str = ""  # code of the error for which the extractive model stood in; empty where the chosen model answered
    written_before: bool = False  # the model's text is that of an earlier answer to the same question over the same evidence
    normalized_question: str = ""  # the question in the words of its evidence, where a vocabulary made it another
    understood_as: str = ""  # a follow-up as the question that was searched; empty where the question stands alone
    reason: str = ""  # of a refusal, such as "insufficient_evidence" (audit.words.REASONS); of small talk: what kind
    message: str = ""  # said instead of an answer, in the question's language: why there is none; to small talk, the reply
    hint: str = ""  # with a refusal: what the reader may try
    instead: str = ""  # with a refusal: what was found instead, and why it does not fit
    owners: tuple[str, ...] = ()  # with a refusal: who owns the collection of the nearest source
    question_back: str = ""  # what is asked back, with `choices` to choose from
    choices: tuple[str, ...] = ()  # questions that would be answered: which of several is meant; like the one that was refused
    withheld: int = 0
    sufficiency: float | None = None
    usage: Usage | None = None  # what the model's server counted; None: no model wrote it, or its server does not report it
    receipt: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The shown sentences with their markers, in the layout the model gave them; to small talk, the reply."""
        if self.outcome == Outcome.CHAT:
            return self.message
        return "".join(one.written for one in self.sentences if one.verdict.kind != VerdictKind.WITHHELD).strip()

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's JSON; withheld sentences are counted, not shown."""
        shown = [sentence for sentence in self.sentences if sentence.verdict.kind != VerdictKind.WITHHELD]
        return {
            "outcome": str(self.outcome),
            "origin": str(self.origin) if self.origin and shown else "",
            "answer": self.text,
            "sentences": [
                {
                    "text": sentence.text,
                    "prefix": sentence.prefix,
                    "verdict": str(sentence.verdict.kind),
                    "citations": [citation.marker for citation in sentence.verdict.citations],
                    "listed": list(sentence.listed),
                }
                for sentence in shown
            ],
            "citations": [citation.as_dict() for citation in self.citations],
            "listed": [asdict(one) for one in self.listed],
            "nearest": [asdict(evidence.place) for evidence in self.nearest],
            "model": self.model,
            "approved": dict(self.approved) if self.approved else None,
            "fallback": self.fallback,
            "cached": self.written_before,
            "normalized_question": self.normalized_question,
            "understood_as": self.understood_as,
            "reason": self.reason,
            "message": self.message,
            "hint": self.hint,
            "instead": self.instead,
            "owners": list(self.owners),
            "question_back": self.question_back,
            "choices": list(self.choices),
            "withheld": self.withheld,
            "sufficiency": self.sufficiency,
            "usage": asdict(self.usage) if self.usage else None,
            "receipt": self.receipt,
            "timings_ms": self.timings_ms,
        }


def join_sentences(sentences: Iterable[tuple[str, str, Sequence[int]]]) -> str:
    """Return an answer's text of its sentences, each as what stands before it, its text and the markers that it cites."""
    return "".join(_write(*sentence) for sentence in sentences).strip()


def _write(prefix: str, text: str, markers: Sequence[int]) -> str:
    return f"{prefix}{text}{''.join(f'[{marker}]' for marker in markers)}"
