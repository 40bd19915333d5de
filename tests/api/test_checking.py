"""POST /api/v1/check: the contract, what is refused, rights at every step, what the audit keeps."""

import hashlib
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, User
from audit.models import Event
from chat.checking import taking
from kb.models import Collection, Document
from tests.api.conftest import bearer, error, key_of
from tests.chat.library import LEAVE, SIX_HOURS, search

pytestmark = pytest.mark.usefixtures("dependencies")
PASSAGES = ["You cannot sell leave. Supervisors must approve leave before it starts.", LEAVE]
TEXT = (
    "Sure! 📎 Here is what the rules say:\n\n- You cannot sell leave. [2]\n"
    "- Employees with three to fifteen years of service earn 9 hours of annual leave per pay period.\n"
    "- Supervisors must approve leave before it starts.\n\nThe passages do not mention sick leave."
)


def check(client: Client, key: str, **given: Any) -> Any:
    return client.post("/api/v1/check", given, "application/json", headers=bearer(key))


def test_each_sentence_has_its_place_its_verdict_and_its_citations(client: Client, reader: str) -> None:
    body = check(client, reader, text=TEXT, passages=PASSAGES).json()
    said = [(one["verdict"], one["reason"], one["citations"]) for one in body["sentences"]]
    assert said == [
        ("framing", "lead", []),
        ("framing", "lead", []),
        ("corrected", "bad_marker", [1]),
        ("withheld", "number", []),
        ("supported", "", [1]),
        ("framing", "refusal", []),
    ]
    for one in body["sentences"]:
        assert TEXT[one["start"] : one["end"]] == one["text"]
        assert 0 <= one["score"] <= 1
        for quote in one["quotes"]:
            assert PASSAGES[quote["citation"] - 1][quote["start"] : quote["end"]] == quote["quote"]
    assert [one["start"] for one in body["sentences"]] == sorted(one["start"] for one in body["sentences"])
    supported, withheld = body["sentences"][4]["score"], body["sentences"][3]["score"]
    assert supported > withheld
    assert body["citations"] == []


def test_a_text_without_markers_is_not_blamed_for_it(client: Client, reader: str) -> None:
    (one,) = check(client, reader, text="你不能出售年假。", passages=["员工不能出售年假。", "其他。"]).json()["sentences"]
    assert one["citations"] == [1]
    assert one["verdict"] == "supported"


def test_a_heading_and_a_lead_that_hold_a_false_fact_are_claims(client: Client, reader: str) -> None:
    text = "Leave\nIn 2031 leave has two parts:\nYou cannot sell leave."
    said = [one["verdict"] for one in check(client, reader, text=text, passages=PASSAGES).json()["sentences"]]
    assert said == ["framing", "withheld", "supported"]


def test_a_claim_alone_is_no_heading(client: Client, reader: str) -> None:
    (one,) = check(client, reader, text="leave sold", passages=PASSAGES).json()["sentences"]
    assert one["verdict"] != "framing"


def test_a_collections_documents_are_searched_and_named(client: Client, reader: str, leave: Document) -> None:
    text = f"{SIX_HOURS} [7] Wombats earn 9 hours of burrow leave."
    body = check(client, reader, text=text, collection="handbook", question="How many hours of leave?").json()
    assert [one["verdict"] for one in body["sentences"]] == ["supported", "withheld"]
    (place,) = body["citations"]
    assert (place["marker"], place["document"], place["version"], place["page_number"]) == (1, "leave.md", 1, 1)
    assert place["document_uid"] == str(leave.uid)
    assert LEAVE[place["start"] : place["end"]] == place["quote"] == SIX_HOURS
    assert body["sentences"][0]["citations"] == [1]


def test_only_the_collection_that_was_named_counts(client: Client, admin_key: str, leave: Document, secret: Document) -> None:
    text = "Wombats earn 9 hours of burrow leave."
    for slug, verdict in (("handbook", "withheld"), ("board", "supported")):
        (one,) = check(client, admin_key, text=text, collection=slug).json()["sentences"]
        assert one["verdict"] == verdict


def test_a_collection_that_is_not_theirs_does_not_exist(client: Client, reader: str, secret: Document) -> None:
    hidden, missing = (check(client, reader, text="Wombats dig.", collection=slug) for slug in ("board", "nowhere"))
    assert error(hidden) == error(missing) == (404, "not_found")
    assert hidden.json()["error"] == missing.json()["error"]


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"text": "A claim."}, 422, "request_invalid"),
        ({"text": "A claim.", "passages": ["x"], "collection": "handbook"}, 422, "request_invalid"),
        ({"text": 7, "passages": ["x"]}, 422, "request_invalid"),
        ({"text": "A claim.", "passages": "x"}, 422, "request_invalid"),
        ({"text": "A claim.", "passages": [None]}, 422, "request_invalid"),
        ({"passages": ["x"]}, 422, "request_invalid"),
        ({"text": " \n", "passages": ["x"]}, 400, "empty"),
        ({"text": "A claim.", "passages": []}, 400, "empty"),
        ({"text": "A claim.", "passages": ["x", " "]}, 400, "empty"),
        ({"text": "x" * (taking.MAX_TEXT + 1), "passages": ["x"]}, 400, "too_long"),
        ({"text": "A claim. " * (taking.MAX_SENTENCES + 1), "passages": ["x"]}, 400, "too_many_sentences"),
        ({"text": "A claim.", "passages": ["x"] * (taking.MAX_PASSAGES + 1)}, 400, "too_many_passages"),
        ({"text": "A claim.", "passages": ["x" * (taking.MAX_PASSAGE_CHARACTERS + 1)]}, 400, "too_long"),
        ({"text": "A claim.", "passages": ["x"], "question": "?" * 5000}, 400, "too_long"),
        ({"text": "A \x00 claim.", "passages": ["x"]}, 400, "unreadable"),
        ({"text": "A claim.", "passages": ["x\x00"]}, 400, "unreadable"),
    ],
)
def test_what_cannot_be_checked_is_refused_and_not_recorded(
    client: Client, reader: str, given: dict[str, Any], status: int, code: str
) -> None:
    assert error(check(client, reader, **given)) == (status, code)
    assert not Event.objects.filter(action="text.checked").exists()


@pytest.mark.parametrize("field", ["text", "passages", "question"])
def test_half_a_character_is_refused(client: Client, reader: str, field: str) -> None:
    parts = {"text": '"A claim."', "passages": '["A passage."]', "question": '"Why?"'}
    parts[field] = '["\\ud800x"]' if field == "passages" else '"\\ud800x"'
    body = "{" + ", ".join(f'"{name}": {value}' for name, value in parts.items()) + "}"
    response = client.post("/api/v1/check", body, "application/json", headers=bearer(reader))
    assert response.status_code in ((400, 422) if field != "question" else (200, 400, 422))


def test_a_sentence_that_is_too_long_is_withheld_unread(client: Client, reader: str) -> None:
    (one,) = check(client, reader, text="leave " * 400, passages=["leave " * 400]).json()["sentences"]
    assert (one["verdict"], one["reason"], one["score"]) == ("withheld", "too_long", 0.0)


def test_the_audit_keeps_the_text_its_verdicts_and_what_it_was_held_against(client: Client, employee: User, reader: str) -> None:
    body = check(client, reader, text=TEXT, passages=PASSAGES, question="What are the rules?").json()
    event = Event.objects.get(action="text.checked")
    payload = event.payload.data
    assert (str(event.uid), event.actor_name, event.summary) == (body["receipt"], employee.username, "What are the rules?")
    assert (payload["text"], payload["sentences"], payload["via"].split()[0][:4]) == (TEXT, body["sentences"], "key:")
    assert [one["text_hash"] for one in payload["evidence"]] == [hashlib.sha256(one.encode()).hexdigest() for one in PASSAGES]


def test_without_the_audit_there_is_no_verdict(client: Client, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **given: Any) -> None:
        raise OSError

    monkeypatch.setattr("chat.checking.running.record", refuse)
    assert error(check(client, reader, text=TEXT, passages=PASSAGES)) == (503, "audit_unavailable")


def test_it_counts_as_a_question_for_the_rate(client: Client, reader: str, settings: Any) -> None:
    settings.RATE_ASK_PER_MINUTE = 1
    assert check(client, reader, text="Leave.", passages=PASSAGES).status_code == 200
    response = check(client, reader, text="Leave.", passages=PASSAGES)
    assert error(response) == (429, "too_many_requests")
    assert int(response["Retry-After"]) >= 1


@pytest.mark.parametrize("ended", ["key", "group", "account", "document"])
def test_rights_that_end_on_the_way_end_the_check(
    client: Client, employee: User, reader: str, leave: Document, dependencies: dict[str, Any], ended: str
) -> None:
    calls = []

    def search_then_revoke(question: str, **given: Any) -> Any:
        found = search(question, **given)
        calls.append(question)
        if ended == "key":
            ApiKey.objects.update(revoked_at=timezone.now())
        elif ended == "group":
            employee.groups.clear()
        elif ended == "account":
            User.objects.filter(pk=employee.pk).update(is_active=False)
        else:
            Document.objects.update(deleted_at=timezone.now())
        return found

    dependencies["changes"] = {"search": search_then_revoke}
    response = check(client, reader, text=SIX_HOURS, collection="handbook")
    expected = {"key": (401, "access_ended"), "account": (401, "access_ended")}.get(ended)
    if expected:
        assert error(response) == expected
    else:
        assert error(response) == (503, "evidence_withdrawn")
    assert calls
    assert not Event.objects.filter(action="text.checked").exists()


def test_an_index_that_lacks_passages_withholds_nothing_in_their_name(
    client: Client, reader: str, leave: Document, dependencies: dict[str, Any]
) -> None:
    class Shortage:
        done, wanted = 1, 2

    dependencies["changes"] = {"find_shortage": lambda *, user: Shortage()}
    assert error(check(client, reader, text="Wombats dig.", collection="handbook")) == (503, "index_rebuilding")


def test_everyone_checks_against_what_they_read(
    client: Client, leave: Document, collection: Collection, teammate: User, outsider: User, knowledge_admin: User
) -> None:
    for user, status in ((teammate, 200), (outsider, 404), (knowledge_admin, 200)):
        assert check(client, key_of(user, "ask"), text=SIX_HOURS, collection="handbook").status_code == status
    assert error(client.post("/api/v1/check", {"text": "x"}, "application/json")) == (401, "key_missing")
    revoked = key_of(teammate, "ask")
    ApiKey.objects.update(revoked_at=timezone.now())
    assert error(check(client, revoked, text=SIX_HOURS, collection="handbook")) == (401, "key_revoked")
