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
from chat.conversations.files import refuse_unread
from chat.conversations.often import key_of
from chat.conversations.readable import readable_answers
from chat.conversations.titles import title_of
from chat.conversations.where import Where, within_of
from chat.errors import QuestionRefused
from chat.flow.asked import Asked
from chat.models import Conversation, Turn
from kb.models import Collection

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
    *,
    user: User,
    question: str,
    conversation: Conversation | None = None,
    collection: Collection | None = None,
    where: Where | None = None,
    is_incognito: bool = False,
) -> Turn:
    """Take a question, in a new conversation where none is given. `chat.streaming.runs` has it answered.

    Args:
        collection: to ask in from now on; None: as the conversation does, in a new one everywhere.
        where: the same with all that narrows it; None: as the conversation does.
        is_incognito: a new conversation is in no list; the caller has asked whether that is allowed.
    Raises: QuestionRefused: "empty", "too_long", "unknown_collection", "unknown_conversation", "still_answering".
    """
    question = clean_question(question)
    if collection is not None and not Collection.objects.readable_by(user).filter(pk=collection.pk).exists():
        raise QuestionRefused("unknown_collection", _("This collection does not exist."))
    with transaction.atomic():
        if conversation is None:
            conversation = Conversation.objects.create(user=user, title=title_of(question), is_incognito=is_incognito)
        else:
            conversation = Conversation.objects.visible_to(user).select_for_update().filter(pk=conversation.pk).first()
            if conversation is None:
                raise QuestionRefused("unknown_conversation", _("This conversation does not exist."))
            conversation.title = conversation.title or title_of(question)
            conversation.archived_at = None
        if where is not None:
            conversation.collection, conversation.within = where.collection, where.as_json()
        elif collection is not None and conversation.collection_id != collection.pk:
            conversation.collection, conversation.within = collection, {}
        refuse_unread(conversation)
        conversation.save()  # also moves it to the top of the list
        last = conversation.turns.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
        asked_as = "" if conversation.is_incognito else key_of(question)  # nobody is offered it
        return conversation.turns.create(position=position, question=question, asked_as=asked_as)


def regenerate_turn(turn: Turn, *, question: str = "") -> Turn:
    """Ask the same question again, or another in its place: a new attempt at the same position; the earlier ones stay.

    Raises: QuestionRefused: "still_answering", "files_unread".
    """
    with transaction.atomic():
        refuse_unread(Conversation.objects.select_for_update().get(pk=turn.conversation_id))
        attempts = Turn.objects.filter(conversation=turn.conversation_id, position=turn.position)
        if attempts.filter(state__in=_LIVE).exists():
            raise QuestionRefused("still_answering", _("This question is already being answered. Stop it first."))
        last = attempts.aggregate(last=Max("attempt"))["last"]
        question = question or turn.question
        return Turn.objects.create(
            conversation_id=turn.conversation_id,
            position=turn.position,
            attempt=last + 1,
            question=question,
            asked_as="" if turn.conversation.is_incognito else key_of(question),
        )


def stop_turn(turn: Turn) -> bool:
    """Stop answering; what was released stays. The process that answers sees it within a second and writes the receipt.

    Returns: False where the turn was finished already.
    """
    waiting = Turn.objects.filter(pk=turn.pk, state=Turn.State.PENDING)
    if waiting.update(state=Turn.State.STOPPED, finished_at=timezone.now()):
        return True
    return bool(Turn.objects.filter(pk=turn.pk, state=Turn.State.STREAMING).update(state=Turn.State.STOPPED))


def edit_turn(turn: Turn, *, question: str) -> Turn:
    """Ask in other words: the last question is replaced, as by asking again; an earlier one is asked anew behind the last.

    Raises: QuestionRefused: "empty", "too_long", "still_answering".
    """
    question = clean_question(question)
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=turn.conversation_id)
        last = Turn.objects.filter(conversation=turn.conversation_id).aggregate(last=Max("position"))["last"]
        if turn.position < last:
            return start_turn(user=turn.conversation.user, question=question, conversation=turn.conversation)
        return regenerate_turn(turn, question=question)


def asked_of(turn: Turn, *, credential: Credential, via: str = "pages") -> Asked:
    """Return a turn's question with its place and what was asked before it. The turn comes with its conversation."""
    return Asked(
        question=turn.question,
        credential=credential,
        collection=turn.conversation.collection,
        within=within_of(turn.conversation.within),
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
