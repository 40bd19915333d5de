"""What the judge learns from: one question, perhaps a sentence, passages, and what is right."""

from dataclasses import dataclass

from retrieval.judging.labels import LABELS

ANSWERS, SUPPORTS = 0, 1  # tasks
_KNOWN = {**{label: (label,) for label in LABELS}, "told": ("supported", "beside"), "not told": ("contradicted", "untold")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One training example.

    Attributes:
        task: ANSWERS (does the passage answer the question?) or SUPPORTS (does the passage support the sentence?).
        label: SUPPORTS: one of `labels.LABELS`, "told" (supported or beside) or "not told" (contradicted or untold).
        answers: ANSWERS: characters [start, end) in the passage, of each right answer; none where it does not answer.
        kind: how it was made, to count by.
    """

    task: int
    question: str
    passage: str
    dataset: str
    group: str
    kind: str
    sentence: str = ""
    label: str = ""
    answers: tuple[tuple[int, int], ...] = ()

    @property
    def allowed(self) -> tuple[bool, ...]:
        """Which of `labels.LABELS` are right."""
        return tuple(label in _KNOWN[self.label] for label in LABELS)
