"""The trace of one answer: the values and times of its steps, kept for the receipt."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID, uuid4

from chat.flow.asked import Asked
from chat.flow.shapes.approved.port import Approved
from chat.flow.shapes.sides.value import Sides
from chat.flow.steps import Computed, Found, Guarded, Judged, Rewritten, Scoped, Searched, Written
from chat.flow.writing.extractive import NAME as EXTRACTIVE
from chat.library.looking import Looked
from chat.types import Answer, Evidence, Origin, Outcome

Value = TypeVar("Value", Scoped, Guarded, Looked, Approved, Rewritten, Found, Computed, Judged, Sides, Written)


@dataclass(slots=True, kw_only=True)
class AnswerTrace:
    """Collects what the steps return; they read from it nothing but the answer so far. Never shared between questions.

    A question may be stopped or fail in the middle of a step. So a step keeps what it knows as soon as it knows it, and its last
    value is the one that it returns.
    """

    asked: Asked
    uid: UUID = field(default_factory=uuid4)  # of the one event that concludes the question: the receipt's number
    scoped: Scoped = field(default_factory=Scoped)
    guarded: Guarded = field(default_factory=Guarded)
    library: Looked | None = None  # of a question about the library itself
    approved: Approved | None = None  # the answer that somebody approved for such a question
    rewritten: Rewritten = field(default_factory=Rewritten)
    found: Found | None = None
    searched: tuple[Searched, ...] = ()  # beside the first search, in their order
    computed: Computed | None = None
    judged: Judged | None = None
    asked_back: tuple[str, tuple[str, ...]] = ("", ())  # what is asked back, with its choices
    sides: Sides | None = None  # what the quotations were set side by side for
    written: Written = field(default_factory=Written)
    concluded: Answer | None = None  # as its receipt has it
    timings_ms: dict[str, float] = field(default_factory=dict)
    began_at: float = field(default_factory=time.perf_counter)

    def keep(self, value: Value) -> Value:
        """Keep a step's value, replacing what was kept of the same step, and return it."""
        match value:
            case Scoped():
                self.scoped = value
            case Guarded():
                self.guarded = value
            case Looked():
                self.library = value
            case Approved():
                self.approved = value
            case Rewritten():
                self.rewritten = value
            case Found():
                self.found = value
            case Computed():
                self.computed = value
            case Judged():
                self.judged = value
            case Sides():
                self.sides = value
            case Written():
                self.written = value
        return value

    def note(self, searched: Searched) -> None:
        """Add a further search."""
        self.searched = (*self.searched, searched)

    def drop_judgement(self) -> None:
        """What was judged was of a question that was only tried."""
        self.judged = None

    def ask_back(self, question: str, choices: tuple[str, ...]) -> None:
        """Keep what is asked back, with its choices."""
        self.asked_back = (question, choices)

    def conclude(self, answer: Answer) -> Answer:
        """Keep the answer as its receipt has it, and return it."""
        self.concluded = answer
        return answer

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Add what the block takes to the step's milliseconds."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.timings_ms[step] = round(self.timings_ms.get(step, 0.0) + (time.perf_counter() - start) * 1000, 3)

    def mark(self, step: str, *, since: float | None = None) -> None:
        """Note when a step was first reached, in milliseconds from the question, or from `since` (time.perf_counter)."""
        start = self.began_at if since is None else since
        self.timings_ms.setdefault(step, round((time.perf_counter() - start) * 1000, 3))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return self.found.evidence if self.found else ()

    @property
    def normalized_question(self) -> str:
        return self.judged.question if self.judged else ""

    @property
    def _origin(self) -> Origin:
        if self.approved is not None:
            return Origin.APPROVED
        if self.computed is not None:
            return Origin.QUOTED if self.computed.is_lookup else Origin.COMPUTED
        return Origin.QUOTED if self.written.model == EXTRACTIVE else Origin.WRITTEN

    def answer(self) -> Answer:
        """Return the answer as far as it is checked."""
        written, rewritten = self.written, self.rewritten
        return Answer(
            outcome=Outcome.ANSWERED,
            origin=self._origin,
            sentences=written.shown,
            citations=written.citations,
            model=written.model,
            approved=_signature(self.approved) if self.approved else None,
            fallback=written.fallback,
            written_before=bool(written.written_before),
            normalized_question="" if self.normalized_question == rewritten.text else self.normalized_question,
            understood_as=rewritten.text if rewritten.by else "",
            question_back=self.asked_back[0],
            choices=self.asked_back[1],
            withheld=len(written.checked) - len(written.shown),
            sufficiency=self.judged.probability if self.judged else None,
            usage=written.usage,
            timings_ms=dict(self.timings_ms),
        )


def _signature(approved: Approved) -> dict[str, str]:
    """Return who approved an answer, when, and for which question: whoever reads it sees whether that is theirs."""
    return {"by": approved.by, "at": approved.at, "question": approved.question}
