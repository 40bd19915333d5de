"""An answer while it is written."""

from dataclasses import replace
from typing import Any

from chat.flow.events import Emit, Progress
from chat.flow.steps import Written
from chat.flow.trace import AnswerTrace
from chat.types import Sentence, VerdictKind


class Draft:
    """Holds what is written so far. Each change is a new `Written`, which the trace keeps: an answer that is stopped ends with what
    was released."""

    def __init__(self, *, trace: AnswerTrace, emit: Emit) -> None:
        self.trace, self.emit, self.written = trace, emit, Written()

    def change(self, **changes: Any) -> None:
        """Set fields of `Written`."""
        self.written = self.trace.keep(replace(self.written, **changes))

    def start_over(self, *, fallback: str) -> None:
        """Leave out what a failed model wrote, but for the receipt."""
        self.written = self.trace.keep(self.written.started_over(fallback=fallback))

    def replace_by_quotations(self) -> None:
        """Go on with quotations, where nothing stands of what a model wrote."""
        self.written = self.trace.keep(self.written.replaced_by_quotations())

    def add(self, raw: str, sentence: Sentence, *, is_quoted: bool = False, is_label: bool = False) -> None:
        """Add a checked sentence; where it passed, show it. `is_label`: the program says it, of the quotation that follows."""
        self.written = self.trace.keep(self.written.with_sentence(raw, sentence, is_quoted=is_quoted, is_label=is_label))
        if sentence.verdict.kind != VerdictKind.WITHHELD:
            self.trace.mark("first_sentence")
            if is_label:
                return  # it is shown with what it introduces
            self.emit(Progress(answer=self.trace.answer()))
