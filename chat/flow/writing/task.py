"""What is to be written: the values of the steps before."""

from dataclasses import dataclass

from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.shapes.parts.step import Apart
from chat.flow.steps import Found, Judged, Rewritten, Scoped
from chat.flow.writing.prompting import name_rules
from gateway.ports import Choice


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

    def rules(self, choice: Choice) -> str:
        """Return the rules of the prompt that stand in for those on disk; "" for none. Not for the event loop."""
        asked = self.asked
        subject = str(asked.turn.conversation.uid) if asked.turn else f"{asked.credential.user_id} {asked.question}"
        return self.dependencies.choose_rules(name_rules(asked.language, choice.style), subject)
