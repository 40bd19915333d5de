"""The REST interface: what it takes, what it gives, what it leaves behind."""

import asyncio
import json
import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client

from accounts.models import User
from api.asking import stream_frames
from audit.models import Event
from bench.harness.patience import PATIENCE_S
from chat.models import Conversation, Turn
from chat.services import start_turn
from gateway.errors import ModelTimeout
from kb.index.search import PassageSearch
from kb.models import Collection, Document, DocumentVersion
from tests.api.conftest import bearer, key_of
from tests.chat.library import QUESTION, SIX_HOURS, ScriptedModel, add_document, asked_by
from tests.chat.library import search as fake_search
from tests.chat.test_stream import parse

JSON = "application/json"
EIGHT = "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period."


def ask(client: Client, key: str, question: str = QUESTION, **given: Any) -> Any:
    return client.post("/api/v1/ask", {"question": question, **given}, JSON, headers=bearer(key))


def stream(key: str, question: str = QUESTION, *, language: str = "en", **given: Any) -> list[tuple[str, dict[str, Any]]]:
    async def read() -> bytes:
        body = {"question": question, **given}
        headers = bearer(key) | {"Accept-Language": language}
        response = await AsyncClient().post("/api/v1/ask?stream=true", json.dumps(body), content_type=JSON, headers=headers)
        assert response["Content-Type"].startswith("text/event-stream")
        return b"".join([frame async for frame in response.streaming_content])

    return parse(async_to_sync(read)())


# --- asking ---------------------------------------------------------------------------------------------------------------


def test_an_answer_is_the_contracts_json_with_its_receipt(client: Client, leave: Document, reader: str, dependencies: Any) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    body = ask(client, reader).json()
    assert (body["outcome"], body["answer"]) == ("answered", f"{SIX_HOURS}[1]")
    assert body["sentences"] == [{"text": SIX_HOURS, "prefix": "", "verdict": "supported", "citations": [1], "listed": []}]
    assert (body["citations"][0]["document"], body["citations"][0]["quote"]) == ("leave.md", SIX_HOURS)
    event = Event.objects.get(uid=body["receipt"])
    assert (event.action, event.actor_name) == ("question.answered", "erin")
    assert not Conversation.objects.exists()
    assert body["conversation"] is None


def test_rows_that_are_quoted_by_their_place_are_shown_and_the_same_from_a_model_are_not(
    client: Client, collection: Collection, reader: str, dependencies: Any
) -> None:
    rows = (
        "Years of service | Days of annual leave | Days you may carry over",
        "less than 2 | 25 | 5",
        "2 to 4 | 27 | 5",
        "5 to 9 | 29 | 8",
    )
    add_document(collection, "leave.md", "\n".join(rows))
    Collection.objects.update(sufficiency_threshold=0)
    body = ask(client, reader, "How many days may you carry over?").json()
    assert (body["outcome"], body["model"], body["withheld"]) == ("answered", "extractive", 0)
    quoted = [sentence["text"] for sentence in body["sentences"]]
    assert "Years of service: 2 to 4; Days of annual leave: 27; Days you may carry over: 5" in quoted
    assert {citation["quote"] for citation in body["citations"]} <= set(rows)
    sentences = json.loads(Event.objects.get(uid=body["receipt"]).payload.body)["payload"]["sentences"]
    assert [(one["by_place"], one["verdict"]) for one in sentences] == [(True, "supported")] * len(quoted)
    dependencies["model"] = ScriptedModel("Years of service: 2 to 4; Days of annual leave: 29; Days you may carry over: 5 [1]")
    written = ask(client, reader, "How many days may you carry over?").json()
    assert (written["model"], written["fallback"], written["withheld"]) == ("extractive", "nothing_supported", 1)
    assert [sentence["text"] for sentence in written["sentences"]] == quoted


def test_an_answer_can_be_rated_by_its_receipt(
    client: Client, leave: Document, reader: str, teammate: User, dependencies: Any
) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    given = {"receipt": ask(client, reader).json()["receipt"], "rating": "unhelpful", "comment": "It is eight."}
    assert client.post("/api/v1/feedback", given, JSON, headers=bearer(reader)).json() == given | {"reason": ""}
    assert Event.objects.get(action="answer.unhelpful").subject == f"event:{given['receipt']}"
    stranger = key_of(teammate, "ask", "read")
    assert client.post("/api/v1/feedback", given, JSON, headers=bearer(stranger)).status_code == 404
    unknown = client.post("/api/v1/feedback", given | {"rating": "brilliant"}, JSON, headers=bearer(reader))
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (422, "request_invalid")


def test_a_refusal_is_an_answer_too(client: Client, leave: Document, reader: str, dependencies: Any) -> None:
    body = ask(client, reader, "What is the capital of Atlantis?").json()
    assert (body["outcome"], body["answer"], body["sentences"]) == ("refused", "", [])


def test_a_conversation_is_begun_gone_on_with_and_read_by_its_owner_alone(
    client: Client, leave: Document, reader: str, teammate: User, knowledge_admin: User, dependencies: Any
) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    first = ask(client, reader, conversation="new").json()
    dependencies["model"] = ScriptedModel(f"{EIGHT} [1]")
    second = ask(client, reader, "And after twenty years?", conversation=first["conversation"]).json()
    assert second["conversation"] == first["conversation"]
    assert "annual leave" in Turn.objects.get(uid=second["turn"]).rewritten
    listed = client.get("/api/v1/conversations", headers=bearer(reader)).json()
    assert [row["uid"] for row in listed] == [first["conversation"]]
    address = f"/api/v1/conversations/{first['conversation']}"
    turns = client.get(address, headers=bearer(reader)).json()["turns"]
    assert [(turn["state"], turn["answer"]["answer"]) for turn in turns] == [
        ("answered", f"{SIX_HOURS}[1]"),
        ("answered", f"{EIGHT}[1]"),
    ]
    for other in (teammate, knowledge_admin):
        key = key_of(other, "ask", "read")
        assert client.get(address, headers=bearer(key)).status_code == 404
        assert client.get("/api/v1/conversations", headers=bearer(key)).json() == []
        assert ask(client, key, conversation=first["conversation"]).status_code == 404


def test_a_conversation_hides_what_was_taken_from_its_owner(
    client: Client, leave: Document, reader: str, employee: User, dependencies: Any
) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    body = ask(client, reader, conversation="new").json()
    employee.groups.clear()
    shown = client.get(f"/api/v1/conversations/{body['conversation']}", headers=bearer(reader))
    assert shown.json()["turns"][0]["answer"]["hidden"] == 1
    assert "6 hours" not in shown.content.decode()


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"question": "  "}, 400, "empty"),
        ({"question": "x" * 20_000}, 400, "too_long"),
        ({"question": QUESTION, "collection": "nothing"}, 404, "not_found"),
        ({"question": QUESTION, "conversation": "nonsense"}, 404, "not_found"),
        ({"question": QUESTION, "conversation": "9b2f4f0e-6f9b-4c3a-8b62-0e9f1a2b3c4d"}, 404, "not_found"),
        ({}, 422, "request_invalid"),
        ({"question": 7}, 422, "request_invalid"),
    ],
)
def test_what_cannot_be_asked_is_reported_clearly(
    client: Client, leave: Document, reader: str, dependencies: Any, given: dict[str, Any], status: int, code: str
) -> None:
    response = client.post("/api/v1/ask", given, JSON, headers=bearer(reader))
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert not Turn.objects.exists()
    assert not Event.objects.filter(action__startswith="question.").exists()


@pytest.mark.parametrize("body", ["{", "[]", "null", "\xff", "7"])
def test_a_body_that_is_no_object_is_refused(client: Client, reader: str, dependencies: Any, body: str) -> None:
    response = client.post("/api/v1/ask", body, JSON, headers=bearer(reader))
    assert (response.status_code, response.json()["error"]["code"]) == (422, "request_invalid")


def test_a_failure_of_ours_is_a_503_with_a_receipt(client: Client, leave: Document, reader: str, dependencies: Any) -> None:
    def explode(_position: int) -> None:
        raise ZeroDivisionError

    dependencies["model"] = ScriptedModel("Nothing.", before=explode)
    response = ask(client, reader, conversation="new")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "chat")
    assert int(response["Retry-After"]) >= 1
    assert Turn.objects.get().state == Turn.State.FAILED
    assert Event.objects.filter(action="question.failed").count() == 1


def test_the_stream_reports_each_sentence_as_data_and_the_whole_at_the_end(leave: Document, reader: str, dependencies: Any) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS.replace('6', '9')} [1] {SIX_HOURS} [1] {EIGHT} [1]")
    events = stream(reader, conversation="new")
    assert [name for name, _data in events] == ["status"] * 3 + ["sentence"] * 2 + ["done"]
    assert events[0][1] == {"step": "searching", "count": 1, "passages": 0, "text": "Searching 1 collection…"}
    assert [body["text"] for name, body in events if name == "sentence"] == [SIX_HOURS, EIGHT]
    assert events[3][1]["cited"][0]["quote"] == SIX_HOURS
    done = events[-1][1]
    assert done["answer"] == f"{SIX_HOURS}[1] {EIGHT}[2]"
    assert done["withheld"] == 1
    assert "9 hours" not in json.dumps(events)
    assert Turn.objects.get(uid=done["turn"]).receipt == done["receipt"]


def test_after_a_fallback_the_sentences_begin_anew(leave: Document, reader: str, dependencies: Any) -> None:
    def give_up(position: int) -> None:
        if position > len(SIX_HOURS.split()) + 1:
            raise ModelTimeout

    dependencies["model"] = ScriptedModel(f"{EIGHT} [1] And so on and so forth.", before=give_up)
    events = stream(reader)
    steps = [body.get("step", name) for name, body in events]
    assert steps[:5] == ["searching", "reading", "writing", "sentence", "fallback"]
    after = [body["text"] for name, body in events[5:] if name == "sentence"]
    assert after == [sentence["text"] for sentence in events[-1][1]["sentences"]]
    assert events[-1][1]["fallback"] == "model_timeout"


def test_a_stream_that_fails_says_so_in_the_readers_language(leave: Document, reader: str, dependencies: Any) -> None:
    def explode(_position: int) -> None:
        raise ZeroDivisionError

    dependencies["model"] = ScriptedModel("Nothing.", before=explode)
    name, body = stream(reader, language="zh-hans")[-1]
    assert (name, body["error"]["code"]) == ("failed", "chat")
    assert body["request_id"]
    assert not body["error"]["message"].isascii()


def test_when_the_program_leaves_the_model_is_closed_and_what_it_was_sent_is_kept(
    leave: Document, employee: User, dependencies: Any
) -> None:
    dependencies["model"] = ScriptedModel(
        f"{SIX_HOURS} [1] {EIGHT} [1]",
        before=lambda position: asyncio.sleep(30) if position == len(SIX_HOURS.split()) + 2 else None,
    )
    turn = start_turn(user=employee, question=QUESTION)

    async def leave_early() -> None:
        async def consume() -> None:
            async for frame in stream_frames(asked, language="en", request_id="x"):
                if frame.startswith(b"event: sentence"):
                    seen.set()

        seen = asyncio.Event()
        asked = asked_by(employee, turn=turn)
        program = asyncio.create_task(consume())
        await asyncio.wait_for(seen.wait(), PATIENCE_S)
        program.cancel()
        await asyncio.wait({program})

    async_to_sync(leave_early)()
    turn.refresh_from_db()
    assert dependencies["model"].closed
    assert (turn.state, turn.answer["answer"]) == (Turn.State.STOPPED, f"{SIX_HOURS}[1]")
    assert Event.objects.filter(uid=turn.receipt, actor_name="erin").exists()


# --- searching --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def searching(monkeypatch: pytest.MonkeyPatch) -> None:
    def search(question: str, *, user: User, collection: Collection | None, config: Any) -> PassageSearch:
        return fake_search(question, user=user, collection=collection, config=config)

    monkeypatch.setattr("api.searching.search_passages", search)


@pytest.mark.usefixtures("searching")
def test_a_search_gives_passages_with_scores_and_is_recorded(
    client: Client, leave: Document, secret: Document, reader: str
) -> None:
    response = client.get("/api/v1/search", {"q": "hours of burrow leave"}, headers=bearer(reader))
    passages = response.json()["passages"]
    assert [passage["document"] for passage in passages] == ["leave.md"]
    assert passages[0]["scores"].keys() == {"keyword", "dense", "fused", "rerank"}
    assert "Wombats" not in response.content.decode()
    event = Event.objects.get(action="passages.searched")
    assert (event.actor_name, event.summary) == ("erin", "hours of burrow leave")
    body = json.loads(event.payload.body)["payload"]
    assert body["chunk_ids"] == [passage["chunk_id"] for passage in passages]


@pytest.mark.usefixtures("searching")
@pytest.mark.parametrize(("query", "status"), [("", 400), ("q=", 400), ("q=x&limit=0", 422), ("q=x&limit=51", 422)])
def test_a_search_for_nothing_is_refused(client: Client, reader: str, query: str, status: int) -> None:
    expected = 422 if not query else status
    assert client.get(f"/api/v1/search?{query}", headers=bearer(reader)).status_code == expected


# --- the library ------------------------------------------------------------------------------------------------------------


def test_collections_are_made_and_changed_as_on_the_pages(client: Client, group: Any, admin_key: str) -> None:
    key = bearer(admin_key)
    given = {"name": "Fleet cars", "groups": ["People team"], "suggested_questions": ["Who may drive?"]}
    made = client.post("/api/v1/collections", given, JSON, headers=key)
    assert made.status_code == 201
    unset = {"slug": "fleet-cars", "description": "", "documents": 0, "vocabulary": "", "sufficiency_threshold": None}
    unset |= {"download_groups": [], "is_listed": False, "expired_documents": "left_out"}
    assert made.json() == given | unset
    changed = client.patch("/api/v1/collections/fleet-cars", {"description": "All cars", "groups": []}, JSON, headers=key).json()
    assert changed == given | unset | {"description": "All cars", "groups": []}
    assert list(Event.objects.filter(action__startswith="collection.").order_by("pk").values_list("action", flat=True)) == [
        "collection.created",
        "collection.changed",
    ]


WHOLE = {
    "name": "Fleet cars",
    "slug": "cars",
    "description": "All cars",
    "groups": ["People team"],
    "download_groups": ["People team"],
    "is_listed": True,
    "suggested_questions": ["Who may drive?"],
    "vocabulary": "van = lorry",
    "sufficiency_threshold": 0.7,
    "expired_documents": "told",
}
OTHER = {
    "name": "Cars",
    "description": "",
    "groups": [],
    "download_groups": [],
    "is_listed": False,
    "suggested_questions": [],
    "vocabulary": "",
    "sufficiency_threshold": None,
    "expired_documents": "left_out",
}


def audited(action: str) -> dict[str, Any]:
    """Return the payload of the newest event of this kind."""
    return json.loads(Event.objects.filter(action=action).latest("pk").payload.body)["payload"]


@pytest.mark.parametrize("name", sorted(OTHER))
def test_a_change_of_one_field_leaves_every_other_as_it_was(client: Client, group: Any, admin_key: str, name: str) -> None:
    key = bearer(admin_key)
    made = client.post("/api/v1/collections", WHOLE, JSON, headers=key).json()
    assert {field: made[field] for field in WHOLE} == WHOLE
    assert audited("collection.created") == WHOLE
    changed = client.patch("/api/v1/collections/cars", {name: OTHER[name]}, JSON, headers=key).json()
    assert changed == made | {name: OTHER[name]}
    assert client.get("/api/v1/collections/cars", headers=key).json() == changed
    assert audited("collection.changed") == WHOLE | {name: OTHER[name], "changed": [name]}


def test_a_change_that_changes_nothing_is_no_event(client: Client, group: Any, admin_key: str) -> None:
    client.post("/api/v1/collections", WHOLE, JSON, headers=bearer(admin_key))
    given = {name: value for name, value in WHOLE.items() if name != "slug"}
    for body in (given, {}):
        assert client.patch("/api/v1/collections/cars", body, JSON, headers=bearer(admin_key)).status_code == 200
    assert not Event.objects.filter(action="collection.changed").exists()


@pytest.mark.parametrize(
    "given",
    [
        {"name": None},
        {"name": "a" * 121},
        {"name": "nul\x00"},
        {"description": "\ud800"},
        {"groups": ["Nobody"]},
        {"groups": "People team"},
        {"suggested_questions": ["x"] * 13},
        {"vocabulary": "x" * 61},
        {"sufficiency_threshold": 1.5},
        {"sufficiency_threshold": "often"},
    ],
)
def test_a_refused_change_says_where_and_changes_nothing(client: Client, group: Any, admin_key: str, given: dict[str, Any]) -> None:
    client.post("/api/v1/collections", WHOLE, JSON, headers=bearer(admin_key))
    refused = client.patch("/api/v1/collections/cars", {"description": "new"} | given, JSON, headers=bearer(admin_key))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "request_invalid")
    assert next(iter(given)) in refused.json()["error"]["message"]
    body = client.get("/api/v1/collections/cars", headers=bearer(admin_key)).json()
    assert {name: body[name] for name in WHOLE} == WHOLE


def test_collections_of_any_name_and_of_the_same_name_can_be_made(client: Client, admin_key: str) -> None:
    def make(name: str) -> str:
        return client.post("/api/v1/collections", {"name": name}, JSON, headers=bearer(admin_key)).json()["slug"]

    assert [make("差旅制度") for _ in range(3)] == ["cha-lv-zhi-du", "cha-lv-zhi-du-2", "cha-lv-zhi-du-3"]
    assert make("重庆分公司 HR 2026") == "chong-qing-fen-gong-si-hr-2026"
    odd = make("Москва")
    assert re.fullmatch(r"collection-[0-9a-f]{4}", odd)
    assert client.get(f"/api/v1/collections/{odd}", headers=bearer(admin_key)).json()["name"] == "Москва"
    assert re.fullmatch(r"collection-[0-9a-f]{4}", make("👍"))
    long = make("员工" * 60)
    assert len(long) <= 60 and long.startswith("yuan-gong-") and long.endswith(("-yuan", "-gong"))
    assert make("员工" * 60) == f"{long}-2"
    assert make("Travel and expenses of everybody everywhere in the whole wide world") == (
        "travel-and-expenses-of-everybody-everywhere-in-the"
    )


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"name": "Fleet", "groups": ["Nobody"]}, {"name": "Fleet", "slug": "handbook"}, {}]
)
def test_a_collection_that_cannot_be_made_is_refused(
    client: Client, collection: Collection, admin_key: str, given: dict[str, Any]
) -> None:
    response = client.post("/api/v1/collections", given, JSON, headers=bearer(admin_key))
    assert (response.status_code, response.json()["error"]["code"]) == (422, "request_invalid")
    assert Collection.objects.count() == 1


def test_readers_see_no_groups(client: Client, leave: Document, reader: str) -> None:
    body = client.get("/api/v1/collections/handbook", headers=bearer(reader)).json()
    assert (body["documents"], body["groups"]) == (1, None)


@pytest.fixture
def storage(settings: Any, tmp_path: Any) -> None:
    for name in ("MEDIA_ROOT", "CACHE_ROOT", "BROKER_ROOT"):
        setattr(settings, name, tmp_path / name.lower())


@pytest.mark.usefixtures("storage")
def test_files_are_taken_in_each_by_itself(client: Client, collection: Collection, admin_key: str) -> None:
    def upload(*files: SimpleUploadedFile) -> Any:
        return client.post("/api/v1/collections/handbook/documents", {"files": list(files)}, headers=bearer(admin_key))

    def koalas(text: bytes = b"Koalas sleep for twenty hours.") -> SimpleUploadedFile:
        return SimpleUploadedFile("koalas.txt", text)

    response = upload(koalas(), SimpleUploadedFile("empty.txt", b""))
    assert response.status_code == 202
    first, second = response.json()
    assert (first["name"], first["outcome"], first["version"], first["state"]) == ("koalas.txt", "new", 1, "uploaded")
    assert (second["outcome"], second["error"]["code"], second["document"]) == ("refused", "empty", None)
    version = client.get(f"/api/v1/documents/{first['document']}/versions/1", headers=bearer(admin_key)).json()
    assert (version["state"], version["is_finished"], version["error"]) == ("uploaded", False, None)
    assert upload(koalas()).json()[0]["outcome"] == "unchanged"
    again = upload(koalas(b"Koalas sleep for twenty-two hours.")).json()[0]
    assert (again["outcome"], again["version"], again["document"]) == ("new_version", 2, first["document"])
    refused = upload(SimpleUploadedFile("empty.txt", b""))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "empty")
    assert DocumentVersion.objects.count() == 2


def test_an_upload_without_files_is_refused(client: Client, collection: Collection, admin_key: str) -> None:
    response = client.post("/api/v1/collections/handbook/documents", {}, headers=bearer(admin_key))
    assert (response.status_code, response.json()["error"]["code"]) == (422, "request_invalid")


@pytest.mark.usefixtures("storage")
def test_a_failed_version_says_why_to_admins_alone(client: Client, leave: Document, reader: str, admin_key: str) -> None:
    DocumentVersion.objects.create(
        document=leave, number=2, sha256="1" * 64, size=1, media_type="x", storage_path="x", status="failed", error_code="damaged"
    )
    body = client.get(f"/api/v1/documents/{leave.uid}", headers=bearer(admin_key)).json()
    assert (body["state"], body["answers"], body["version"]["error"]["code"]) == ("failed", 1, "damaged")
    shown = client.get(f"/api/v1/documents/{leave.uid}", headers=bearer(reader)).json()
    assert (shown["state"], shown["version"]["number"]) == ("indexed", 1)
    address = f"/api/v1/documents/{leave.uid}/versions/2"
    assert client.get(address, headers=bearer(reader)).status_code == 404
    retried = client.post(f"{address}/retry", headers=bearer(admin_key))
    assert (retried.status_code, retried.json()["state"]) == (202, "uploaded")
    again = client.post(f"{address}/retry", headers=bearer(admin_key))
    assert (again.status_code, again.json()["error"]["code"]) == (400, "not_failed")


def test_a_version_and_its_document_return_the_warnings_of_its_page(
    client: Client, leave: Document, employee: User, reader: str
) -> None:
    version = leave.current_version
    version.indexed_at = version.created_at
    version.warnings = [
        {"code": "attachments", "pages": [], "values": {"names": "prices.xlsb"}},
        {"code": "pictures", "pages": [2, 3], "values": {}},
    ]
    version.save()
    expected: list[dict[str, Any]] = [
        {"code": "attachments", "message": "Attachments not processed: prices.xlsb.", "pages": []},
        {"code": "pictures", "message": "Images whose text could not be recognized were skipped.", "pages": [2, 3]},
    ]
    document = client.get(f"/api/v1/documents/{leave.uid}", headers=bearer(reader)).json()
    body = client.get(f"/api/v1/documents/{leave.uid}/versions/1", headers=bearer(reader)).json()
    listed = client.get("/api/v1/collections/handbook/documents", headers=bearer(reader)).json()["items"][0]
    assert [document["warnings"], document["version"]["warnings"], body["warnings"], listed["warnings"]] == [expected] * 4
    client.force_login(employee)
    page = client.get(f"/library/documents/{leave.uid}/").content.decode()
    assert all(one["message"] in page for one in expected)


def test_documents_are_listed_read_and_deleted(client: Client, leave: Document, reader: str, admin_key: str) -> None:
    listed = client.get("/api/v1/collections/handbook/documents", headers=bearer(reader)).json()
    assert ([row["name"] for row in listed["items"]], listed["count"], listed["pages"]) == (["leave.md"], 1, 1)
    beyond = client.get("/api/v1/collections/handbook/documents?page=9", headers=bearer(reader)).json()
    assert beyond["items"] == []
    page = client.get(f"/api/v1/documents/{leave.uid}/pages/1", headers=bearer(reader)).json()
    assert SIX_HOURS in page["text"]
    assert Event.objects.filter(action="source.viewed", actor_name="erin").count() == 1
    assert client.get(f"/api/v1/documents/{leave.uid}/pages/99999999999999", headers=bearer(reader)).status_code == 404
    assert client.delete(f"/api/v1/documents/{leave.uid}", headers=bearer(admin_key)).status_code == 204
    assert client.get(f"/api/v1/documents/{leave.uid}", headers=bearer(reader)).status_code == 404
    assert client.delete(f"/api/v1/documents/{leave.uid}", headers=bearer(admin_key)).status_code == 404
    assert Event.objects.filter(action="document.deleted", actor_name="kim").count() == 1


# --- its description ----------------------------------------------------------------------------------------------------------


def test_the_description_names_every_operation_with_its_scope(client: Client, reader: str) -> None:
    described = client.get("/api/v1/openapi.json", headers=bearer(reader)).json()
    operations = [one for methods in described["paths"].values() for one in methods.values()]
    assert {"/api/v1/ask", "/api/v1/search", "/api/v1/collections/{slug}/documents"} <= set(described["paths"])
    assert {one["x-scope"] for one in operations} == {"ask", "read", "manage", "people", "review"}
    assert all(one["description"] and one["security"] for one in operations)
    assert client.get("/api/v1/openapi.json").status_code == 401


def test_the_page_lists_them_without_any_script_of_others(employee: User) -> None:
    browser = Client()
    browser.force_login(employee)
    response = browser.get("/api/v1/docs")
    page = response.content.decode()
    assert "unsafe" not in response["Content-Security-Policy"]
    for path in ("/api/v1/ask", "/api/v1/search", "/api/v1/documents/{uid}/pages/{number}"):
        assert f">{path}<" in page
    assert Client().get("/api/v1/docs", headers={"Accept": "text/html"}).status_code == 401
