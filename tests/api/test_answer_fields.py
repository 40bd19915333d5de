"""What the pages show of an answer, programs get too: why there is none, how a follow-up was read, what was no question."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from api.footnotes import answer_text
from audit.models import Event
from chat.models import Turn
from chat.types import Answer, Outcome
from kb.models import Collection, Document
from tests.api.conftest import bearer
from tests.api.test_mcp import call
from tests.api.test_openai import complete
from tests.api.test_openai import stream as stream_chunks
from tests.api.test_rest import EIGHT, ask, stream
from tests.chat.library import QUESTION, SIX_HOURS, ScriptedModel, add_document

FOLLOW_UP = "And after twenty years?"
UNDERSTOOD = "How many hours of annual leave do employees with twenty years of service earn per pay period?"
HINT = "Rephrase the question, use exact names, or ask the people who maintain these documents."
AWAY = "What is the capital of Atlantis?"


def payload_of(receipt: str) -> dict[str, Any]:
    return json.loads(Event.objects.get(uid=receipt).payload.body)["payload"]


# --- a refusal --------------------------------------------------------------------------------------------------------------


def test_a_refusal_says_why_in_a_sentence_and_what_to_try(client: Client, leave: Document, reader: str, dependencies: Any) -> None:
    body = ask(client, reader, AWAY, conversation="new").json()
    assert (body["reason"], body["hint"]) == ("insufficient_evidence", HINT)
    assert body["message"] == "The closest passages do not contain the answer."
    turn = client.get(f"/api/v1/conversations/{body['conversation']}", headers=bearer(reader)).json()["turns"][0]
    assert (turn["answer"]["message"], turn["answer"]["hint"]) == (body["message"], HINT)
    (_name, streamed) = stream(reader, AWAY)[-1]
    assert (streamed["message"], streamed["hint"]) == (body["message"], HINT)
    for message in (
        complete(reader, AWAY).choices[0].message.content,
        call(reader, "ask", question=AWAY).structured_content["text"],
    ):
        assert body["message"] in message and message.endswith(HINT)


def test_each_reason_has_its_sentence_and_the_page_says_the_same(
    client: Client, collection: Collection, employee: User, reader: str, dependencies: Any
) -> None:
    nothing = ask(client, reader, AWAY, conversation="new").json()
    assert (nothing["reason"], nothing["message"]) == ("nothing_found", "No document is related to this question.")
    add_document(collection, "leave.md", SIX_HOURS)
    dependencies["model"] = ScriptedModel("The documents do not contain the answer to this question.")
    declined = ask(client, reader, conversation="new").json()
    assert declined["reason"] == "model_declined"
    assert declined["message"] == "The model read the closest passages and found no answer in them."
    client.force_login(employee)
    for body in (nothing, declined):
        page = client.get(f"/c/{body['conversation']}/").content.decode()
        assert body["message"] in page and HINT in page


# --- a follow-up ------------------------------------------------------------------------------------------------------------


def test_what_a_follow_up_was_understood_as_is_shown_everywhere(
    client: Client, leave: Document, employee: User, reader: str, dependencies: Any
) -> None:
    dependencies["model"] = ScriptedModel(f"{EIGHT} [1]")
    first = ask(client, reader, conversation="new").json()
    assert first["understood_as"] == ""
    second = ask(client, reader, FOLLOW_UP, conversation=first["conversation"]).json()
    assert second["understood_as"] == UNDERSTOOD
    turns = client.get(f"/api/v1/conversations/{first['conversation']}", headers=bearer(reader)).json()["turns"]
    assert [turn["answer"]["understood_as"] for turn in turns] == ["", UNDERSTOOD]
    (_name, done) = stream(reader, FOLLOW_UP, conversation=first["conversation"])[-1]
    assert done["understood_as"]
    assert complete(reader, QUESTION, SIX_HOURS, FOLLOW_UP).attest["understood_as"] == UNDERSTOOD
    assert stream_chunks(reader, QUESTION, SIX_HOURS, FOLLOW_UP)[-1].attest["understood_as"] == UNDERSTOOD
    client.force_login(employee)
    page = client.get(f"/c/{first['conversation']}/").content.decode()
    assert f"Interpreted as “{UNDERSTOOD}”." in page


def test_a_refused_follow_up_says_how_it_was_understood(client: Client, leave: Document, reader: str, dependencies: Any) -> None:
    first = ask(client, reader, AWAY, conversation="new").json()
    second = ask(client, reader, "Who governs it?", conversation=first["conversation"]).json()
    assert (second["outcome"], second["understood_as"]) == ("refused", "Who governs Atlantis?")


def test_a_rewritten_follow_up_does_not_reveal_what_the_reader_may_no_longer_see(
    client: Client, leave: Document, employee: User, reader: str, dependencies: Any
) -> None:
    dependencies["model"] = ScriptedModel(f"{EIGHT} [1]")
    first = ask(client, reader, conversation="new").json()
    ask(client, reader, FOLLOW_UP, conversation=first["conversation"])
    employee.groups.clear()
    turns = client.get(f"/api/v1/conversations/{first['conversation']}", headers=bearer(reader)).json()["turns"]
    assert turns[1]["answer"]["understood_as"] == ""


# --- no question ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "reason", "start"),
    [
        ("Good morning!", "greeting", "Hello!"),
        ("Who are you?", "about_attest", "I am Attest."),
        ("Thanks a lot", "thanks", "You are welcome"),
        ("I do not want to live any more.", "self_harm", "This sounds very hard"),
        ("What did I ask first?", "earlier_questions", "This is the first question"),
    ],
)
def test_what_is_no_question_gets_a_friendly_word_without_a_search(
    client: Client, leave: Document, employee: User, reader: str, dependencies: Any, message: str, reason: str, start: str
) -> None:
    body = ask(client, reader, message, conversation="new").json()
    assert (body["outcome"], body["reason"], body["message"]) == ("chat", reason, body["answer"])
    assert body["answer"].startswith(start)
    assert (body["sentences"], body["citations"], body["nearest"], body["hint"], body["model"]) == ([], [], [], "", "")
    event = Event.objects.get(uid=body["receipt"])
    assert (event.action, event.actor_name, event.summary) == ("question.chat", "erin", message)
    assert payload_of(body["receipt"])["evidence"] == []
    turn = client.get(f"/api/v1/conversations/{body['conversation']}", headers=bearer(reader)).json()["turns"][0]
    assert (turn["state"], turn["answer"]["outcome"], turn["answer"]["answer"]) == ("answered", "chat", body["answer"])
    events = stream(reader, message)
    assert [(name, data["outcome"]) for name, data in events] == [("done", "chat")]
    chunks = stream_chunks(reader, message)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == body["answer"]
    for text in (
        complete(reader, message).choices[0].message.content,
        call(reader, "ask", question=message).structured_content["text"],
    ):
        assert text == body["answer"]
    client.force_login(employee)
    page = client.get(f"/c/{body['conversation']}/").content.decode()
    assert body["answer"].replace("'", "&#x27;") in page
    article = page[page.index("<article") : page.index("</article>")]
    assert 'class="refusal"' not in article and "receipt-number" not in article


def test_the_page_answers_it_as_well(leave: Document, employee: User) -> None:
    browser = Client()
    browser.force_login(employee)
    assert browser.post("/ask/", {"question": "Hello"}).status_code == 302
    turn = Turn.objects.get()
    assert browser.get(f"/turns/{turn.uid}/answer/", follow=True).status_code == 200
    turn.refresh_from_db()
    assert (turn.state, turn.answer["outcome"]) == ("answered", "chat")


def test_a_greeting_is_nothing_to_follow_up(client: Client, leave: Document, reader: str, dependencies: Any) -> None:
    dependencies["model"] = ScriptedModel(f"{EIGHT} [1]")
    first = ask(client, reader, conversation="new").json()
    ask(client, reader, "thanks!", conversation=first["conversation"])
    third = ask(client, reader, FOLLOW_UP, conversation=first["conversation"]).json()
    assert third["understood_as"] == UNDERSTOOD
    assert (
        complete(reader, "Hello", "Hello!", QUESTION, SIX_HOURS, "Thanks", "Bye.", FOLLOW_UP).attest["understood_as"] == UNDERSTOOD
    )


def test_a_conversation_knows_what_was_asked_in_it_and_nothing_of_others(
    client: Client, leave: Document, reader: str, dependencies: Any
) -> None:
    ask(client, reader, "Who pays for taxis?", conversation="new")
    begun = ask(client, reader, "How many hours of leave do I earn?", conversation="new").json()["conversation"]
    ask(client, reader, "And who approves it?", conversation=begun)
    told = [
        ask(client, reader, message, conversation=begun).json()["answer"]
        for message in ("What did I ask first?", "What was my last question?", "我一共问了哪些问题？")
    ]
    assert told[0] == "You first asked: “How many hours of leave do I earn?”"
    assert told[1] == "Before this you asked: “What did I ask first?”"
    assert told[2].split("\n")[1:3] == ["1. How many hours of leave do I earn?", "2. And who approves it?"]
    assert not any("taxis" in answer for answer in told)


def test_small_talk_is_no_answer_to_be_rated(client: Client, leave: Document, reader: str, dependencies: Any) -> None:
    receipt = ask(client, reader, "hi").json()["receipt"]
    given = {"receipt": receipt, "rating": "helpful"}
    assert client.post("/api/v1/feedback", given, "application/json", headers=bearer(reader)).status_code == 404


def test_a_question_that_begins_with_a_greeting_is_searched(
    client: Client, leave: Document, reader: str, dependencies: Any
) -> None:
    dependencies["model"] = ScriptedModel(f"{SIX_HOURS} [1]")
    assert ask(client, reader, f"Hello! {QUESTION}").json()["outcome"] == "answered"


def test_the_message_of_an_older_refusal_is_the_general_one() -> None:
    assert answer_text(Answer(outcome=Outcome.REFUSED, model="")) == "The documents do not contain the answer."
