"""Where a question names none of several subjects, each is told, and every interface asks which one is meant."""

from typing import Any

from django.test import Client

from accounts.models import User
from kb.models import Collection
from tests.api.test_mcp import call
from tests.api.test_openai import complete
from tests.api.test_openai import stream as stream_chunks
from tests.api.test_rest import ask, stream
from tests.chat.library import add_document

ASKED = "How many kilograms may the lift carry at most?"
CHOICES = {f"{ASKED} (Lift {name})" for name in ("nora", "otto")}


def test_each_subject_is_told_and_asked_back_everywhere(
    client: Client, collection: Collection, employee: User, reader: str, dependencies: Any
) -> None:
    add_document(collection, "lift nora.md", "The lift may carry 400 kilograms at most.")
    add_document(collection, "lift otto.md", "The lift may carry 600 kilograms at most.")
    body = ask(client, reader, ASKED, conversation="new").json()
    assert body["outcome"] == "answered"
    assert "400" in body["answer"] and "600" in body["answer"] and "“Lift nora”:" in body["answer"]
    assert (body["question_back"], set(body["choices"])) == ("Which one do you mean?", CHOICES)
    (_name, streamed) = stream(reader, ASKED)[-1]
    assert set(streamed["choices"]) == CHOICES
    spoken = [
        complete(reader, ASKED).choices[0].message.content,
        "".join(chunk.choices[0].delta.content or "" for chunk in stream_chunks(reader, ASKED) if chunk.choices),
        call(reader, "ask", question=ASKED).structured_content["text"],
    ]
    for message in spoken:
        assert "Which one do you mean?" in message and all(choice in message for choice in CHOICES)
    client.force_login(employee)
    page = client.get(f"/c/{body['conversation']}/").content.decode()
    assert "Which one do you mean?" in page
    assert all(f'<input type="hidden" name="question" value="{choice}">' in page for choice in CHOICES)


def test_what_was_asked_back_goes_with_the_right_to_read_it(
    client: Client, collection: Collection, employee: User, reader: str, dependencies: Any
) -> None:
    add_document(collection, "lift nora.md", "The lift may carry 400 kilograms at most.")
    add_document(collection, "lift otto.md", "The lift may carry 600 kilograms at most.")
    body = ask(client, reader, ASKED, conversation="new").json()
    employee.groups.clear()
    client.force_login(employee)
    page = client.get(f"/c/{body['conversation']}/").content.decode()
    assert "Lift" not in page.replace(ASKED, "") and "Which one do you mean?" not in page
