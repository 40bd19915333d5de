"""The stream of a turn: for its owner, as often as they like, from where they were."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from accounts.credentials import Credential, find_reader, session_credential
from accounts.errors import TooManyRequests
from accounts.models import User
from accounts.rates import spend
from accounts.requests import SignedInRequest
from chat import services
from chat.conversations.offering import offer_next
from chat.errors import ChatError
from chat.flow.dependencies import configured_dependencies
from chat.flow.running import Compose
from chat.models import Conversation, Turn
from chat.streaming.dead import conclude_dead, is_dead
from chat.streaming.frames import last_frame, progress_frames
from chat.streaming.released import Released, of_row
from chat.streaming.runs import AnswerRun, AnswerRuns, get_runs
from chat.streaming.sse import AGAIN, WAITING, event_stream
from gateway.threads import run_in_thread

logger = logging.getLogger(__name__)
LOOK_INTERVAL_S = 1.0  # between two looks at the rights of whoever watches
FOLLOW_INTERVAL_S = 0.5  # between two looks at the row of a turn that another process answers
WAITING_EVERY_S = 10.0


@require_GET
async def stream_turn(request: SignedInRequest, uid: UUID) -> StreamingHttpResponse:
    """Have a waiting turn answered; show what is released, from behind the event that the browser names; replay a finished one."""
    user = await request.auser()
    turn = await run_in_thread(find_turn)(user, uid)
    credential = session_credential(request, user=user)
    return event_stream(stream_frames(turn, request=request, credential=credential, after=last_event(request)))


@require_GET
async def next_questions(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """Questions that may come next, each of which would be answered; nothing where there are none, or too many were looked for."""
    user = await request.auser()
    turn = await run_in_thread(find_turn)(user, uid)
    credential = session_credential(request, user=user)
    offered: tuple[str, ...] = ()
    if turn.state == Turn.State.ANSWERED:
        try:
            await run_in_thread(spend)("search", user.pk, per_minute=settings.RATE_SEARCH_PER_MINUTE)
            asked = await run_in_thread(services.asked_of)(turn, credential=credential)
            dependencies = await run_in_thread(configured_dependencies)()
            offered = await offer_next(asked, turn.answer, dependencies=dependencies)
        except (ChatError, TooManyRequests) as error:  # nothing of an answer depends on what is offered with it
            logger.info("no questions are offered: %s", error)
    return await run_in_thread(render)(request, "chat/_next.html", {"turn": turn, "offered": offered})


@require_POST
def stop(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """Stop answering. The stream ends with what was released."""
    turn = get_object_or_404(Turn, uid=uid, conversation__in=Conversation.objects.visible_to(request.user))
    services.stop_turn(turn)
    return HttpResponse(status=204)


def find_turn(user: User, uid: UUID) -> Turn:
    """Return a turn of this user's own. Raises: Http404."""
    found = Turn.objects.select_related("conversation__collection", "conversation__user")
    turn = found.filter(uid=uid, conversation__in=Conversation.objects.visible_to(user)).first()
    if turn is None:
        raise Http404
    return turn


def last_event(request: SignedInRequest) -> int:
    """Return the number of the last event that the browser has: 0 for none, and for nonsense."""
    given = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0


async def stream_frames(
    turn: Turn,
    *,
    request: SignedInRequest,
    credential: Credential,
    after: int = 0,
    compose: Compose | None = None,
    runs: AnswerRuns | None = None,
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a turn until it is finished; the last one is "done" or "failed". Closed, it leaves the answering alone.

    Args:
        after: the number of the event behind which the reader goes on.
        compose: as in `chat.flow.running.run_question`.
        runs: those of this process where it is None.
    """
    yield AGAIN
    run, runs = None, runs or get_runs()
    if turn.state == Turn.State.PENDING:
        run = runs.begin(turn.pk, credential=credential, language=request.LANGUAGE_CODE, compose=compose)
    elif turn.finished_at is None:
        run = runs.find(turn.pk)
    if turn.finished_at is None:
        async with aclosing(_frames(turn, run, request=request, credential=credential, after=after)) as frames:
            async for one in frames:
                yield one
    yield await run_in_thread(last_frame)(turn, request, credential)


async def _frames(
    turn: Turn, run: AnswerRun | None, *, request: SignedInRequest, credential: Credential, after: int
) -> AsyncGenerator[bytes, None]:
    """Yield what is released, as this reader may see it, until the turn is finished or their access ends."""
    render, clock = run_in_thread(progress_frames), asyncio.get_running_loop().time
    looked_at = sent_at = clock()
    async with aclosing(_released(turn, run, after=after)) as released:
        async for found in released:
            if found is not None:
                frames = await render(turn, found, request, credential)
                if frames is None:
                    return
                yield frames
                sent_at = clock()
            # Who asked is looked up by the run itself; another session of theirs may end while it goes on.
            if (run is None or run.credential != credential) and clock() - looked_at >= LOOK_INTERVAL_S:
                if await run_in_thread(find_reader)(credential) is None:
                    return
                looked_at = clock()
            if clock() - sent_at >= WAITING_EVERY_S:
                yield WAITING
                sent_at = clock()


async def _released(turn: Turn, run: AnswerRun | None, *, after: int) -> AsyncGenerator[Released | None, None]:
    """Yield what is released behind an event until the turn is finished; None where there is nothing new for a while."""
    if run is not None:
        async with aclosing(run.released(after=after)) as mine:
            async for found in mine:
                after = found.number if found is not None else after
                yield found
    while True:  # another process has it, or it is finished
        row = await run_in_thread(_look)(turn.pk)
        if row is None:
            return
        found = of_row(row, after=after)
        after = found.number if found is not None else after
        yield found
        await asyncio.sleep(FOLLOW_INTERVAL_S)


def _look(turn_pk: int) -> Turn | None:
    """Return the turn as it is now; None once it is finished or gone. One whose process has died is concluded as interrupted."""
    turn = Turn.objects.select_related("conversation__collection", "conversation__user").filter(pk=turn_pk).first()
    if turn is None or turn.finished_at is not None:
        return None
    if not is_dead(turn):
        return turn
    conclude_dead(turn)
    return None
