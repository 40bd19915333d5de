"""Questions about the library itself: answered from the database, for exactly what the asker may read, through every interface."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from chat.models import Turn
from ingest.documents.deletion import delete_document
from kb.models import Collection, Document
from tests.api.conftest import bearer, key_of
from tests.api.test_mcp import call
from tests.api.test_openai import complete
from tests.api.test_openai import stream as stream_chunks
from tests.api.test_rest import ask, stream
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document
from tests.pages.conftest import signed_in

TITLES = {
    "brightwater-supply-contract.md": "Supply contract with Brightwater Ltd",
    "brightwater-amendment-1.md": "Amendment 1 to the supply contract with Brightwater Ltd",
    "travel-guide.md": "Travel guide",
}
pytestmark = pytest.mark.usefixtures("contracts", "secret")


@pytest.fixture
def contracts(collection: Collection, knowledge_admin: User) -> dict[str, Document]:
    """Three documents of the collection that employees read."""
    found = {}
    for name, title in TITLES.items():
        document = add_document(collection, name, f"{title}. It says nothing more.")
        Document.objects.filter(pk=document.pk).update(title=title)
        author = {"author": "Ana Brook"} if name.startswith("travel") else {}
        document.versions.update(created_by=knowledge_admin, metadata=author, indexed_at=timezone.now())
        found[name] = document
    return found


def payload_of(receipt: str) -> dict[str, Any]:
    return json.loads(Event.objects.get(uid=receipt).payload.body)["payload"]


def test_a_count_tells_its_rule_and_lists_what_it_counts(client: Client, reader: str) -> None:
    told = ask(client, reader, "How many documents do we have with Brightwater?").json()
    assert (told["outcome"], told["origin"], told["model"], told["citations"]) == ("answered", "library", "", [])
    assert told["answer"] == (
        "2 documents have “Brightwater” in their title or file name:\n"
        "- Amendment 1 to the supply contract with Brightwater Ltd (brightwater-amendment-1.md)\n"
        "- Supply contract with Brightwater Ltd (brightwater-supply-contract.md)"
    )
    assert [one["document"] for one in told["listed"]] == ["brightwater-amendment-1.md", "brightwater-supply-contract.md"]
    assert [sentence["listed"] for sentence in told["sentences"]] == [[1, 2], [1], [2]]


def test_the_receipt_holds_what_was_looked_up(client: Client, reader: str) -> None:
    told = ask(client, reader, "Which amendments to the Brightwater contract exist?").json()
    event = Event.objects.get(uid=told["receipt"])
    assert event.action == "question.answered"
    kept = payload_of(told["receipt"])
    assert kept["answer"]["origin"] == "library"
    assert [one["slug"] for one in kept["scope"]["collections"]] == ["handbook"]
    looked = kept["library"]
    assert (looked["about"], looked["count"]) == ("list", 1)
    assert [one["document"] for one in looked["documents"]] == ["brightwater-amendment-1.md"]
    assert event.facts.filter(kind="document", value="brightwater-amendment-1.md").exists()


@pytest.mark.parametrize(("who", "count"), [("employee", 3), ("teammate", 3), ("outsider", 0), ("knowledge_admin", 4)])
def test_it_counts_exactly_what_the_asker_may_read(who: str, count: int, client: Client, request: Any) -> None:
    told = ask(client, key_of(request.getfixturevalue(who), "ask"), "How many documents are there?").json()
    assert told["sentences"][0]["text"].startswith(f"You can read {count} document")
    assert ("secret.md" in json.dumps(told)) is (who == "knowledge_admin")


def test_what_the_reader_may_not_read_is_no_subject(client: Client, reader: str, dependencies: Any) -> None:
    """That a document of others is called so must not show: the question goes on as any other."""
    for question in ("Which documents are about Secret?", "Who uploaded secret.md?", "What is in the collection Board?"):
        assert ask(client, reader, question).json()["origin"] == ""


def test_whoever_loses_the_collection_counts_nothing_and_sees_nothing_of_the_old_answer(
    client: Client, employee: User, collection: Collection, reader: str
) -> None:
    told = ask(client, reader, "List all documents about Brightwater.", conversation="new").json()
    assert "Amendment 1" in told["answer"]
    collection.groups.clear()
    assert ask(client, reader, "How many documents are there?").json()["answer"].startswith("You can read 0 documents")
    (turn,) = client.get(f"/api/v1/conversations/{told['conversation']}", headers=bearer(reader)).json()["turns"]
    assert (turn["answer"]["answer"], turn["answer"]["listed"], turn["answer"]["sentences"]) == ("", [], [])
    client.force_login(employee)
    page = client.get(f"/c/{told['conversation']}/").content.decode()
    assert "Amendment 1" not in page and "2 documents have" not in page


def test_an_old_list_leaves_out_what_was_deleted_and_its_count(
    client: Client, reader: str, contracts: dict[str, Document], knowledge_admin: User
) -> None:
    told = ask(client, reader, "List all documents about Brightwater.", conversation="new").json()
    delete_document(contracts["brightwater-amendment-1.md"], user=knowledge_admin)
    (turn,) = client.get(f"/api/v1/conversations/{told['conversation']}", headers=bearer(reader)).json()["turns"]
    assert [one["document"] for one in turn["answer"]["listed"]] == ["brightwater-supply-contract.md"]
    assert [(one["text"], one["listed"]) for one in turn["answer"]["sentences"]] == [
        ("Supply contract with Brightwater Ltd (brightwater-supply-contract.md)", [1])
    ]


def test_the_page_links_each_document_and_says_how_the_answer_came(
    client: Client, reader: str, employee: User, contracts: dict[str, Document]
) -> None:
    told = ask(client, reader, "List all documents about Brightwater.", conversation="new").json()
    client.force_login(employee)
    page = client.get(f"/c/{told['conversation']}/").content.decode()
    address = f"/library/documents/{contracts['brightwater-supply-contract.md'].uid}/"
    assert f'<a href="{address}">Supply contract with Brightwater Ltd</a>' in page
    assert "From the library" in page
    assert client.get(address).status_code == 200


def test_the_other_interfaces_tell_the_same(reader: str, contracts: dict[str, Document]) -> None:
    line = "- Amendment 1 to the supply contract with Brightwater Ltd (brightwater-amendment-1.md)"
    question = "Which documents are about Brightwater?"
    assert complete(reader, question).choices[0].message.content.splitlines()[1] == line
    streamed = "".join(one.choices[0].delta.content or "" for one in stream_chunks(reader, question) if one.choices)
    assert streamed == complete(reader, question).choices[0].message.content
    told = call(reader, "ask", question=question).structured_content
    assert line in told["text"] and told["origin"] == "library"
    assert [name for name, _data in stream(reader, question)] == ["sentence", "sentence", "sentence", "done"]
    out = StringIO()
    call_command("ask", question, stdout=out, user="erin")
    assert line in out.getvalue() and "Origin: library. Model: none. Receipt: " in out.getvalue()


def test_who_uploaded_a_document_and_who_wrote_it(client: Client, reader: str) -> None:
    told = ask(client, reader, "Who wrote the travel guide?").json()["answer"]
    today = timezone.localtime()
    assert told == (
        f"“Travel guide” (travel-guide.md): version 1 was uploaded on {today.day} {today:%b %Y} by kim. "
        "The file names Ana Brook as its author."
    )
    assert (
        ask(client, reader, "Who uploaded the supply contract?")
        .json()["answer"]
        .endswith("by kim. The file does not name an author.")
    )


def test_a_title_that_fits_too_little_is_no_document(client: Client, reader: str, dependencies: Any) -> None:
    assert ask(client, reader, "When was the contract changed?").json()["origin"] == ""


def test_it_means_the_document_of_the_answer_before(client: Client, reader: str, collection: Collection, dependencies: Any) -> None:
    add_document(collection, "leave.md", LEAVE)
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    first = ask(client, reader, QUESTION, conversation="new").json()
    assert first["origin"] == "written"
    told = ask(client, reader, "When was it last changed?", conversation=first["conversation"]).json()
    assert told["answer"].startswith("“Leave” (leave.md): version 1 was uploaded on ")


def test_a_period_lists_what_was_added_in_it(client: Client, reader: str, contracts: dict[str, Document]) -> None:
    Document.objects.exclude(pk=contracts["travel-guide.md"].pk).update(created_at=timezone.now() - timedelta(days=40))
    told = ask(client, reader, "Which documents were added in the last 7 days?").json()
    assert [one["document"] for one in told["listed"]] == ["travel-guide.md"]
    assert told["answer"].startswith("1 document was added from ")


def test_a_document_that_does_not_answer_yet_is_not_counted(client: Client, reader: str, contracts: dict[str, Document]) -> None:
    Document.objects.filter(pk=contracts["travel-guide.md"].pk).update(current_version=None)
    assert ask(client, reader, "How many documents are there?").json()["answer"].startswith("You can read 2 documents")


def test_the_receipt_page_shows_how_the_answer_came(client: Client, reader: str, auditor: User) -> None:
    told = ask(client, reader, "Which collections can I read?").json()
    assert told["answer"] == "You can read 1 collection:\n- Handbook: 3 documents"
    client.force_login(auditor)
    page = client.get(f"/audit/receipts/{told['receipt']}/").content.decode()
    assert "From the library" in page and "Looked up in the library" in page


def test_a_page_question_is_kept_as_a_turn(employee: User) -> None:
    browser = signed_in(employee)
    browser.post("/ask/", {"question": "How many documents are there?"})
    turn = Turn.objects.get()
    page = browser.get(f"/turns/{turn.uid}/answer/")
    turn.refresh_from_db()
    assert (page.status_code, turn.state, turn.answer["origin"]) == (302, "answered", "library")
