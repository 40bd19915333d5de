"""The stream of an answer: who gets it, what stands in it, how it ends."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import polib
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient, AsyncRequestFactory, Client
from django.urls import reverse
from django.utils import timezone

from accounts.credentials import command_credential
from accounts.models import User
from audit.models import Event
from bench.harness.patience import PATIENCE_S
from chat import services
from chat.models import Turn
from chat.streaming.dead import conclude_all_dead
from chat.streaming.runs import KEEP_INTERVAL_S, AnswerRuns, get_runs
from chat.streaming.turn import stream_frames
from kb.models import Collection, Document
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, dependencies_with

TRUE = f"{SIX_HOURS} [1]"
EIGHT = "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period. [1]"


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


@pytest.fixture
def turn(employee: User) -> Turn:
    return services.start_turn(user=employee, question=QUESTION)


def parse(frames: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a stream, comments left out; every one is a name and one JSON object."""
    found = []
    for block in frames.decode().strip().split("\n\n"):
        if not block.startswith((":", "retry:")):
            *_number, name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


async def frames_of(turn: Turn, user: User, model: Any, *, language: str = "en", **given: Any) -> AsyncGenerator[bytes, None]:
    """Open the stream of a turn, as it is now."""
    request = AsyncRequestFactory().get("/")
    request.LANGUAGE_CODE, request.user = language, user
    turn = await Turn.objects.select_related("conversation__collection").aget(pk=turn.pk)
    given = {"credential": command_credential(user), "compose": lambda: dependencies_with(model)} | given
    async with aclosing(stream_frames(turn, request=request, **given)) as frames:
        async for one in frames:
            yield one


def read(turn: Turn, user: User, model: Any, **given: Any) -> list[tuple[str, dict[str, Any]]]:
    async def collect(frames: AsyncIterator[bytes]) -> bytes:
        return b"".join([frame async for frame in frames])

    return parse(async_to_sync(collect)(frames_of(turn, user, model, **given)))


def get(user: User | None, turn: Turn) -> Any:
    """Ask over HTTP. Returns: the response, its stream read."""

    async def fetch() -> Any:
        client = AsyncClient()
        if user:
            await client.aforce_login(user)
        response = await client.get(reverse("chat:stream", args=[turn.uid]))
        if response.streaming:
            response.events = parse(b"".join([frame async for frame in response.streaming_content]))
        return response

    return async_to_sync(fetch)()


def set_state(turn: Turn, state: str, **changes: Any) -> None:
    Turn.objects.filter(pk=turn.pk).update(state=state, **changes)


def test_the_stream_reports_its_steps_then_sentences_then_the_whole(employee: User, leave: Document, turn: Turn) -> None:
    events = read(turn, employee, ScriptedModel(f"{TRUE} {EIGHT}"))
    assert [name for name, _data in events] == ["status"] * 3 + ["answer", "sources"] * 2 + ["done"]
    assert [data["text"] for name, data in events if name == "status"] == [
        "Searching 1 collection…",
        "Reading 1 passage…",
        "Writing…",
    ]
    first, second = (data["html"] for name, data in events if name == "answer")
    assert "earn 6 hours" in first
    assert "earn 8 hours" not in first
    assert "earn 6 hours" in second
    assert "earn 8 hours" in second
    sources = next(data["html"] for name, data in events if name == "sources")
    assert str(leave.current_version.uid) in sources
    turn.refresh_from_db()
    assert turn.state == Turn.State.ANSWERED
    assert "earn 8 hours" in events[-1][1]["html"]


def test_the_steps_are_named_in_the_readers_language(
    employee: User, leave: Document, turn: Turn, settings: Any, tmp_path: Path
) -> None:
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    catalogue.append(polib.POEntry(msgid="Writing…", msgstr="正在撰写…"))
    (tmp_path / "zh_Hans" / "LC_MESSAGES").mkdir(parents=True)
    catalogue.save_as_mofile(str(tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.mo"))
    settings.LOCALE_PATHS = [tmp_path]
    events = read(turn, employee, ScriptedModel(TRUE), language="zh-hans")
    assert [data["text"] for name, data in events if name == "status"][-1] == "正在撰写…"


def test_what_is_withheld_is_never_sent(employee: User, leave: Document, turn: Turn) -> None:
    events = read(turn, employee, ScriptedModel(f"{SIX_HOURS.replace('6', '9')} [1] {TRUE}"))
    assert "9 hours" not in json.dumps(events)
    assert "earn 6 hours" in events[-1][1]["html"]


def test_markup_in_an_answer_is_text(employee: User, collection: Collection, turn: Turn) -> None:
    line = "Employees with five years of service earn <script>alert(1)</script> hours of annual leave per pay period."
    add_document(collection, "x.md", line)
    assert "<script>" not in json.dumps(read(turn, employee, ScriptedModel(f"{line} [1]")))


def test_a_failure_ends_the_stream_with_failed(employee: User, leave: Document, turn: Turn) -> None:
    def explode(_position: int) -> None:
        raise ZeroDivisionError

    events = read(turn, employee, ScriptedModel(TRUE, before=explode))
    turn.refresh_from_db()
    assert events[-1][0] == "failed"
    assert (turn.state, turn.error_code) == (Turn.State.FAILED, "chat")
    assert Event.objects.get(uid=turn.receipt).action == "question.failed"


def test_a_finished_turn_is_replayed_without_asking_again(employee: User, leave: Document, turn: Turn) -> None:
    read(turn, employee, ScriptedModel(TRUE))
    model = ScriptedModel(TRUE)
    events = read(turn, employee, model)
    assert [name for name, _data in events] == ["done"]
    assert "earn 6 hours" in events[0][1]["html"]
    assert model.prompts == []
    assert Event.objects.filter(action="question.answered").count() == 1


def test_a_replay_leaves_out_what_was_revoked_since(employee: User, leave: Document, turn: Turn) -> None:
    read(turn, employee, ScriptedModel(TRUE))
    employee.groups.clear()
    assert "earn 6 hours" not in json.dumps(read(turn, employee, None))


def test_a_turn_whose_process_died_is_failed_cleanly(employee: User, turn: Turn) -> None:
    set_state(turn, "streaming", heartbeat_at=timezone.now() - timedelta(minutes=5))
    response = get(employee, turn)
    assert [name for name, _data in response.events] == ["failed"]
    turn.refresh_from_db()
    assert (turn.state, turn.error_code) == (Turn.State.FAILED, "interrupted")
    assert Event.objects.get(action__startswith="question.").uid == UUID(turn.receipt)


def test_a_killed_process_is_noticed_though_nobody_looks(employee: User, turn: Turn) -> None:
    set_state(turn, "streaming", heartbeat_at=timezone.now())
    assert conclude_all_dead() == 0
    set_state(turn, "streaming", heartbeat_at=timezone.now() - timedelta(seconds=21))
    services.start_turn(user=employee, question="Never begun?")
    assert (conclude_all_dead(), conclude_all_dead()) == (1, 0)
    turn.refresh_from_db()
    assert (turn.state, turn.error_code) == (Turn.State.FAILED, "interrupted")
    assert Event.objects.get(action__startswith="question.").actor_id == str(employee.pk)


def test_a_second_connection_follows_the_first(employee: User, leave: Document, turn: Turn) -> None:
    model = ScriptedModel(TRUE, before=lambda position: asyncio.sleep(0.3) if position == 0 else None)

    async def both() -> tuple[bytes, bytes]:
        async def collect(frames: AsyncIterator[bytes]) -> bytes:
            return b"".join([frame async for frame in frames])

        return await asyncio.gather(collect(first), collect(second))

    first, second = frames_of(turn, employee, model), frames_of(turn, employee, model)
    one, other = map(parse, async_to_sync(both)())
    assert [name for name, _data in one] == [name for name, _data in other] == [*["status"] * 3, "answer", "sources", "done"]
    assert "earn 6 hours" in one[-1][1]["html"]
    assert "earn 6 hours" in other[-1][1]["html"]
    assert len(model.prompts) == 1


# --- an answer is the server's ------------------------------------------------------------------------------------------


class Slow(ScriptedModel):
    """Is silent behind the first sentence until it is told to go on."""

    def __init__(self) -> None:
        self.going_on = asyncio.Event()
        super().__init__(f"{TRUE} {EIGHT}", before=self._wait)

    def _wait(self, position: int) -> Any:
        return self.going_on.wait() if position == len(TRUE.split()) + 1 else None


def number_of(frame: bytes) -> int:
    """The number of the last event of a frame."""
    return int(re.findall(rb"^id: (\d+)$", frame, re.MULTILINE)[-1])


async def read_until(frames: Any, name: bytes) -> bytes:
    """Read until an event of this name, and go: as a tab that is closed does."""
    async with aclosing(frames):
        async for one in frames:
            if b"event: " + name in one:
                return bytes(one)
    raise AssertionError(name)


async def drain(frames: AsyncIterator[bytes]) -> list[tuple[str, dict[str, Any]]]:
    return parse(b"".join([one async for one in frames]))


def test_an_answer_goes_on_without_its_reader_who_comes_back_to_where_they_were(
    employee: User, leave: Document, turn: Turn
) -> None:
    async def leave_and_return() -> list[tuple[str, dict[str, Any]]]:
        model = Slow()
        seen = await read_until(frames_of(turn, employee, model), b"answer")
        model.going_on.set()
        return await drain(frames_of(turn, employee, None, after=number_of(seen)))

    events = async_to_sync(leave_and_return)()
    assert [name for name, _data in events] == ["answer", "sources", "done"]  # no step twice, the first sentence with the second
    assert "earn 8 hours" in events[-1][1]["html"]
    turn.refresh_from_db()
    assert (turn.state, turn.progress) == (Turn.State.ANSWERED, {})
    assert Event.objects.filter(action__startswith="question.").count() == 1


def test_nobody_needs_to_come_back(employee: User, leave: Document, turn: Turn) -> None:
    async def leave_for_good() -> None:
        model = Slow()
        await read_until(frames_of(turn, employee, model), b"answer")
        run = get_runs().find(turn.pk)
        model.going_on.set()
        await asyncio.wait_for(run.task, PATIENCE_S)

    async_to_sync(leave_for_good)()
    turn.refresh_from_db()
    assert turn.state == Turn.State.ANSWERED
    assert "earn 8 hours" in turn.answer["answer"]
    assert Event.objects.get(action__startswith="question.").action == "question.answered"


def test_another_process_shows_what_is_written_in_this_one(employee: User, leave: Document, turn: Turn) -> None:
    async def follow() -> tuple[bytes, list[tuple[str, dict[str, Any]]]]:
        model = Slow()
        seen = await read_until(frames_of(turn, employee, model), b"answer")
        await asyncio.sleep(KEEP_INTERVAL_S + 0.2)
        fresh = await read_until(frames_of(turn, employee, None, runs=AnswerRuns()), b"answer")
        going_on = asyncio.create_task(drain(frames_of(turn, employee, None, runs=AnswerRuns(), after=number_of(seen))))
        await asyncio.sleep(0)
        model.going_on.set()
        return fresh, await going_on

    fresh, events = async_to_sync(follow)()
    (step, text), (_answer, shown), _sources = parse(fresh)
    assert (step, text["text"]) == ("status", "Writing…")
    assert "earn 6 hours" in shown["html"]
    assert "earn 8 hours" not in shown["html"]
    assert "earn 8 hours" in events[-1][1]["html"]
    assert events[-1][0] == "done"


def test_what_is_kept_for_other_processes_is_shown_with_the_rights_of_now(employee: User, leave: Document, turn: Turn) -> None:
    """Revoked text is in no response that begins after the revocation, though the answer is still being ended."""

    async def revoke_then_open() -> bytes:
        model = Slow()
        await read_until(frames_of(turn, employee, model), b"answer")
        await asyncio.sleep(KEEP_INTERVAL_S + 0.2)
        await sync_to_async(employee.groups.clear)()
        return b"".join([one async for one in frames_of(turn, employee, None, runs=AnswerRuns())])

    assert b"earn 6 hours" not in async_to_sync(revoke_then_open)()
    assert Event.objects.get(action__startswith="question.").action == "question.failed"


def test_a_right_that_is_revoked_ends_an_answer_that_nobody_watches(employee: User, leave: Document, turn: Turn) -> None:
    async def revoke() -> float:
        model = Slow()
        await read_until(frames_of(turn, employee, model), b"answer")
        run = get_runs().find(turn.pk)
        await sync_to_async(employee.groups.clear)()
        began = time.monotonic()
        await asyncio.wait_for(run.task, PATIENCE_S)
        assert model.closed
        return time.monotonic() - began

    assert async_to_sync(revoke)() < 2
    turn.refresh_from_db()
    assert (turn.state, turn.error_code, turn.answer) == (Turn.State.FAILED, "evidence_withdrawn", {})


def test_stop_ends_what_every_tab_shows(employee: User, leave: Document, turn: Turn) -> None:
    async def stop() -> list[list[tuple[str, dict[str, Any]]]]:
        model = Slow()
        one, other = frames_of(turn, employee, model), frames_of(turn, employee, model)
        both = asyncio.gather(drain(one), drain(other))
        await read_until(frames_of(turn, employee, model), b"answer")
        await sync_to_async(services.stop_turn)(turn)
        return list(await asyncio.wait_for(both, PATIENCE_S))

    one, other = async_to_sync(stop)()
    assert (one[-1][0], other[-1][0]) == ("done", "done")
    assert all("Stopped. The sentences shown were verified." in events[-1][1]["html"] for events in (one, other))
    turn.refresh_from_db()
    assert (turn.state, turn.answer["answer"]) == (Turn.State.STOPPED, f"{SIX_HOURS}[1]")
    assert Event.objects.get(action__startswith="question.").action == "question.stopped"


def test_a_process_that_ends_says_so(employee: User, leave: Document, turn: Turn) -> None:
    async def end() -> None:
        model = Slow()
        await read_until(frames_of(turn, employee, model), b"answer")
        await get_runs().end()
        assert model.closed

    async_to_sync(end)()
    turn.refresh_from_db()
    assert (turn.state, turn.error_code, turn.answer) == (Turn.State.FAILED, "interrupted", {})
    assert Event.objects.get(uid=turn.receipt).action == "question.failed"


def test_another_session_of_the_same_person_ends_by_itself(employee: User, leave: Document, turn: Turn) -> None:
    """Its stream ends; the answer, which another one asked for, goes on."""

    async def end_one() -> tuple[bytes, bool]:
        model = Slow()
        await read_until(frames_of(turn, employee, model), b"answer")
        gone = replace(command_credential(employee), kind="session", session_key="gone")
        shown = b"".join([one async for one in frames_of(turn, employee, model, credential=gone)])
        is_written = not get_runs().find(turn.pk).is_over
        model.going_on.set()
        await asyncio.wait_for(get_runs().find(turn.pk).task, PATIENCE_S)
        return shown, is_written

    shown, is_written = async_to_sync(end_one)()
    assert (b"earn 6 hours" in shown, is_written) == (False, True)
    assert parse(shown)[-1][0] == "failed"


def test_a_conversation_that_is_deleted_meanwhile_ends_the_stream(employee: User, leave: Document, turn: Turn) -> None:
    silent_at = len(TRUE.split()) + 1
    model = ScriptedModel(f"{TRUE} {EIGHT}", before=lambda position: asyncio.sleep(30) if position == silent_at else None)

    async def delete_then_drain() -> bytes:
        read = b""
        async for frame in frames:
            if frame.startswith(b"event: answer"):
                await turn.conversation.adelete()
            read += frame
        return read

    frames = frames_of(turn, employee, model)
    assert [name for name, _data in parse(async_to_sync(delete_then_drain)())][-1] == "sources"
    assert model.closed


# --- who may ------------------------------------------------------------------------------------------------------------


def test_the_owner_gets_an_event_stream_that_nothing_buffers(employee: User, turn: Turn) -> None:
    set_state(turn, "stopped", finished_at=timezone.now())
    response = get(employee, turn)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/event-stream; charset=utf-8"
    assert (response["Cache-Control"], response["X-Accel-Buffering"]) == ("no-store", "no")
    assert [name for name, _data in response.events] == ["done"]


@pytest.mark.parametrize("who", ["teammate", "outsider", "knowledge_admin", "auditor"])
def test_nobody_else_gets_the_stream_or_stops_it(request: pytest.FixtureRequest, turn: Turn, client: Client, who: str) -> None:
    user = request.getfixturevalue(who)
    assert get(user, turn).status_code == 404
    client.force_login(user)
    assert client.post(reverse("chat:stop", args=[turn.uid])).status_code == 404
    turn.refresh_from_db()
    assert turn.state == Turn.State.PENDING


def test_anonymous_is_sent_to_sign_in(turn: Turn, client: Client) -> None:
    assert get(None, turn).status_code == 302
    response = client.post(reverse("chat:stop", args=[turn.uid]))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_the_stream_is_read_and_stop_is_posted(employee: User, turn: Turn, client: Client) -> None:
    client.force_login(employee)
    assert client.post(reverse("chat:stream", args=[turn.uid])).status_code == 405
    assert client.get(reverse("chat:stop", args=[turn.uid])).status_code == 405


def test_the_owner_stops(employee: User, turn: Turn, client: Client) -> None:
    client.force_login(employee)
    assert client.post(reverse("chat:stop", args=[turn.uid])).status_code == 204
    turn.refresh_from_db()
    assert turn.state == Turn.State.STOPPED


def test_a_follow_up_is_searched_as_a_question_that_stands_alone(employee: User, leave: Document, turn: Turn) -> None:
    read(turn, employee, ScriptedModel(TRUE))
    follow_up = services.start_turn(user=employee, question="And after twenty years?", conversation=turn.conversation)
    read(follow_up, employee, ScriptedModel(EIGHT))
    follow_up.refresh_from_db()
    assert "annual leave" in follow_up.rewritten
    assert "twenty years" in follow_up.rewritten
    assert json.loads(Event.objects.get(uid=follow_up.receipt).payload.body)["payload"]["rewritten"] == follow_up.rewritten
