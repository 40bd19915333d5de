"""Services for questions and conversations. Answering is in chat.flow.answering, streaming in chat.streaming.turn."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.credentials import Credential
from accounts.models import User
from chat.errors import QuestionRefused
from chat.flow.asked import Asked
from chat.models import Conversation, Turn
from chat.types import join_sentences
from kb.models import Collection, Document

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


def readable_answers(turns: Sequence[Turn], *, user: User) -> dict[int, dict[str, Any]]:
    """Return by primary key each turn's answer as its owner may read it now, as `readable_answer` does, in one query."""
    answers = cut_answers([turn.answer for turn in turns], user=user)
    return {turn.pk: answer for turn, answer in zip(turns, answers, strict=True)}


def cut_answers(answers: Sequence[dict[str, Any]], *, user: User) -> list[dict[str, Any]]:
    """Return stored answers in the contract's JSON as this user may read them now, in one query for all of them."""
    named = {place["document_uid"] for answer in answers for place in _places(answer)}
    visible = Document.objects.visible_to(user).filter(uid__in=named) if named else Document.objects.none()
    readable = {str(uid) for uid in visible.values_list("uid", flat=True)}
    slugs = {row["collection"] for answer in answers for row in answer.get("listed", ()) if row["kind"] == "collection"}
    if slugs:
        readable |= set(Collection.objects.visible_to(user).filter(slug__in=slugs).values_list("slug", flat=True))
    return [_cut_answer(answer, readable) for answer in answers]


def readable_answer(turn: Turn, *, user: User) -> dict[str, Any]:
    """Return the turn's answer as its owner may read it now.

    A sentence whose document was deleted, or taken from the reader since, is left out and counted in "hidden". A newer
    version of a document hides nothing: the answer names the version that it was given from.
    """
    return readable_answers([turn], user=user)[turn.pk]


def _places(answer: dict[str, Any]) -> list[dict[str, Any]]:
    listed = (row for row in answer.get("listed", []) if row["kind"] == "document")
    return [*answer.get("citations", []), *answer.get("nearest", []), *listed]


def _named(answer: dict[str, Any]) -> set[str]:
    """Return the uids of the documents that an answer names, and the addresses of the collections that it lists."""
    return {place["document_uid"] for place in _places(answer)} | {
        row["collection"] for row in answer.get("listed", []) if row["kind"] == "collection"
    }


def _cut_answer(given: dict[str, Any], readable: set[str]) -> dict[str, Any]:
    """Leave out what rests on documents or collections that are not among `readable`, their uids and addresses."""
    answer = dict(given)
    citations, nearest, listed = answer.get("citations", []), answer.get("nearest", []), answer.get("listed", [])
    named = _named(answer)
    if not named:
        return answer | {"normalized_question": ""}  # nothing of a document is told
    if named <= readable:
        return answer
    kept = [citation for citation in citations if citation["document_uid"] in readable]
    markers = {citation["marker"] for citation in kept}
    # Positions in the list, from 1, as they are now and as they will be.
    open_rows = [at for at, row in enumerate(listed, start=1) if (row["document_uid"] or row["collection"]) in readable]
    renumbered = {before: now for now, before in enumerate(open_rows, start=1)}
    sentences = [
        sentence | {"listed": [renumbered[at] for at in sentence.get("listed", ())]}
        for sentence in answer["sentences"]
        if set(sentence["citations"]) <= markers and set(sentence.get("listed", ())) <= renumbered.keys()
    ]
    return answer | {
        "answer": join_sentences((one["prefix"], one["text"], one["citations"]) for one in sentences),
        "sentences": sentences,
        "citations": kept,
        "listed": [listed[at - 1] for at in open_rows],
        "nearest": [near for near in nearest if near["document_uid"] in readable],
        "normalized_question": "",  # in words of what may be hidden, as may be how a model put a follow-up
        "understood_as": "",
        "instead": "",
        "owners": [],
        "question_back": "",
        "choices": [],
        "hidden": len(answer["sentences"]) - len(sentences),
    }
