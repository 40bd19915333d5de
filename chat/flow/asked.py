"""A question as it was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from accounts.credentials import Credential
from chat.models import Turn
from gateway.ports import Request
from kb.index.search import Passage
from kb.index.within import EVERYTHING, Within
from kb.models import Collection
from language.scripts.answer_language import language_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, who asks it and where."""

    question: str
    credential: Credential  # of the request; rights are read again at every step (chat.flow.rights)
    collection: Collection | None = None  # None: all that the reader may read
    within: Within = EVERYTHING  # to what of it the asker narrows it
    history: tuple[tuple[str, str], ...] = ()  # earlier questions and answers, oldest first
    turn: Turn | None = None  # None: asked by a script
    via: str = "pages"  # "pages", "api", "command", or "key:ID PREFIX": the key that a program asked with
    kind: Literal["question", "golden"] = "question"  # whose receipts are kept apart: a person's, or one that tests the answers

    def __post_init__(self) -> None:
        """Raises: ValueError: Attest itself would read more than the one collection that it works for."""
        if self.credential.kind == "service" and self.collection is None:
            raise ValueError("Attest itself asks one collection.")

    @property
    def language(self) -> str:
        return language_of(self.question)

    def model_request(self, question: str, *, passages: Sequence[Passage] = ()) -> Request:
        """Return what the gateway chooses a model by.

        Args:
            question: as it is searched.
            passages: found for it; none yet while it is rewritten. May read the database: not for the event loop.
        """
        slugs = {passage.chunk.version.document.collection.slug: None for passage in passages}
        return Request(
            question=question or self.question,
            language=self.language,
            collections=tuple(slugs),
            conversation=str(self.turn.conversation.uid) if self.turn else "",
            user=str(self.credential.user_id),
        )
