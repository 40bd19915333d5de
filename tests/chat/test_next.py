"""What is offered beside an answer: next questions that would be answered, what colleagues ask, and where its sources stand."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.test import Client

from accounts.credentials import command_credential
from accounts.models import User
from chat.conversations.offering import offer_next
from chat.conversations.often import asked_often, key_of
from chat.conversations.sources import describe_sources, group_by_document
from chat.models import Turn
from chat.services import asked_of
from kb.models import Chunk, Collection, Document
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, add_document, dependencies_with
from tests.chat.test_conversations import answer_from, ask

CARRY = "Employees may carry over five days of annual leave into the next year of service."


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE, CARRY)


def offered(user: User, turn: Turn) -> tuple[str, ...]:
    asked = asked_of(Turn.objects.select_related("conversation__user").get(pk=turn.pk), credential=command_credential(user))
    return async_to_sync(offer_next)(asked, turn.answer, dependencies=dependencies_with(None))


def test_next_questions_are_searched_and_judged_before_they_are_offered(
    employee: User, collection: Collection, leave: Document
) -> None:
    suits = "How many hours of annual leave do employees with more than fifteen years of service earn per pay period?"
    collection.suggested_questions = [suits, "Where is the car park?", QUESTION]
    collection.save()
    first = Chunk.objects.get(text=LEAVE)
    answer = answer_from(leave, SIX_HOURS)
    answer["citations"][0]["chunk_id"] = str(first.pk)
    turn = ask(employee, QUESTION, answer)
    assert offered(employee, turn) == (suits,)
    collection.sufficiency_threshold = 1.0  # which no evidence reaches
    collection.save()
    assert offered(employee, turn) == ()


def test_nothing_is_offered_that_may_not_be_read(employee: User, collection: Collection, leave: Document) -> None:
    collection.suggested_questions = [QUESTION]
    collection.save()
    turn = ask(employee, "How much leave?", answer_from(leave, SIX_HOURS))
    employee.groups.clear()
    assert offered(employee, turn) == ()


def people(count: int, collection: Collection) -> list[User]:
    group = collection.groups.get()
    found = [User.objects.create_user(username=f"person{number}") for number in range(count)]
    for person in found:
        person.groups.add(group)
    return found


def test_a_question_is_suggested_once_five_people_asked_it(
    client: Client, employee: User, outsider: User, collection: Collection, leave: Document
) -> None:
    four = people(4, collection)
    for person in (*four, four[0]):  # one of them twice
        ask(person, "How much annual leave is there?", answer_from(leave, SIX_HOURS))
    assert asked_often(employee, limit=4) == []
    cache.clear()
    ask(User.objects.create_user(username="fifth"), " how much ANNUAL leave is there", answer_from(leave, SIX_HOURS))
    assert asked_often(employee, limit=4) == ["how much ANNUAL leave is there"]
    assert asked_often(outsider, limit=4) == []  # whose rights do not reach the answer
    client.force_login(employee)
    assert "Asked by colleagues" in client.get("/").content.decode()
    leave.deleted_at = leave.created_at
    leave.save()
    assert asked_often(employee, limit=4) == []


@pytest.mark.parametrize(
    ("one", "other", "is_same"), [("Wie viel?", "wie  viel", True), ("年假？", "年假", True), ("One?", "Two?", False)]
)
def test_the_same_words_are_the_same_question(one: str, other: str, is_same: bool) -> None:
    assert (key_of(one) == key_of(other)) is is_same
    assert key_of("?") == key_of("word " * 60) == ""


def test_sources_stand_together_with_section_date_and_owner(employee: User, collection: Collection, leave: Document) -> None:
    collection.stewards.create(user=User.objects.create_user(username="olaf", first_name="Olaf", last_name="Owner"), role="owner")
    Chunk.objects.filter(text=CARRY).update(heading_path=["Leave", "Carry-over"])
    chunks: dict[str, Any] = {chunk.text: chunk for chunk in Chunk.objects.all()}
    one, other = answer_from(leave, SIX_HOURS), answer_from(leave, CARRY, marker=2)
    citations = [one["citations"][0], other["citations"][0] | {"chunk_id": str(chunks[CARRY].pk)}]
    ((_turn, answer),) = describe_sources([(ask(employee, QUESTION), one | {"citations": citations})])
    (group,) = group_by_document(answer["citations"])
    assert (group.title, group.version, group.owners) == ("Leave", 1, ("Olaf Owner",))
    assert group.uploaded_at == leave.current_version.created_at
    assert [place["heading_path"] for place in group.places] == [[], ["Leave", "Carry-over"]]
