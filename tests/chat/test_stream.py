"""The stream of an answer: who gets it, what stands in it, how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import polib
import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, AsyncRequestFactory, Client
from django.urls import reverse
from django.utils import timezone

from accounts.credentials import command_credential
from accounts.models import User
from audit.models import Event
from bench.harness.patience import PATIENCE_S
from chat import services
from chat.models import Turn
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
        if not block.startswith(":"):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def frames_of(turn: Turn, user: User, model: Any, *, language: str = "en") -> AsyncIterator[bytes]:
    request = AsyncRequestFactory().get("/")
    request.LANGUAGE_CODE, request.user = language, user
    turn = Turn.objects.select_related("conversation__collection").get(pk=turn.pk)
    return stream_frames(turn, request=request, credential=command_credential(user), compose=lambda: dependencies_with(model))


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


def test_a_second_connection_follows_the_first(employee: User, leave: Document, turn: Turn) -> None:
    model = ScriptedModel(TRUE, before=lambda position: asyncio.sleep(0.3) if position == 0 else None)

    async def both() -> tuple[bytes, bytes]:
        async def collect(frames: AsyncIterator[bytes]) -> bytes:
            return b"".join([frame async for frame in frames])

        return await asyncio.gather(collect(first), collect(second))

    first, second = frames_of(turn, employee, model), frames_of(turn, employee, model)
    one, other = map(parse, async_to_sync(both)())
    assert [name for name, _data in other] == ["done"]
    assert "earn 6 hours" in one[-1][1]["html"]
    assert "earn 6 hours" in other[-1][1]["html"]
    assert len(model.prompts) == 1


def leave_after(frames: AsyncIterator[bytes], is_enough: Callable[[bytes], bool]) -> None:
    async def leave() -> None:
        async def consume() -> None:
            async for frame in frames:
                if is_enough(frame):
                    seen.set()

        seen = asyncio.Event()
        reader = asyncio.create_task(consume())
        await asyncio.wait_for(seen.wait(), PATIENCE_S)
        reader.cancel()
        await asyncio.wait({reader})

    async_to_sync(leave)()


def test_when_the_reader_leaves_the_model_is_closed_and_what_was_seen_is_kept(employee: User, leave: Document, turn: Turn) -> None:
    silent_at = len(TRUE.split()) + 1
    model = ScriptedModel(f"{TRUE} {EIGHT}", before=lambda position: asyncio.sleep(30) if position == silent_at else None)
    leave_after(frames_of(turn, employee, model), lambda frame: frame.startswith(b"event: answer"))
    turn.refresh_from_db()
    assert model.closed
    assert turn.state == Turn.State.STOPPED
    assert turn.answer["answer"] == f"{SIX_HOURS}[1]"
    assert Event.objects.filter(uid=turn.receipt, action="question.stopped").exists()


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
