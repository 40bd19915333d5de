"""What is to be written: the values of the steps before."""

from dataclasses import dataclass

from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.steps import Found, Judged, Rewritten, Scoped


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingTask:
    """A question whose evidence suffices."""

    asked: Asked
    scoped: Scoped
    rewritten: Rewritten
    found: Found
    judged: Judged
    dependencies: AnswerDependencies
