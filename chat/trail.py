"""What happened on the way from a question to its answer, as far as it came; at the end it becomes the receipt."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from accounts.models import User
from chat.candidates import Candidate
from chat.models import Turn
from chat.ports import Request, Usage
from chat.prompting import Prompt, language_of
from chat.types import Answer, Citation, Evidence, Outcome, Sentence, VerdictKind
from kb.models import Collection
from kb.search import PassageSearch
from retrieval.types import SearchConfig

NEAREST_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, who asks it and where."""

    question: str
    user: User
    collection: Collection | None = None  # None: all that the user may read
    history: tuple[tuple[str, str], ...] = ()  # earlier questions and answers, oldest first
    turn: Turn | None = None  # None: asked by a script
    via: str = "pages"  # "pages", "api", "command", or "key:ID PREFIX": the key that a program asked with


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A sentence after verification. `sentence` carries the markers of the shown answer, `markers` those of the evidence."""

    raw: str
    sentence: Sentence
    markers: tuple[int, ...]


@dataclass(slots=True, kw_only=True)
class Trail:
    """Filled step by step; mutable, and never shared between questions."""

    asked: Asked
    rewritten: str = ""
    rewritten_by: str = ""  # "rule", "model"; empty where the question stands alone
    # The same in the words of the evidence, where a vocabulary has others: what is judged, quoted and written for.
    read_as: str = ""
    collections: tuple[Collection, ...] = ()
    search: PassageSearch | None = None
    search_config: SearchConfig | None = None
    evidence: tuple[Evidence, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    sufficiency: dict[str, Any] = field(default_factory=dict)
    prompt: Prompt | None = None
    model: str = ""
    base_url: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    route: dict[str, Any] = field(default_factory=dict)
    attempts: list[dict[str, Any]] = field(default_factory=list)  # of the models that were asked, in order
    usage: Usage | None = None
    fallback: str = ""
    cache_key: str = ""  # of what the model writes (chat.answer_cache)
    written_before: str = ""  # receipt of the earlier answer that the text was written for
    failed_output: str = ""  # what a model wrote before it failed
    raw_output: list[str] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)
    numbers: dict[tuple[str, int, int, int], Citation] = field(default_factory=dict)  # by the quoted place
    is_declined: bool = False
    timings_ms: dict[str, float] = field(default_factory=dict)
    began_at: float = field(default_factory=time.perf_counter)

    @property
    def language(self) -> str:
        return language_of(self.asked.question)

    def request(self) -> Request:
        """Return what the gateway chooses a model by."""
        slugs = {passage.chunk.version.document.collection.slug: None for passage in self.search.passages} if self.search else {}
        turn = self.asked.turn
        return Request(
            question=self.rewritten or self.asked.question,
            language=self.language,
            collections=tuple(slugs),
            conversation=str(turn.conversation.uid) if turn else "",
            user=str(self.asked.user.pk),
        )

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Add what the block takes to the step's milliseconds."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.timings_ms[step] = round(self.timings_ms.get(step, 0.0) + (time.perf_counter() - start) * 1000, 3)

    def mark(self, step: str) -> None:
        """Note when a step was first reached, in milliseconds from the question."""
        self.timings_ms.setdefault(step, round((time.perf_counter() - self.began_at) * 1000, 3))

    def add(self, raw: str, sentence: Sentence) -> Checked:
        """Number a checked sentence's citations as the shown answer does: by the quoted place, in order of first use."""
        verdict = sentence.verdict
        shown: dict[int, Citation] = {}
        if verdict.kind != VerdictKind.WITHHELD:
            for citation in verdict.citations:
                place = (citation.version_uid, citation.page_number, citation.start, citation.end)
                numbered = self.numbers.setdefault(place, replace(citation, marker=len(self.numbers) + 1))
                shown[numbered.marker] = numbered
        checked = Checked(
            raw=raw,
            sentence=replace(sentence, verdict=replace(verdict, citations=tuple(shown.values()) or verdict.citations)),
            markers=tuple(citation.marker for citation in verdict.citations),
        )
        self.checked.append(checked)
        return checked

    def start_over(self, *, fallback: str) -> None:
        """Forget what a failed model wrote, but for the receipt."""
        self.fallback, self.failed_output = fallback, self.failed_output + "".join(self.raw_output)
        self.raw_output, self.checked, self.numbers, self.usage = [], [], {}, None
        self.cache_key = self.written_before = ""

    @property
    def shown(self) -> tuple[Sentence, ...]:
        return tuple(one.sentence for one in self.checked if one.sentence.verdict.kind != VerdictKind.WITHHELD)

    def cited_chunks(self) -> set[int]:
        return {citation.chunk_id for citation in self.numbers.values()}

    def answer(self) -> Answer:
        """Return the answer as far as it is checked."""
        return Answer(
            outcome=Outcome.ANSWERED,
            sentences=self.shown,
            citations=tuple(self.numbers.values()),
            model=self.model,
            fallback=self.fallback,
            written_before=bool(self.written_before),
            read_as="" if self.read_as == self.rewritten else self.read_as,
            withheld=len(self.checked) - len(self.shown),
            sufficiency=self.sufficiency.get("probability"),
            usage=self.usage,
            timings_ms=dict(self.timings_ms),
        )

    def refusal(self, reason: str) -> Answer:
        """Return a refusal that names the nearest sources, one a document."""
        nearest = {one.document_uid: one for one in reversed(self.evidence)}
        ranked = sorted(nearest.values(), key=lambda one: one.marker)[:NEAREST_SHOWN]
        return replace(self.answer(), outcome=Outcome.REFUSED, reason=reason, sentences=(), citations=(), nearest=tuple(ranked))

    def receipt(self, *, outcome: str, answer: Answer) -> dict[str, Any]:
        """Return the receipt's payload: everything that led to the answer, as JSON."""
        told, turn, result = answer.as_dict(), self.asked.turn, self.search.result if self.search else None
        del told["receipt"]  # the event that this becomes
        return {
            "question": self.asked.question,
            "via": self.asked.via,
            "rewritten": self.rewritten,
            "rewritten_by": self.rewritten_by,
            "read_as": self.read_as,
            "language": self.language,
            "scope": {"collections": [{"slug": one.slug, "name": one.name} for one in self.collections]},
            "index_generation": result.index_generation if result else None,
            "search": {
                "dense_abstained": result.dense_abstained,
                "unknown_share": result.unknown_share,
                "timings_ms": dict(result.timings_ms),
                "vocabulary": [" = ".join(group) for group in self.search.also],
                "config": asdict(self.search_config) if self.search_config else {},
            }
            if result
            else {},
            "evidence": [_evidence(one) for one in self.evidence],
            "sufficiency": self.sufficiency,
            "prompt": _prompt(self.prompt) if self.prompt else {},
            "model": {
                "name": self.model,
                "base_url": self.base_url,
                "parameters": self.parameters,
                "usage": asdict(self.usage) if self.usage else None,
                "fallback": self.fallback,
                "written_for": self.written_before,
                "failed_output": self.failed_output,
                "route": self.route,
                "attempts": self.attempts,
            },
            "raw_output": "".join(self.raw_output),
            "sentences": [_sentence(one) for one in self.checked],
            "outcome": outcome,
            "reason": answer.reason,
            "answer": told,
            "citations": told["citations"],
            "conversation": str(turn.conversation.uid) if turn else "",
            "turn": str(turn.uid) if turn else "",
            "timings_ms": dict(self.timings_ms),
        }


def _evidence(one: Evidence) -> dict[str, Any]:
    told = asdict(one)
    hit = told.pop("hit")._asdict()
    told["chunk_id"] = str(one.chunk_id)  # 63 bits: more than a JSON number holds in a browser
    return told | {"scores": {name: value for name, value in hit.items() if name != "chunk_id"}}


def _prompt(prompt: Prompt) -> dict[str, Any]:
    return {
        "template": prompt.template,
        "template_hash": prompt.template_hash,
        "messages": [asdict(message) for message in prompt.messages],
        "tokens": prompt.tokens,
        "tokens_are_counted": prompt.tokens_are_counted,
        "markers": [one.marker for one in prompt.evidence],
    }


def _sentence(one: Checked) -> dict[str, Any]:
    verdict = one.sentence.verdict
    is_withheld = verdict.kind == VerdictKind.WITHHELD
    return {
        "text": one.sentence.text,
        "raw": one.raw,
        "verdict": str(verdict.kind),
        "reason": verdict.reason,
        "markers": list(one.markers),
        "citations": [] if is_withheld else [citation.marker for citation in verdict.citations],
        "score": verdict.score,
        "entailment": verdict.entailment,
    }
