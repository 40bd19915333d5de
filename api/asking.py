"""Asking, as one JSON answer or as a stream of events; and the conversations that the answers are kept in."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from ninja import Query, Router

from accounts.models import ApiKey
from accounts.rates import spend
from api import schemas
from api.access import asked_via, scoped
from api.running import finish_question, run_question, tell_answer
from chat.answering import Asked, Progress, Status
from chat.errors import ChatError, sentence_for
from chat.feedback import rate_answer
from chat.models import Conversation, Turn
from chat.offload import beside_loop
from chat.services import clean_question, history_before, readable_answer, start_turn
from chat.stream import status_text
from chat.types import Answer
from kb.models import Collection

router = Router(tags=["answers"])
READ = scoped(ApiKey.Scope.READ)
NEW = "new"
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.post("/ask", response={200: schemas.AnswerOut, **schemas.ERRORS}, **scoped(ApiKey.Scope.ASK, is_async=True))
async def ask(request: HttpRequest, given: schemas.QuestionIn, stream: bool = False) -> HttpResponseBase:
    """Answer a question from the documents that the caller may read, or refuse. With `stream`: server-sent events, whose `data`
    is one JSON object each: `status`, `sentence` (each one passed), and last `done` (the whole answer) or `failed`. After a status
    with the step `fallback` the sentences begin anew."""
    asked = await beside_loop(prepare, keeps_connection=True)(request, given)
    if not stream:
        answer = await finish_question(asked)
        return JsonResponse(tell_answer(answer, asked.turn), json_dumps_params={"ensure_ascii": False})
    frames = stream_frames(asked, language=request.LANGUAGE_CODE, request_id=request.request_id)
    return StreamingHttpResponse(frames, content_type="text/event-stream; charset=utf-8", headers=STREAM_HEADERS)


def prepare(request: HttpRequest, given: schemas.QuestionIn) -> Asked:
    """Return the question with its place; in a conversation only where one is named. Raises: QuestionRefused, TooManyRequests."""
    user = request.user
    spend("ask", user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
    collection = None
    if given.collection:
        collection = get_object_or_404(Collection.objects.visible_to(user), slug=given.collection)
    if not given.conversation:
        return Asked(question=clean_question(given.question), user=user, collection=collection, via=asked_via(request))
    current = None if given.conversation == NEW else find_conversation(request, given.conversation)
    turn = start_turn(user=user, question=given.question, conversation=current, collection=collection)
    turn = Turn.objects.select_related("conversation__collection", "conversation__user").get(pk=turn.pk)
    within = turn.conversation.collection
    return Asked(
        question=turn.question, user=user, collection=within, history=history_before(turn), turn=turn, via=asked_via(request)
    )


async def stream_frames(asked: Asked, *, language: str, request_id: str) -> AsyncGenerator[bytes, None]:
    """Yield the events of an answer; the last one is "done" or "failed"."""
    told = 0
    try:
        async with aclosing(run_question(asked)) as events:
            async for event in events:
                match event:
                    case None:
                        yield b": waiting\n\n"
                    case Status():
                        told = 0 if event.step == "fallback" else told
                        with translation.override(language):
                            text = status_text(event)
                        yield frame("status", {"step": event.step, "count": event.count, "text": text})
                    case Progress():
                        answer = event.answer.as_dict()
                        for sentence in answer["sentences"][told:]:
                            cited = [one for one in answer["citations"] if one["marker"] in sentence["citations"]]
                            yield frame("sentence", sentence | {"cited": cited})
                        told = len(answer["sentences"])
                    case Answer():
                        yield frame("done", tell_answer(event, asked.turn))
    except ChatError as error:
        with translation.override(language):
            failure = {"code": error.code, "message": str(error.sentence)}
        yield frame("failed", {"error": failure, "request_id": request_id})


def frame(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


@router.post("/feedback", response={200: schemas.FeedbackOut, **schemas.ERRORS}, **scoped(ApiKey.Scope.ASK))
def give_feedback(request: HttpRequest, given: schemas.FeedbackIn) -> schemas.FeedbackOut:
    """Say whether one of the caller's own answers helped; an empty rating takes it back."""
    kept = rate_answer(user=request.user, receipt=given.receipt, rating=given.rating, comment=given.comment)
    return schemas.FeedbackOut(receipt=given.receipt, rating=kept.rating if kept else "", comment=kept.comment if kept else "")


@router.get("/conversations", response={200: list[schemas.ConversationOut], **schemas.ERRORS}, **READ)
def list_conversations(request: HttpRequest, limit: int = Query(50, ge=1, le=200)) -> list[schemas.ConversationOut]:
    """The caller's own conversations, the newest first."""
    rows = Conversation.objects.visible_to(request.user).select_related("collection")[:limit]
    return [schemas.ConversationOut(**tell_conversation(row)) for row in rows]


@router.get("/conversations/{uuid:uid}", response={200: schemas.ConversationWithTurns, **schemas.ERRORS}, **READ)
def get_conversation(request: HttpRequest, uid: UUID) -> schemas.ConversationWithTurns:
    """One of the caller's conversations with the newest attempt at each question, as they may read the answers now."""
    row = find_conversation(request, str(uid))
    newest = {turn.position: turn for turn in row.turns.all()}
    turns = [tell_turn(turn, readable_answer(turn, user=request.user)) for turn in newest.values()]
    return schemas.ConversationWithTurns(**tell_conversation(row), turns=turns)


def find_conversation(request: HttpRequest, uid: str) -> Conversation:
    try:
        named = UUID(uid)
    except ValueError as error:
        raise Http404 from error
    return get_object_or_404(Conversation.objects.visible_to(request.user).select_related("collection"), uid=named)


def tell_conversation(row: Conversation) -> dict[str, Any]:
    return {
        "uid": row.uid,
        "title": row.title,
        "collection": row.collection.slug if row.collection else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def tell_turn(turn: Turn, answer: dict[str, Any]) -> dict[str, Any]:
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
