"""What people do with questions and conversations. Answering is in chat.answering, streaming in chat.stream."""

import re
import unicodedata
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import QuestionRefused
from chat.models import Conversation, Turn
from kb.models import Collection, Document

TITLE_CHARACTERS = 80
HISTORY_TURNS = 4
_LIVE = (Turn.State.PENDING, Turn.State.STREAMING)
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")


def clean_question(text: str) -> str:
    """Return the question as it is asked: NFC, without control, invisible and private characters, trimmed.

    Raises: QuestionRefused: "empty", or "too_long" by QUESTION_MAX_CHARACTERS.
    """
    limit = settings.QUESTION_MAX_CHARACTERS
    if len(text) > limit:
        raise QuestionRefused(
            "too_long",
            _("The question has %(length)s characters; at most %(limit)s are possible. Shorten it, or upload the text as a file.")
            % {"length": len(text), "limit": limit},
        )
    lines = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    question = "".join(mark for mark in lines if mark in "\n\t" or unicodedata.category(mark)[0] != "C").strip()
    if not any(mark.isalnum() for mark in question):
        raise QuestionRefused("empty", _("Write a question first."))
    return question


def start_turn(
    *, user: User, question: str, conversation: Conversation | None = None, collection: Collection | None = None
) -> Turn:
    """Take a question, in a new conversation where none is given. The answer begins when its stream is opened.

    Raises: QuestionRefused: "empty", "too_long", "unknown_collection", "unknown_conversation", "still_answering".
    """
    question = clean_question(question)
    if collection is not None and not Collection.objects.visible_to(user).filter(pk=collection.pk).exists():
        raise QuestionRefused("unknown_collection", _("There is no such collection."))
    with transaction.atomic():
        if conversation is None:
            conversation = Conversation.objects.create(user=user, title=title_of(question), collection=collection)
        else:
            conversation = Conversation.objects.visible_to(user).select_for_update().filter(pk=conversation.pk).first()
            if conversation is None:
                raise QuestionRefused("unknown_conversation", _("There is no such conversation."))
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
            raise QuestionRefused("still_answering", _("This question is being answered already. Stop it first."))
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
        raise QuestionRefused("empty", _("Write a title first."))
    conversation.title = title[:200]
    conversation.save(update_fields=["title"])  # renaming does not move it in the list
    return conversation


def delete_conversation(conversation: Conversation) -> None:
    """Delete it with its turns. The receipts stay in the audit; an answer on its way stops within a second."""
    conversation.delete()


def title_of(question: str) -> str:
    """Return the first words of a question, in one line."""
    line = " ".join(question.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line[: TITLE_CHARACTERS - 1]
    head, space, _rest = cut.rpartition(" ")
    return f"{head if space and len(head) > TITLE_CHARACTERS // 2 else cut}…"


def history_before(turn: Turn) -> tuple[tuple[str, str], ...]:
    """Return the last questions, as they were searched, and what may still be read of their answers, oldest first."""
    earlier = Turn.objects.filter(conversation=turn.conversation_id, position__lt=turn.position).exclude(state__in=_LIVE)
    newest = {before.position: before for before in earlier.order_by("position", "attempt")}
    last = [before for _position, before in sorted(newest.items())[-HISTORY_TURNS:]]
    reader = turn.conversation.user
    return tuple((before.rewritten or before.question, readable_answer(before, user=reader).get("answer", "")) for before in last)


def readable_answer(turn: Turn, *, user: User) -> dict[str, Any]:
    """Return the turn's answer as its owner may read it now.

    A sentence whose document was deleted, or taken from the reader since, is left out and counted in "hidden". A newer
    version of a document hides nothing: the answer names the version that it was given from.
    """
    answer = dict(turn.answer)
    citations, nearest = answer.get("citations", []), answer.get("nearest", [])
    named = {told["document_uid"] for told in (*citations, *nearest)}
    if not named:
        return answer | {"read_as": ""}
    readable = {str(uid) for uid in Document.objects.visible_to(user).filter(uid__in=named).values_list("uid", flat=True)}
    if named <= readable:
        return answer
    kept = [citation for citation in citations if citation["document_uid"] in readable]
    markers = {citation["marker"] for citation in kept}
    sentences = [sentence for sentence in answer["sentences"] if set(sentence["citations"]) <= markers]
    text = (
        "".join((sentence["prefix"], sentence["text"], *(f"[{marker}]" for marker in sentence["citations"])))
        for sentence in sentences
    )
    return answer | {
        "answer": "".join(text).strip(),
        "sentences": sentences,
        "citations": kept,
        "nearest": [near for near in nearest if near["document_uid"] in readable],
        "read_as": "",  # in words of what may be hidden
        "hidden": len(answer["sentences"]) - len(sentences),
    }
