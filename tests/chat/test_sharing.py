"""Sharing inside the company: a link that can be revoked, and each reader's own rights, sentence by sentence."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from chat.conversations.sharing import answers_for, revoke_share, share_conversation
from chat.errors import QuestionRefused
from chat.models import Conversation
from chat.services import start_turn
from kb.models import Collection, Document
from tests.chat.library import LEAVE, SIX_HOURS, add_document
from tests.chat.test_conversations import answer_from, ask

SECRET = "Directors earn 99 hours of annual leave."


@pytest.fixture
def board(employee: User) -> Document:
    """What the employee reads and the teammate does not."""
    collection = Collection.objects.create(name="Board", slug="board")
    collection.stewards.create(user=employee, role="editor")
    return add_document(collection, "board.md", SECRET)


@pytest.fixture
def told(employee: User, collection: Collection, board: Document) -> Conversation:
    """An answer from two documents, with a label between them, which names the second."""
    leave = add_document(collection, "leave.md", LEAVE)
    one, other = answer_from(leave, SIX_HOURS), answer_from(board, SECRET, marker=2)
    label = {"text": "Board rules:", "prefix": "\n\n", "verdict": "supported", "citations": [], "listed": []}
    both = one | {
        "answer": f"{SIX_HOURS}[1]\n\nBoard rules: {SECRET}[2]",
        "sentences": [*one["sentences"], label, other["sentences"][0] | {"prefix": " "}],
        "citations": [*one["citations"], *other["citations"]],
        "understood_as": "How much leave do directors get?",
        "owners": ["erin"],
    }
    return ask(employee, "How much leave?", both).conversation


def open_link(user: User, address: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    response = client.get(address)
    return response.status_code, response.content.decode()


def link_of(conversation: Conversation) -> str:
    return reverse("chat:shared", args=[share_conversation(conversation, user=conversation.user).uid])


def test_each_reader_sees_the_sentences_whose_sources_they_may_read(
    employee: User, teammate: User, outsider: User, told: Conversation
) -> None:
    address = link_of(told)
    _status, mine = open_link(employee, address)
    assert SIX_HOURS in mine
    assert SECRET in mine
    _status, teammates = open_link(teammate, address)
    assert SIX_HOURS in teammates
    for hidden in (SECRET, "Board", "directors", "board.md"):
        assert hidden not in teammates
    assert "Part of this answer is not shown" in teammates
    _status, outsiders = open_link(outsider, address)
    assert SIX_HOURS not in outsiders
    assert "This answer is not shown" in outsiders
    assert "How much leave?" in outsiders


def test_rights_are_those_of_the_moment(teammate: User, told: Conversation) -> None:
    address = link_of(told)
    assert SIX_HOURS in open_link(teammate, address)[1]
    teammate.groups.clear()
    assert SIX_HOURS not in open_link(teammate, address)[1]


def test_a_revoked_link_opens_nothing_and_a_new_one_is_another(employee: User, teammate: User, told: Conversation) -> None:
    address = link_of(told)
    revoke_share(told, user=employee)
    assert open_link(teammate, address)[0] == open_link(employee, address)[0] == 404
    assert link_of(told) != address
    employee.is_active = False
    employee.save()
    assert open_link(teammate, link_of(told))[0] == 404  # of somebody who was shut out


def test_what_is_asked_later_is_shared_when_its_owner_says_so(employee: User, teammate: User, told: Conversation) -> None:
    address = link_of(told)
    ask(employee, "What is the wifi password?", conversation=told)
    assert "wifi" not in open_link(teammate, address)[1]
    assert link_of(told) == address
    assert "wifi" in open_link(teammate, address)[1]
    start_turn(user=employee, question="Is that all?", conversation=told)  # being answered
    link_of(told)
    assert "Is that all" not in open_link(teammate, address)[1]


def test_nothing_is_shared_before_there_is_an_answer(employee: User) -> None:
    with pytest.raises(QuestionRefused, match="first answer"):
        share_conversation(start_turn(user=employee, question="How much leave?").conversation, user=employee)


def test_making_opening_and_revoking_are_in_the_audit(employee: User, teammate: User, told: Conversation) -> None:
    address = link_of(told)
    link_of(told)  # the same again
    open_link(employee, address)  # one's own
    open_link(teammate, address)
    revoke_share(told, user=employee)
    revoke_share(told, user=employee)
    events = [
        (event.action, event.actor_id) for event in Event.objects.filter(action__startswith="conversation.").order_by("sequence")
    ]
    assert events == [
        ("conversation.shared", str(employee.pk)),
        ("conversation.share_opened", str(teammate.pk)),
        ("conversation.share_revoked", str(employee.pk)),
    ]


@pytest.mark.parametrize("field", ["instead", "hint_owners", "understood_as"])
def test_what_was_said_from_the_askers_rights_is_not_told(employee: User, teammate: User, field: str) -> None:
    given: dict[str, Any] = {"outcome": "refused", "reason": "nothing_found", "answer": "", "sentences": [], "citations": []}
    given |= {"nearest": [], "instead": "No passage has the word “wombat”.", "owners": ["olga"], "understood_as": "Wombats?"}
    turn = ask(employee, "And they?", given)
    (answer,) = answers_for([turn], reader=teammate)
    assert not answer.get(field.removeprefix("hint_"))
