"""Asking, as one JSON answer, as a stream of events, or in the background."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.http import HttpResponseBase, JsonResponse
from django.utils import translation
from ninja import Router

from accounts.models import ApiKey
from accounts.rates import spend
from api import schemas
from api.access import asked_via, scoped
from api.conversations import find_conversation
from api.requests import ApiRequest
from chat.conversations.where import ANYWHERE, read_where, within_of
from chat.errors import ChatError
from chat.feedback import rate_answer
from chat.flow.asked import Asked
from chat.flow.events import Progress, Status
from chat.flow.running import finish_question, run_question
from chat.models import Turn
from chat.services import asked_of, clean_question, start_turn
from chat.streaming.frames import status_text
from chat.streaming.runs import begin_answer
from chat.streaming.sse import WAITING, event_stream, frame
from chat.types import Answer
from gateway.threads import run_in_thread

router = Router(tags=["answers"])
NEW = "new"


@router.post(
    "/ask", response={200: schemas.AnswerOut, 202: schemas.AcceptedOut, **schemas.ERRORS}, **scoped(ApiKey.Scope.ASK, is_async=True)
)
async def ask(request: ApiRequest, given: schemas.QuestionIn, stream: bool = False, background: bool = False) -> HttpResponseBase:
    """Answer a question from the documents that the caller may read, or refuse. With `stream`: server-sent events, whose `data`
    is one JSON object each: `status`, `sentence` (each one passed), and last `done` (the whole answer) or `failed`. After a status
    with the step `fallback` the sentences begin anew. With `background`: at once a 202 with the turn, whose answer the server
    writes whoever waits for it (`/turns/{uid}`)."""
    if background:
        turn = await run_in_thread(begin)(request, given)
        named = {"conversation": str(turn.conversation.uid), "turn": str(turn.uid)}
        return JsonResponse(named, status=HTTPStatus.ACCEPTED)
    asked = await run_in_thread(prepare)(request, given)
    if not stream:
        answer = await finish_question(asked)
        return JsonResponse(serialize_answer(answer, asked.turn), json_dumps_params={"ensure_ascii": False})
    return event_stream(stream_frames(asked, language=request.LANGUAGE_CODE, request_id=request.request_id))


def prepare(request: ApiRequest, given: schemas.QuestionIn) -> Asked:
    """Return the question with its place; in a conversation only where one is named. Raises: QuestionRefused, TooManyRequests."""
    user = request.user
    spend("ask", user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
    where = read_where(Chosen(given), user=user)
    if not given.conversation:
        question = clean_question(given.question)
        within = within_of(where.as_json())
        via = asked_via(request)
        return Asked(question=question, credential=request.credential, collection=where.collection, within=within, via=via)
    current = None if given.conversation == NEW else find_conversation(request, given.conversation)
    turn = start_turn(
        user=user, question=given.question, conversation=current, where=where if where != ANYWHERE or current is None else None
    )
    turn = Turn.objects.select_related("conversation__collection", "conversation__user").get(pk=turn.pk)
    return asked_of(turn, credential=request.credential, via=asked_via(request))


class Chosen:
    """Where a program asks, as a form would say it."""

    def __init__(self, given: schemas.QuestionIn) -> None:
        self._given = given

    def get(self, name: str, /) -> Any:
        return getattr(self._given, name)

    def getlist(self, name: str, /) -> Sequence[Any]:
        if name == "kind":
            return self._given.kinds
        if name == "tag":
            return self._given.tags
        return [slug for slug in (self._given.collection, *self._given.collections) if slug]


def begin(request: ApiRequest, given: schemas.QuestionIn) -> Turn:
    """Keep the question in a conversation, and have it answered from now on. Raises: as `prepare`."""
    asked = prepare(request, given if given.conversation else given.model_copy(update={"conversation": NEW}))
    turn = cast(Turn, asked.turn)
    begin_answer(turn, request=request, credential=asked.credential, via=asked.via)
    return turn


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
                        yield frame(
                            {"step": event.step, "count": event.count, "passages": event.passages, "text": text}, name="status"
                        )
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
    """Rate one of the caller's own answers as helpful or not; an empty rating withdraws it."""
    said = given.model_dump(include={"receipt", "rating", "reason", "comment"})
    kept = rate_answer(user=request.user, **said)
    if kept is None:
        return schemas.FeedbackOut(receipt=given.receipt, rating="", reason="", comment="")
    return schemas.FeedbackOut(receipt=given.receipt, rating=given.rating, reason=kept.reason, comment=kept.comment)
