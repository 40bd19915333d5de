"""The answer as server-sent events: one stream a turn, for its owner."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.credentials import Credential, find_reader, session_credential
from accounts.models import User
from accounts.requests import SignedInRequest
from chat import services
from chat.errors import AccessEnded, AnswerInterrupted, ChatError, TurnTaken
from chat.flow.ending.conclusion import conclude_failed
from chat.flow.events import Event, Progress, Status
from chat.flow.running import Compose, run_question
from chat.flow.trace import AnswerTrace
from chat.models import Conversation, Turn
from chat.streaming.sse import WAITING, event_stream, frame
from chat.types import Answer
from gateway.threads import run_in_thread

FOLLOW_INTERVAL_S = 1.0
DEAD_AFTER_S = 20.0  # four missed heartbeats of the process that answers


@require_GET
async def stream_turn(request: SignedInRequest, uid: UUID) -> StreamingHttpResponse:
    """Answer a waiting turn, follow one that is being answered elsewhere, or replay a finished one."""
    user = await request.auser()
    turn = await run_in_thread(_find_turn)(user, uid)
    credential = session_credential(request, user=user)
    return event_stream(stream_frames(turn, request=request, credential=credential))


@require_POST
def stop(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """Stop answering. The stream ends with what was released."""
    turn = get_object_or_404(Turn, uid=uid, conversation__in=Conversation.objects.visible_to(request.user))
    services.stop_turn(turn)
    return HttpResponse(status=204)


def _find_turn(user: User, uid: UUID) -> Turn:
    found = Turn.objects.select_related("conversation__collection", "conversation__user")
    turn = found.filter(uid=uid, conversation__in=Conversation.objects.visible_to(user)).first()
    if turn is None:
        raise Http404
    return turn


async def stream_frames(
    turn: Turn, *, request: SignedInRequest, credential: Credential, compose: Compose | None = None
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a turn until it is finished; the last one is "done" or "failed"."""
    try:
        async with aclosing(_answer(turn, request=request, credential=credential, compose=compose)) as frames:
            async for one in frames:
                yield one
    except TurnTaken:
        async with aclosing(_follow(turn, credential=credential)) as frames:
            async for one in frames:
                yield one
    except ChatError:  # it is in the turn, and in the log
        pass
    yield await run_in_thread(_last_frame)(turn, request, credential)


async def _answer(
    turn: Turn, *, request: SignedInRequest, credential: Credential, compose: Compose | None
) -> AsyncGenerator[bytes, None]:
    """Answer, and yield what is to be shown on the way. When the reader leaves, the answering is cancelled with it.

    Raises: TurnTaken: it is answered elsewhere, or finished. ChatError: there is no answer.
    """
    if turn.state != Turn.State.PENDING:
        raise TurnTaken
    asked = await run_in_thread(services.asked_of)(turn, credential=credential)
    render = run_in_thread(_progress_frames)
    async with aclosing(run_question(asked, compose=compose)) as events:
        async for event in events:
            match event:
                case None:
                    yield WAITING
                case Status() | Progress():
                    yield await render(turn, event, request)
                case Answer():
                    pass  # the last frame says so, from the turn


async def _follow(turn: Turn, *, credential: Credential) -> AsyncGenerator[bytes, None]:
    """Wait until another connection's answer is finished, its process is found dead, or this reader's access ends."""
    while not await run_in_thread(_is_over)(turn, credential):
        yield WAITING
        await asyncio.sleep(FOLLOW_INTERVAL_S)


def _is_over(turn: Turn, credential: Credential) -> bool:
    """Read the turn again; conclude it as failed where the process that answered it is gone."""
    if find_reader(credential) is None:
        return True
    try:
        turn.refresh_from_db(fields=["heartbeat_at", "finished_at"])
    except Turn.DoesNotExist:
        return True
    if turn.finished_at is not None:
        return True
    if turn.heartbeat_at is None or timezone.now() - turn.heartbeat_at < timedelta(seconds=DEAD_AFTER_S):
        return False
    conclude_failed(AnswerTrace(asked=services.asked_of(turn, credential=credential)), AnswerInterrupted.code)
    return True


def _progress_frames(turn: Turn, event: Event, request: SignedInRequest) -> bytes:
    with translation.override(request.LANGUAGE_CODE):
        match event:
            case Status():
                return frame({"text": status_text(event)}, name="status")
            case Progress(answer=answer):
                context = {"turn": turn, "answer": answer.as_dict(), "streaming": True}
                return b"".join(
                    frame({"html": render_to_string(f"chat/_{name}.html", context, request)}, name=name)
                    for name in ("answer", "sources")
                )


def _last_frame(turn: Turn, request: SignedInRequest, credential: Credential) -> bytes:
    """Return "done" or "failed" with the finished turn, as its owner may read it now."""
    try:
        turn.refresh_from_db()
    except Turn.DoesNotExist:
        return b""  # the conversation was deleted meanwhile
    reader = find_reader(credential)
    if reader is None:  # what this connection receives; the turn itself stays as it is
        turn.state, turn.error_code, turn.answer = Turn.State.FAILED, AccessEnded.code, {}
    with translation.override(request.LANGUAGE_CODE):
        answer = services.readable_answer(turn, user=reader) if reader else {}
        name = "failed" if turn.state == Turn.State.FAILED else "done"
        context = {"turn": turn, "answer": answer, "streaming": False}
        return frame({"html": render_to_string("chat/_turn.html", context, request)}, name=name)


def status_text(status: Status) -> str:
    match status.step:
        case "searching":
            return ngettext("Searching %(count)s collection…", "Searching %(count)s collections…", status.count) % {
                "count": status.count
            }
        case "reading":
            return ngettext("Reading %(count)s passage…", "Reading %(count)s passages…", status.count) % {"count": status.count}
        case "fallback":
            return _("The language model is not responding. Trying another way…")
    return _("Writing…")
