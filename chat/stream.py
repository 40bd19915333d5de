"""The answer as server-sent events: one stream a turn, for its owner."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from chat import services
from chat.answering import Asked, Event, Progress, Status, answer_question, fail_turn
from chat.errors import AnswerInterrupted, ChatError
from chat.means import Means, configured_means
from chat.models import Conversation, Turn
from chat.offload import beside_loop

logger = logging.getLogger(__name__)

HEARTBEAT_S = 10.0  # a comment line, so that proxies keep the connection and a gone reader is noticed
FOLLOW_INTERVAL_S = 1.0
DEAD_AFTER_S = 20.0  # four missed heartbeats of the process that answers
_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@require_GET
async def stream_turn(request: HttpRequest, uid: UUID) -> StreamingHttpResponse:
    """Answer a waiting turn, follow one that is being answered elsewhere, or replay a finished one."""
    user = await request.auser()
    turn = await beside_loop(_find_turn, keeps_connection=True)(user, uid)
    frames = stream_frames(turn, request=request, user=user)
    return StreamingHttpResponse(frames, content_type="text/event-stream; charset=utf-8", headers=_STREAM_HEADERS)


@require_POST
def stop(request: HttpRequest, uid: UUID) -> HttpResponse:
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
    turn: Turn, *, request: HttpRequest, user: User, compose: Callable[[], Means] = configured_means
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a turn until it is finished; the last one is "done" or "failed"."""
    if await beside_loop(claim_turn, keeps_connection=True)(turn):
        async for frame in _answer(turn, request=request, user=user, compose=compose):
            yield frame
    else:
        async for frame in _follow(turn):
            yield frame
    yield await beside_loop(_last_frame)(turn, request, user)


def claim_turn(turn: Turn) -> bool:
    """Take a waiting turn. Of two connections only one answers."""
    now = timezone.now()
    mine = Turn.objects.filter(pk=turn.pk, state=Turn.State.PENDING).update(state=Turn.State.STREAMING, heartbeat_at=now)
    return bool(mine)


async def _answer(turn: Turn, *, request: HttpRequest, user: User, compose: Callable[[], Means]) -> AsyncGenerator[bytes, None]:
    """Answer, and yield what is to be shown on the way. When the reader leaves, the answering is cancelled with it."""
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    work = asyncio.create_task(_work(turn, user=user, events=events, compose=compose))
    work.add_done_callback(lambda _task: events.put_nowait(None))
    render = beside_loop(_progress_frames)
    try:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    event = await events.get()
            except TimeoutError:
                yield b": waiting\n\n"
                continue
            if event is None:
                break
            yield await render(turn, event, request)
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work})


async def _work(turn: Turn, *, user: User, events: asyncio.Queue[Event | None], compose: Callable[[], Means]) -> None:
    """Answer; what goes wrong is in the turn and in the audit when this returns."""
    try:
        history = await beside_loop(services.history_before, keeps_connection=True)(turn)
        asked = Asked(question=turn.question, user=user, collection=turn.conversation.collection, history=history, turn=turn)
        await answer_question(asked, means=await beside_loop(compose, keeps_connection=True)(), emit=events.put_nowait)
    except ChatError as error:
        logger.warning("turn %s failed: %s", turn.uid, error.code)
    except Exception:  # the edge: the reader is told, the log keeps the trace
        logger.exception("turn %s failed", turn.uid)
        await beside_loop(fail_turn)(turn, ChatError.code)


async def _follow(turn: Turn) -> AsyncGenerator[bytes, None]:
    """Wait until another connection's answer is finished, or its process is found dead."""
    while not await beside_loop(_is_over)(turn):
        yield b": waiting\n\n"
        await asyncio.sleep(FOLLOW_INTERVAL_S)


def _is_over(turn: Turn) -> bool:
    """Read the turn again; fail it where the process that answered it is gone."""
    try:
        turn.refresh_from_db(fields=["heartbeat_at", "finished_at"])
    except Turn.DoesNotExist:
        return True
    if turn.finished_at is not None:
        return True
    if turn.heartbeat_at is None or timezone.now() - turn.heartbeat_at < timedelta(seconds=DEAD_AFTER_S):
        return False
    fail_turn(turn, AnswerInterrupted.code)
    return True


def _progress_frames(turn: Turn, event: Event, request: HttpRequest) -> bytes:
    with translation.override(request.LANGUAGE_CODE):
        match event:
            case Status():
                return _frame("status", {"text": status_text(event)})
            case Progress(answer=answer):
                context = {"turn": turn, "answer": answer.as_dict(), "streaming": True}
                return b"".join(
                    _frame(name, {"html": render_to_string(f"chat/_{name}.html", context, request)})
                    for name in ("answer", "sources")
                )


def _last_frame(turn: Turn, request: HttpRequest, user: User) -> bytes:
    """Return "done" or "failed" with the finished turn, as its owner may read it now."""
    try:
        turn.refresh_from_db()
    except Turn.DoesNotExist:
        return b""  # the conversation was deleted meanwhile
    with translation.override(request.LANGUAGE_CODE):
        context = {"turn": turn, "answer": services.readable_answer(turn, user=user), "streaming": False}
        name = "failed" if turn.state == Turn.State.FAILED else "done"
        return _frame(name, {"html": render_to_string("chat/_turn.html", context, request)})


def status_text(status: Status) -> str:
    match status.step:
        case "searching":
            return ngettext("Searching %(count)s collection…", "Searching %(count)s collections…", status.count) % {
                "count": status.count
            }
        case "reading":
            return ngettext("Reading %(count)s passage…", "Reading %(count)s passages…", status.count) % {"count": status.count}
        case "fallback":
            return _("The language model does not answer; trying another way…")
    return _("Writing…")


def _frame(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
