"""Asking, as one JSON answer or as a stream of events; and the conversations that the answers are kept in."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from ninja import Router
from ninja.params.functions import Query

from accounts.models import ApiKey
from accounts.rates import spend
from api import schemas
from api.access import asked_via, scoped
from api.requests import ApiRequest
from chat.errors import ChatError, sentence_for
from chat.feedback import rate_answer
from chat.flow.asked import Asked
from chat.flow.events import Progress, Status
from chat.flow.running import finish_question, run_question
from chat.models import Conversation, Turn
from chat.services import asked_of, clean_question, list_turns, start_turn
from chat.standing import with_standing
from chat.streaming.sse import WAITING, event_stream, frame
from chat.streaming.turn import status_text
from chat.types import Answer
from gateway.threads import run_in_thread
from kb.models import Collection

router = Router(tags=["answers"])
READ = scoped(ApiKey.Scope.READ)
NEW = "new"


@router.post("/ask", response={200: schemas.AnswerOut, **schemas.ERRORS}, **scoped(ApiKey.Scope.ASK, is_async=True))
async def ask(request: ApiRequest, given: schemas.QuestionIn, stream: bool = False) -> HttpResponseBase:
    """Answer a question from the documents that the caller may read, or refuse. With `stream`: server-sent events, whose `data`
    is one JSON object each: `status`, `sentence` (each one passed), and last `done` (the whole answer) or `failed`. After a status
    with the step `fallback` the sentences begin anew."""
    asked = await run_in_thread(prepare)(request, given)
    if not stream:
        answer = await finish_question(asked)
        return JsonResponse(serialize_answer(answer, asked.turn), json_dumps_params={"ensure_ascii": False})
    return event_stream(stream_frames(asked, language=request.LANGUAGE_CODE, request_id=request.request_id))


def prepare(request: ApiRequest, given: schemas.QuestionIn) -> Asked:
    """Return the question with its place; in a conversation only where one is named. Raises: QuestionRefused, TooManyRequests."""
    user = request.user
    spend("ask", user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
    collection = None
    if given.collection:
        collection = get_object_or_404(Collection.objects.visible_to(user), slug=given.collection)
    if not given.conversation:
        question = clean_question(given.question)
        return Asked(question=question, credential=request.credential, collection=collection, via=asked_via(request))
    current = None if given.conversation == NEW else find_conversation(request, given.conversation)
    turn = start_turn(user=user, question=given.question, conversation=current, collection=collection)
    turn = Turn.objects.select_related("conversation__collection", "conversation__user").get(pk=turn.pk)
    return asked_of(turn, credential=request.credential, via=asked_via(request))


async def stream_frames(asked: Asked, *, language: str, request_id: str) -> AsyncGenerator[bytes, None]:
    """Yield the events of an answer; the last one is "done" or "failed"."""
    sent = 0
    try:
        async with aclosing(run_question(asked)) as events:
            async for event in events:
                match event:
                    case None:
                        yield WAITING
                    case Status():
                        sent = 0 if event.step == "fallback" else sent
                        with translation.override(language):
                            text = status_text(event)
                        yield frame({"step": event.step, "count": event.count, "text": text}, name="status")
                    case Progress():
                        answer = event.answer.as_dict()
                        for sentence in answer["sentences"][sent:]:
                            cited = [one for one in answer["citations"] if one["marker"] in sentence["citations"]]
                            yield frame(sentence | {"cited": cited}, name="sentence")
                        sent = len(answer["sentences"])
                    case Answer():
                        yield frame(serialize_answer(event, asked.turn), name="done")
    except ChatError as error:
        with translation.override(language):
            failure = {"code": error.code, "message": str(error.sentence)}
        yield frame({"error": failure, "request_id": request_id}, name="failed")


def serialize_answer(answer: Answer, turn: Turn | None) -> dict[str, Any]:
    """Return the contract's JSON, with where the conversation goes on."""
    named = {"conversation": str(turn.conversation.uid), "turn": str(turn.uid)} if turn else {"conversation": None, "turn": None}
    return answer.as_dict() | named


@router.post("/feedback", response={200: schemas.FeedbackOut, **schemas.ERRORS}, **scoped(ApiKey.Scope.ASK))
def give_feedback(request: ApiRequest, given: schemas.FeedbackIn) -> schemas.FeedbackOut:
    """Say whether one of the caller's own answers helped; an empty rating takes it back."""
    kept = rate_answer(user=request.user, receipt=given.receipt, rating=given.rating, comment=given.comment)
    return schemas.FeedbackOut(receipt=given.receipt, rating=given.rating if kept else "", comment=kept.comment if kept else "")


@router.get("/conversations", response={200: list[schemas.ConversationOut], **schemas.ERRORS}, **READ)
def list_conversations(
    request: ApiRequest, limit: int = Query(50, ge=1, le=200), page: int = Query(1, ge=1, le=1_000_000)
) -> list[schemas.ConversationOut]:
    """The caller's own conversations, the newest first; `limit` on each page."""
    rows = Conversation.objects.visible_to(request.user).select_related("collection")[(page - 1) * limit : page * limit]
    return [schemas.ConversationOut(**serialize_conversation(row)) for row in rows]


@router.get("/conversations/{uuid:uid}", response={200: schemas.ConversationWithTurns, **schemas.ERRORS}, **READ)
def get_conversation(
    request: ApiRequest, uid: UUID, limit: int = Query(50, ge=1, le=200), before: int | None = Query(None, ge=0, le=2**31 - 1)
) -> schemas.ConversationWithTurns:
    """One of the caller's conversations with the newest attempt at each of its last questions, as they may read the answers now.
    `before`: the field “earlier” of the response before, for the questions before those."""
    row = find_conversation(request, str(uid))
    shown = list_turns(row, user=request.user, before=before, limit=limit)
    turns = [schemas.TurnOut(**serialize_turn(turn, answer)) for turn, answer in with_standing(shown.turns, user=request.user)]
    return schemas.ConversationWithTurns(**serialize_conversation(row), turns=turns, earlier=shown.earlier)


def find_conversation(request: ApiRequest, uid: str) -> Conversation:
    try:
        named = UUID(uid)
    except ValueError as error:
        raise Http404 from error
    return get_object_or_404(Conversation.objects.visible_to(request.user).select_related("collection"), uid=named)


def serialize_conversation(row: Conversation) -> dict[str, Any]:
    return {
        "uid": row.uid,
        "title": row.title,
        "collection": row.collection.slug if row.collection else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def serialize_turn(turn: Turn, answer: dict[str, Any]) -> dict[str, Any]:
    """Return a turn; its answer only where it has a whole one."""
    error = {"code": turn.error_code, "message": sentence_for(turn.error_code)} if turn.error_code else None
    return {
        "uid": turn.uid,
        "question": turn.question,
        "rewritten": turn.rewritten,
        "state": turn.state,
        "error": error,
        "answer": answer if answer.get("outcome") else None,
        "created_at": turn.created_at,
    }
