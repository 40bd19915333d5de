"""Asking in the background: the server writes the answer, and a program looks how far it is."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncRequestFactory, Client

from accounts.credentials import command_credential
from accounts.models import User
from audit.models import Event
from bench.harness.patience import PATIENCE_S
from chat import services
from chat.models import Turn
from chat.streaming.runs import begin_answer, get_runs
from kb.models import Document
from tests.api.conftest import bearer, key_of
from tests.chat.library import QUESTION, SIX_HOURS, ScriptedModel


def test_the_server_answers_what_nobody_waits_for(
    client: Client, employee: User, leave: Document, reader: str, dependencies: dict[str, Any]
) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")

    response = client.post("/api/v1/ask?background=true", {"question": QUESTION}, "application/json", headers=bearer(reader))
    assert response.status_code == 202
    given = response.json()
    turn = Turn.objects.get(uid=given["turn"])
    request = AsyncRequestFactory().get("/")
    request.LANGUAGE_CODE = "en"

    async def answer_as_a_server_does() -> None:
        request.scope = {**request.scope, "state": {"loop": asyncio.get_running_loop()}}
        await sync_to_async(begin_answer)(turn, request=request, credential=command_credential(employee), via="key:1 a")
        if (run := get_runs().find(turn.pk)) is not None:  # else it has ended already
            await asyncio.wait_for(run.task, PATIENCE_S)

    async_to_sync(answer_as_a_server_does)()
    body = client.get(f"/api/v1/turns/{given['turn']}", headers=bearer(reader)).json()
    assert (body["state"], body["so_far"], body["answer"]["answer"]) == ("answered", None, f"{SIX_HOURS}[1]")
    assert turn.conversation.uid == UUID(given["conversation"])
    (event,) = Event.objects.filter(action__startswith="question.")
    assert event.action == "question.answered"
    assert json.loads(event.payload.body)["payload"]["via"] == "key:1 a"


@pytest.mark.parametrize("who", ["teammate", "knowledge_admin", "auditor"])
def test_a_turn_is_its_owners_alone(request: pytest.FixtureRequest, client: Client, employee: User, reader: str, who: str) -> None:
    turn = services.start_turn(user=employee, question=QUESTION)
    other = bearer(key_of(request.getfixturevalue(who), "ask", "read"))
    assert client.get(f"/api/v1/turns/{turn.uid}", headers=other).status_code == 404
    assert client.post(f"/api/v1/turns/{turn.uid}/stop", headers=other).status_code == 404
    mine = bearer(reader)
    assert client.get(f"/api/v1/turns/{turn.uid}", headers=mine).json()["state"] == "pending"
    assert client.post(f"/api/v1/turns/{turn.uid}/stop", headers=mine).json()["state"] == "stopped"


def test_what_was_released_is_told_with_the_rights_of_now(
    client: Client, employee: User, leave: Document, reader: str, dependencies: dict[str, Any]
) -> None:
    turn = services.start_turn(user=employee, question=QUESTION)
    cited = {"marker": 1, "chunk_id": "1", "document_uid": str(leave.uid)}
    sentence = {"text": SIX_HOURS, "prefix": "", "citations": [1], "listed": []}
    answer = {"outcome": "answered", "answer": SIX_HOURS, "sentences": [sentence], "citations": [cited]}
    Turn.objects.filter(pk=turn.pk).update(state="streaming", reached=4, progress={"status": None, "answer": answer})
    shown = client.get(f"/api/v1/turns/{turn.uid}", headers=bearer(reader)).json()["so_far"]
    assert [one["text"] for one in shown["sentences"]] == [SIX_HOURS]
    employee.groups.clear()
    shown = client.get(f"/api/v1/turns/{turn.uid}", headers=bearer(reader)).json()["so_far"]
    assert (shown["sentences"], shown["answer"]) == ([], "")
