"""An answer ends with its reader's rights: what was loaded when the question came counts for nothing."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts.credentials import Credential, command_credential, key_credential, session_credential
from accounts.keys import create_api_key, revoke_api_key
from accounts.models import ApiKey, BrowserSession, User
from accounts.services import change_account, reset_password
from accounts.sign_in.rules import change_rules
from accounts.sign_in.sessions import end_session, find_sessions, sign_out_everywhere
from audit.models import Event
from chat import errors, services
from chat.flow.events import Progress
from chat.flow.question import WATCH_INTERVAL_S, answer_question
from chat.flow.running import run_question
from chat.models import Turn
from chat.streaming.runs import SILENCE_S
from chat.streaming.turn import LOOK_INTERVAL_S
from chat.types import Outcome
from kb.models import Collection, Document
from kb.rights.folders import create_folder, file_document, narrow_document, narrow_folder
from kb.rights.readers import Readers
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, asked_by, dependencies_with

TRUE = f"{SIX_HOURS} [1]"
SILENT_AT = len(TRUE.split()) + 1


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


def by_session(user: User) -> Credential:
    client, request = Client(), HttpRequest()
    client.force_login(user)
    request.session = client.session
    return session_credential(request, user=user)


def by_key(user: User) -> Credential:
    return key_credential(create_api_key(user=user, name="x", scopes=["ask", "read"], days=9, actor=user).key)


def revoke_keys(user: User) -> None:
    for key in ApiKey.objects.select_related("user").filter(user=user):
        revoke_api_key(key, actor=user)


def sign_out_from_elsewhere(user: User) -> None:
    request = HttpRequest()
    (row,) = find_sessions(user)
    assert end_session(user=user, public_id=row.public_id, request=request)


def long_ago() -> datetime:
    return timezone.now() - timedelta(days=30)


ENDS: dict[str, tuple[Callable[[User], Credential], Callable[[User], object]]] = {
    "session signed out": (by_session, lambda user: BrowserSession.objects.all().delete()),
    "session signed out everywhere": (by_session, lambda user: sign_out_everywhere(user=user, actor=user)),
    "session signed out from elsewhere": (by_session, sign_out_from_elsewhere),
    "session without the second factor that is demanded": (
        by_session,
        lambda user: change_rules(second_factor_roles=[user.role], actor=None),
    ),
    "session unused for too long": (by_session, lambda user: BrowserSession.objects.update(seen_at=long_ago())),
    "session that lasted too long": (by_session, lambda user: BrowserSession.objects.update(started_at=long_ago())),
    "session of a disabled account": (by_session, lambda user: change_account(user=user, actor=None, is_active=False)),
    "session before a reset": (by_session, lambda user: reset_password(user=user, actor=None)),
    "session of a deleted account": (by_session, lambda user: User.objects.get(pk=user.pk).delete()),
    "key revoked": (by_key, revoke_keys),
    "key expired": (by_key, lambda user: ApiKey.objects.update(expires_at=timezone.now())),
    "key narrowed": (by_key, lambda user: ApiKey.objects.update(scopes=["read"])),
    "key of a disabled account": (by_key, lambda user: change_account(user=user, actor=None, is_active=False)),
    "key deleted": (by_key, lambda user: ApiKey.objects.all().delete()),
    "command": (command_credential, lambda user: change_account(user=user, actor=None, is_active=False)),
}


def ended_by(act: Callable[[], object]) -> ScriptedModel:
    """Write a sentence and a word, let `act` happen, then say nothing for much longer than a watch lasts."""

    async def pause(position: int) -> None:
        if position == SILENT_AT:
            await sync_to_async(act)()
            await asyncio.sleep(120)
            raise AssertionError("no watch has ended it")

    return ScriptedModel(f"{TRUE} {TRUE}", before=pause)


def concluding() -> list[str]:
    return list(Event.objects.filter(action__startswith="question.").values_list("action", flat=True))


def reason() -> str:
    return json.loads(Event.objects.get(action="question.failed").payload.body)["payload"]["reason"]


def test_access_is_looked_up_often_enough_to_end_an_answer_within_two_seconds() -> None:
    """Each of these may pass once before a revocation is noticed; how long the rest takes is up to the machine."""
    assert max(WATCH_INTERVAL_S, LOOK_INTERVAL_S, SILENCE_S) <= 1


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("has_turn", [True, False], ids=["in a conversation", "alone"])
def test_an_answer_stops_when_its_readers_access_ends(employee: User, leave: Document, end: str, has_turn: bool) -> None:
    let_in, act = ENDS[end]
    turn = services.start_turn(user=employee, question=QUESTION) if has_turn else None
    asked = asked_by(employee, credential=let_in(employee), turn=turn)
    model = ended_by(lambda: act(employee))
    with pytest.raises(errors.AccessEnded):
        async_to_sync(answer_question)(asked, compose=lambda: dependencies_with(model))
    assert model.closed
    assert (concluding(), reason()) == (["question.failed"], "access_ended")
    if turn and Turn.objects.filter(pk=turn.pk).exists():
        turn.refresh_from_db()
        assert (turn.state, turn.error_code, turn.answer) == (Turn.State.FAILED, "access_ended", {})


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_concluded_as_answered_after_access_ended(employee: User, leave: Document, end: str) -> None:
    """Too late for the watch: with the last word."""
    let_in, act = ENDS[end]

    class Ending(ScriptedModel):
        async def stream(self, messages: Any, *, options: Any) -> Any:
            async for delta in super().stream(messages, options=options):
                yield delta
            await sync_to_async(act)(employee)

    asked = asked_by(employee, credential=let_in(employee))
    with pytest.raises(errors.AccessEnded):
        async_to_sync(answer_question)(asked, compose=lambda: dependencies_with(Ending(TRUE)))
    assert (concluding(), reason()) == (["question.failed"], "access_ended")


@pytest.mark.parametrize("end", ["session of a deleted account", "key deleted"])
def test_who_lost_access_after_they_were_looked_up_is_not_told_of_sources(
    employee: User, leave: Document, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in, act = ENDS[end]

    def find_nothing_left(chunk_ids: Any, *, user: User) -> bool:
        act(employee)
        return False

    monkeypatch.setattr("chat.flow.rights.are_readable", find_nothing_left)
    asked = asked_by(employee, credential=let_in(employee))
    with pytest.raises(errors.AccessEnded):
        async_to_sync(answer_question)(asked, compose=lambda: dependencies_with(ScriptedModel(TRUE)))
    assert (concluding(), reason()) == (["question.failed"], "access_ended")


def test_an_admin_who_is_one_no_more_gets_no_more_of_what_admins_read(knowledge_admin: User, leave: Document) -> None:
    model = ended_by(lambda: User.objects.filter(pk=knowledge_admin.pk).update(role="employee"))
    with pytest.raises(errors.EvidenceWithdrawn):
        async_to_sync(answer_question)(asked_by(knowledge_admin), compose=lambda: dependencies_with(model))
    assert (concluding(), reason()) == (["question.failed"], "evidence_withdrawn")


def test_an_admin_who_may_read_it_as_an_employee_too_is_answered(knowledge_admin: User, group: Group, leave: Document) -> None:
    knowledge_admin.groups.add(group)

    def demote(position: int) -> Any:
        return sync_to_async(User.objects.filter(pk=knowledge_admin.pk).update)(role="employee") if position == 3 else None

    model = ScriptedModel(TRUE, before=demote)
    answer = async_to_sync(answer_question)(asked_by(knowledge_admin), compose=lambda: dependencies_with(model))
    assert answer.outcome == Outcome.ANSWERED


@pytest.mark.parametrize("what", ["document", "folder", "filed"])
def test_an_answer_stops_when_its_document_is_narrowed(employee: User, leave: Document, what: str) -> None:
    folder = create_folder(collection=leave.collection, name="Board", user=None)
    board = Readers(people=("nobody",))
    if what == "folder":
        file_document(document=leave, folder=folder, user=None)
    elif what == "filed":
        narrow_folder(folder=folder, readers=board, user=None)
    act = {
        "document": lambda: narrow_document(document=leave, readers=board, user=None),
        "folder": lambda: narrow_folder(folder=folder, readers=board, user=None),
        "filed": lambda: file_document(document=leave, folder=folder, user=None),
    }[what]
    with pytest.raises(errors.EvidenceWithdrawn):
        async_to_sync(answer_question)(asked_by(employee), compose=lambda: dependencies_with(ended_by(act)))
    assert (concluding(), reason()) == (["question.failed"], "evidence_withdrawn")


def test_evidence_that_is_not_cited_counts_too(employee: User, group: Group, leave: Document) -> None:
    """What the model writes may come from all that it was given."""
    closed = Collection.objects.create(name="Closed", slug="closed")
    closed.groups.add(group)
    add_document(closed, "old.md", "Employees with five years of service earned 5 hours of annual leave per pay period in 1990.")
    model = ended_by(closed.groups.clear)
    with pytest.raises(errors.EvidenceWithdrawn):
        async_to_sync(answer_question)(asked_by(employee), compose=lambda: dependencies_with(model))
    assert len(model.prompts[0][1].content.split("<<<SOURCE")) == 3


def test_a_refusal_names_no_source_that_was_revoked_meanwhile(employee: User, group: Group, leave: Document) -> None:
    closed = Collection.objects.create(name="Closed", slug="closed")
    closed.groups.add(group)
    add_document(closed, "old.md", "Employees with five years of service earned 5 hours of annual leave per pay period in 1990.")

    def revoke(position: int) -> Any:
        return sync_to_async(closed.groups.clear)() if position == 2 else None

    model = ScriptedModel("The documents do not contain the answer to this question.", before=revoke)
    answer = async_to_sync(answer_question)(asked_by(employee), compose=lambda: dependencies_with(model))
    assert (answer.outcome, [near.place.document for near in answer.nearest]) == (Outcome.REFUSED, ["leave.md"])


def test_what_was_not_sent_yet_is_not_sent(employee: User, leave: Document) -> None:
    """A reader who reads slowly: a sentence waits for them when their access ends."""
    credential = by_key(employee)
    model = ended_by(lambda: revoke_keys(employee))
    seen: list[Any] = []

    async def read_slowly() -> None:
        async for event in run_question(asked_by(employee, credential=credential), compose=lambda: dependencies_with(model)):
            seen.append(event)
            if len(seen) == 1:
                (work,) = (task for task in asyncio.all_tasks() if task.get_coro().__name__ == "work_on")
                await asyncio.wait({work})

    with pytest.raises(errors.AccessEnded):
        async_to_sync(read_slowly)()
    assert not any(isinstance(event, Progress) for event in seen)


@pytest.fixture
def other_connection(transactional_db: None) -> Iterator[Any]:
    """A second session of PostgreSQL; SQLite has one writer, and so nothing to show."""
    if connection.vendor != "postgresql":
        pytest.skip("two transactions at once: PostgreSQL alone")
    other = connection.copy()
    other.inc_thread_sharing()  # it commits beside the event loop
    yield other
    other.close()


def test_an_answer_waits_for_a_revocation_that_is_being_recorded(
    other_connection: Any, employee: User, collection: Collection
) -> None:
    """The revocation has its place in the chain, and commits while the answer stands in line behind it."""
    add_document(collection, "leave.md", LEAVE)
    asked = asked_by(employee, credential=by_key(employee))
    other_connection.set_autocommit(False)
    with other_connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_chainhead (id, sequence, hash) VALUES (1, 0, '') ON CONFLICT DO NOTHING")
        cursor.execute("SELECT sequence FROM audit_chainhead WHERE id = 1 FOR UPDATE")
        cursor.execute("UPDATE accounts_apikey SET revoked_at = now()")

    async def answer_while_it_commits() -> None:
        answering = asyncio.create_task(answer_question(asked, compose=lambda: dependencies_with(ScriptedModel(TRUE))))
        try:
            done, _waiting = await asyncio.wait({answering}, timeout=2)
            assert not done
        finally:
            await asyncio.to_thread(other_connection.commit)
        await answering

    with pytest.raises(errors.AccessEnded):
        async_to_sync(answer_while_it_commits)()
    assert (concluding(), reason()) == (["question.failed"], "access_ended")
