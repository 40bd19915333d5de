"""Services for questions and conversations. Answering is in chat.flow.answering, streaming in chat.streaming.turn."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.credentials import Credential
from accounts.models import User
from audit.errors import HeldBack
from audit.life.holds import Deletable, refuse_held
from audit.services import lock_chain
from chat.conversations.readable import readable_answers
from chat.errors import QuestionRefused
from chat.flow.asked import Asked
from chat.models import Conversation, Turn
from kb.models import Collection

TITLE_CHARACTERS = 80
HISTORY_TURNS = 4
_LIVE = (Turn.State.PENDING, Turn.State.STREAMING)
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPage:
    """A stretch of a conversation: turns with what may be read of their answers. `earlier`: the position to go on before."""

    turns: tuple[tuple[Turn, dict[str, Any]], ...]
    earlier: int | None


def clean_question(text: str) -> str:
    """Return the question as it is asked: NFC, without control, invisible and private characters, trimmed.

    Raises: QuestionRefused: "empty", or "too_long" by QUESTION_MAX_CHARACTERS.
    """
    limit = settings.QUESTION_MAX_CHARACTERS
    if len(text) > limit:
        raise QuestionRefused(
            "too_long",
            _("The question has %(length)s characters; the limit is %(limit)s. Shorten it, or upload the text as a file.")
            % {"length": len(text), "limit": limit},
        )
    lines = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    question = "".join(mark for mark in lines if mark in "\n\t" or unicodedata.category(mark)[0] != "C").strip()
    if not any(mark.isalnum() for mark in question):
        raise QuestionRefused("empty", _("Enter a question."))
    return question


def start_turn(
    *, user: User, question: str, conversation: Conversation | None = None, collection: Collection | None = None
) -> Turn:
    """Take a question, in a new conversation where none is given. The answer begins when its stream is opened.

    Raises: QuestionRefused: "empty", "too_long", "unknown_collection", "unknown_conversation", "still_answering".
    """
    question = clean_question(question)
    if collection is not None and not Collection.objects.visible_to(user).filter(pk=collection.pk).exists():
        raise QuestionRefused("unknown_collection", _("This collection does not exist."))
    with transaction.atomic():
        if conversation is None:
            conversation = Conversation.objects.create(user=user, title=title_of(question), collection=collection)
        else:
            conversation = Conversation.objects.visible_to(user).select_for_update().filter(pk=conversation.pk).first()
            if conversation is None:
                raise QuestionRefused("unknown_conversation", _("This conversation does not exist."))
            if collection is not None and conversation.collection_id != collection.pk:
                conversation.collection = collection
            conversation.title = conversation.title or title_of(question)
            conversation.save()  # also moves it to the top of the list
        last = conversation.turns.aggregate(last=Max("position"))["last"]
        return conversation.turns.create(position=0 if last is None else last + 1, question=question)


def regenerate_turn(turn: Turn) -> Turn:
    """Ask the same question again: a new attempt at the same position; the earlier ones stay.

    Raises: QuestionRefused: "still_answering".
    """
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=turn.conversation_id)
        attempts = Turn.objects.filter(conversation=turn.conversation_id, position=turn.position)
        if attempts.filter(state__in=_LIVE).exists():
            raise QuestionRefused("still_answering", _("This question is already being answered. Stop it first."))
        last = attempts.aggregate(last=Max("attempt"))["last"]
        return Turn.objects.create(
            conversation_id=turn.conversation_id, position=turn.position, attempt=last + 1, question=turn.question
        )


def stop_turn(turn: Turn) -> bool:
    """Stop answering; what was released stays. The process that answers sees it within a second and writes the receipt.

    Returns: False where the turn was finished already.
    """
    waiting = Turn.objects.filter(pk=turn.pk, state=Turn.State.PENDING)
    if waiting.update(state=Turn.State.STOPPED, finished_at=timezone.now()):
        return True
    return bool(Turn.objects.filter(pk=turn.pk, state=Turn.State.STREAMING).update(state=Turn.State.STOPPED))


def rename_conversation(conversation: Conversation, *, title: str) -> Conversation:
    """Give it another title, cut to its column. Raises: QuestionRefused: "empty"."""
    title = " ".join(title.split())
    if not title:
        raise QuestionRefused("empty", _("Enter a title."))
    conversation.title = title[:200]
    conversation.save(update_fields=["title"])  # renaming does not move it in the list
    return conversation


def delete_conversation(conversation: Conversation) -> None:
    """Delete it with its turns. The receipts stay in the audit; an answer on its way stops within a second.

    Raises: QuestionRefused: a legal hold keeps it.
    """
    with transaction.atomic():
        lock_chain()  # a hold that is recorded before this is seen here
        try:
            refuse_held(as_deletable(conversation))
        except HeldBack as held:
            message = _("A legal hold keeps this conversation. It can be deleted when the hold has been released.")
            raise QuestionRefused("held", message) from held
        conversation.delete()


def as_deletable(conversation: Conversation) -> Deletable:
    """Return the conversation as legal holds see it."""
    return Deletable(
        began=conversation.created_at,
        ended=conversation.updated_at,
        people=frozenset({str(conversation.user_id)}),
        conversations=frozenset({str(conversation.uid)}),
    )


def title_of(question: str) -> str:
    """Return the first words of a question, in one line."""
    line = " ".join(question.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line[: TITLE_CHARACTERS - 1]
    head, space, _rest = cut.rpartition(" ")
    return f"{head if space and len(head) > TITLE_CHARACTERS // 2 else cut}…"


def asked_of(turn: Turn, *, credential: Credential, via: str = "pages") -> Asked:
    """Return a turn's question with its place and what was asked before it. The turn comes with its conversation."""
    return Asked(
        question=turn.question,
        credential=credential,
        collection=turn.conversation.collection,
        history=history_before(turn),
        turn=turn,
        via=via,
    )


def history_before(turn: Turn) -> tuple[tuple[str, str], ...]:
    """Return the last questions, as they were searched, and what may still be read of their answers, oldest first."""
    earlier = Turn.objects.filter(conversation=turn.conversation_id, position__lt=turn.position).exclude(state__in=_LIVE)
    last = list(earlier.newest_attempts().order_by("-position")[:HISTORY_TURNS])[::-1]
    answers = readable_answers(last, user=turn.conversation.user)
    return tuple((before.rewritten or before.question, answers[before.pk].get("answer", "")) for before in last)


def list_turns(conversation: Conversation, *, user: User, before: int | None = None, limit: int) -> TurnPage:
    """Return the newest attempts at the last questions, or at the last ones before a position, oldest first.

    As many queries for fifty questions as for one.
    """
    asked = conversation.turns.all() if before is None else conversation.turns.filter(position__lt=before)
    turns = asked.newest_attempts().order_by("-position")[: limit + 1].with_feedback()
    shown = turns[:limit][::-1]
    answers = readable_answers(shown, user=user)
    earlier = shown[0].position if len(turns) > limit else None
    return TurnPage(turns=tuple((turn, answers[turn.pk]) for turn in shown), earlier=earlier)
