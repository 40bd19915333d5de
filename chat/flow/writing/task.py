"""What is to be written: the values of the steps before."""

from dataclasses import dataclass

from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.shapes.parts.step import Apart
from chat.flow.steps import Found, Judged, Rewritten, Scoped


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingTask:
    """A question whose evidence suffices, or that of one of its parts does."""

    asked: Asked
    scoped: Scoped
    rewritten: Rewritten
    found: Found
    judged: Judged
    dependencies: AnswerDependencies
    apart: Apart | None = None  # the parts of a question that was taken apart
