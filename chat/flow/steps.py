"""The values that the steps of an answer return. Each step gets those before it; `chat.flow.trace` keeps them for the receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chat.flow.writing.prompting import Prompt
from chat.judge.candidates import Candidate
from chat.judge.sufficiency import SUBJECT
from chat.types import Citation, Evidence, Sentence, VerdictKind
from gateway.ports import Usage
from guards.models import Guard
from guards.ports import Hit
from kb.index.search import PassageSearch
from kb.models import Collection
from retrieval.types import SearchConfig

UNSUPPORTED = "nothing_supported"  # as a fallback: the evidence supports none of a model's sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """The collections that are searched: those that the reader may read, or the one of them that was named."""

    collections: tuple[Collection, ...] = ()
    documents: frozenset[int] | None = None  # of them only these, where whoever asks narrows it to some; else all


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """The guards of this question, and what they found so far."""

    guards: tuple[Guard, ...] = ()
    hits: tuple[Hit, ...] = ()
    shut: frozenset[str] = frozenset()  # collections whose guards refuse the question: nothing is taken from them
    is_held: bool = False  # what was written is not released: a guard has yet to read the whole answer

    def of(self, side: str) -> tuple[Guard, ...]:
        return tuple(guard for guard in self.guards if guard.side == side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """The question as it is searched."""

    text: str = ""
    by: str = ""  # "rule", "model", "spelling"; empty where the question is searched as it was asked
    attempt: Mapping[str, Any] | None = None  # for the receipt: what came of the model that was asked; None: none was
    plain: str = ""  # the question as it was asked, where `text` is a guess that what is found has to confirm


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the search found, and the passages of it that the answer may cite."""

    search: PassageSearch
    config: SearchConfig
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A search beside the one that the answer rests on first: for the receipt, and where it is a step of the answer, shown."""

    question: str
    purpose: str  # "follow_up": a guess what was meant; "part": of a question; "side": of a comparison; "rewording"
    probability: float | None
    kept: bool  # the answer rests on it
    passages: tuple[int, ...] = ()  # chunk ids, best first


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What a table answered: for the receipt, the plan and what it took."""

    receipt: Mapping[str, Any]
    is_lookup: bool  # cells as they stand there; else a figure over rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Whether the evidence holds the answer."""

    question: str  # in the words of the evidence, where a vocabulary has others: judged, quoted and written for
    candidates: tuple[Candidate, ...] = ()  # best first
    probability: float | None = None  # in [0, 1]; None: the question was put into these words, and not judged yet
    threshold: float = 0.0  # of the collection that the best passage stands in
    parts: Mapping[str, float] = field(default_factory=dict)
    features: Mapping[str, float] = field(default_factory=dict)
    calibration: str = ""  # digest
    judge: str = ""  # digest of the trained judge's weights; empty where there is none

    @property
    def is_sufficient(self) -> bool:
        return self.probability is not None and self.probability >= self.threshold

    @property
    def is_on_subject(self) -> bool:
        """Whether the evidence tells of what is asked about, whether or not it answers: a served model may read more in it."""
        return self.is_sufficient or self.parts.get(SUBJECT, 0.0) >= self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A sentence after verification. `sentence` carries the markers of the shown answer, `markers` those of the evidence."""

    raw: str
    sentence: Sentence
    markers: tuple[int, ...]
    is_quoted: bool = False  # taken from the evidence by its place, not written by a model
    is_label: bool = False  # said by the program: which side the quotation after it is of

    @property
    def is_shown(self) -> bool:
        return self.sentence.verdict.kind != VerdictKind.WITHHELD


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written, sentence by sentence, and by what."""

    model: str = ""
    base_url: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    route: Mapping[str, Any] = field(default_factory=dict)
    attempts: tuple[Mapping[str, Any], ...] = ()  # of the models that were asked to write, in order
    prompt: Prompt | None = None
    usage: Usage | None = None
    fallback: str = ""  # code of the error for which another model, or a quotation, stands in
    cache_key: str = ""  # of what the model writes (chat.flow.writing.cache)
    written_before: str = ""  # receipt of the earlier answer that the text was written for
    failed_output: str = ""  # what a model wrote before it failed
    raw_output: str = ""
    checked: tuple[Checked, ...] = ()
    citations: tuple[Citation, ...] = ()  # of the shown sentences, numbered from 1 in order of first use
    is_declined: bool = False  # the model said that the evidence does not hold the answer

    @property
    def shown(self) -> tuple[Sentence, ...]:
        return tuple(one.sentence for one in self.checked if one.is_shown)

    def with_sentence(self, raw: str, sentence: Sentence, *, is_quoted: bool = False, is_label: bool = False) -> "Written":
        """Add a checked sentence; its citations are numbered as the shown answer does: by the quoted place."""
        verdict, citations = sentence.verdict, self.citations
        shown: dict[int, Citation] = {}
        for citation in verdict.citations if verdict.kind != VerdictKind.WITHHELD else ():
            numbered = next((one for one in citations if one.place == citation.place), None)
            if numbered is None:
                numbered = replace(citation, marker=len(citations) + 1)
                citations = (*citations, numbered)
            shown[numbered.marker] = numbered
        checked = Checked(
            raw=raw,
            sentence=replace(sentence, verdict=replace(verdict, citations=tuple(shown.values()) or verdict.citations)),
            markers=tuple(citation.marker for citation in verdict.citations),
            is_quoted=is_quoted,
            is_label=is_label,
        )
        return replace(self, checked=(*self.checked, checked), citations=citations)

    def replaced_by_quotations(self) -> "Written":
        """Leave the place of what a model wrote, where nothing of it stands, to quotations; the withheld sentences are kept."""
        failed = self.failed_output + self.raw_output
        return replace(self, fallback=UNSUPPORTED, failed_output=failed, raw_output="", cache_key="", written_before="")

    def started_over(self, *, fallback: str) -> "Written":
        """Leave out what a failed model wrote, but for the receipt."""
        return replace(
            self,
            fallback=fallback,
            failed_output=self.failed_output + self.raw_output,
            raw_output="",
            checked=(),
            citations=(),
            usage=None,
            cache_key="",
            written_before="",
        )
