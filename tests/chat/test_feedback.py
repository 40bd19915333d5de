"""What readers think of answers: theirs alone to say, kept beside the receipt, each change of mind in the audit."""

import pytest
from django.http import Http404
from django.test import Client

from accounts.models import User
from audit.actor import Actor
from audit.models import Event
from audit.services import record
from chat.errors import QuestionRefused
from chat.feedback import COMMENT_MAX_CHARACTERS, rate_answer
from chat.models import Conversation, Feedback, Turn


@pytest.fixture
def receipt(employee: User) -> str:
    event = record(
        "question.answered", by=Actor(id=str(employee.pk), name="erin"), summary="How long?", payload={"question": "How long?"}
    )
    return str(event.uid)


@pytest.fixture
def turn(employee: User, receipt: str) -> Turn:
    conversation = Conversation.objects.create(user=employee, title="Leave")
    answer = {"outcome": "answered", "answer": "Six hours.", "sentences": [], "citations": [], "nearest": []}
    return conversation.turns.create(position=0, question="How long?", state=Turn.State.ANSWERED, answer=answer, receipt=receipt)


def ratings() -> list[tuple[str, str]]:
    return [
        (event.action, event.payload.data["comment"])
        for event in Event.objects.filter(action__startswith="answer.").order_by("sequence")
    ]


def test_a_rating_is_kept_once_and_each_change_of_mind_is_recorded(employee: User, receipt: str) -> None:
    rate_answer(user=employee, receipt=receipt, rating="helpful")
    rate_answer(user=employee, receipt=receipt, rating="helpful")
    rate_answer(user=employee, receipt=receipt, rating="unhelpful", comment=" It is eight. ")
    kept = Feedback.objects.get()
    assert (kept.receipt, kept.user, kept.rating, kept.comment) == (receipt, employee, "unhelpful", "It is eight.")
    assert rate_answer(user=employee, receipt=receipt, rating="") is None
    assert rate_answer(user=employee, receipt=receipt, rating="") is None
    assert not Feedback.objects.exists()
    assert ratings() == [("answer.helpful", ""), ("answer.unhelpful", "It is eight."), ("answer.rating_withdrawn", "")]


def test_only_who_was_given_the_answer_rates_it(teammate: User, knowledge_admin: User, receipt: str) -> None:
    for stranger in (teammate, knowledge_admin):
        with pytest.raises(Http404):
            rate_answer(user=stranger, receipt=receipt, rating="helpful")
    assert not Feedback.objects.exists()


def test_only_answers_are_rated(employee: User) -> None:
    viewed = record("source.viewed", by=Actor(id=str(employee.pk)))
    for named in (str(viewed.uid), "nonsense", ""):
        with pytest.raises(Http404):
            rate_answer(user=employee, receipt=named, rating="helpful")


@pytest.mark.parametrize(
    ("rating", "comment", "code"),
    [("brilliant", "", "unknown_rating"), ("unhelpful", "x" * (COMMENT_MAX_CHARACTERS + 1), "too_long")],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(employee: User, receipt: str, rating: str, comment: str, code: str) -> None:
    with pytest.raises(QuestionRefused) as refused:
        rate_answer(user=employee, receipt=receipt, rating=rating, comment=comment)
    assert refused.value.code == code
    assert not Feedback.objects.exists()


def test_the_page_shows_the_rating_again_after_a_reload(client: Client, employee: User, turn: Turn) -> None:
    client.force_login(employee)
    client.post(f"/turns/{turn.uid}/feedback/", {"rating": "unhelpful", "comment": "It is <eight>."})
    page = client.get(f"/c/{turn.conversation.uid}/").content.decode()
    assert 'value="unhelpful"' in page
    assert 'value="It is &lt;eight&gt;."' in page
    fragment = client.post(f"/turns/{turn.uid}/feedback/", {"rating": ""}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "comment" not in fragment


def test_the_auditor_sees_the_rating_on_the_receipt(client: Client, employee: User, auditor: User, receipt: str) -> None:
    rate_answer(user=employee, receipt=receipt, rating="unhelpful", comment="It is eight.")
    client.force_login(auditor)
    page = client.get(f"/audit/receipts/{receipt}/").content.decode()
    assert "Rated not helpful" in page
    assert "It is eight." in page
    listed = client.get("/audit/?kind=feedback").content.decode()
    assert "How long?" in listed
