"""Taking questions; keeping conversations."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import services
from chat.conversations.arranging import delete_conversation, rename_conversation
from chat.conversations.readable import readable_answer
from chat.conversations.titles import title_of
from chat.errors import QuestionRefused
from chat.models import Conversation, Turn
from kb.models import Collection
from tests.chat.library import LEAVE, add_document


def finish(turn: Turn, answer: dict[str, Any] | None = None, **changes: Any) -> Turn:
    values = {"state": Turn.State.ANSWERED, "answer": answer or {}, "finished_at": timezone.now()} | changes
    Turn.objects.filter(pk=turn.pk).update(**values)
    turn.refresh_from_db()
    return turn


def test_a_first_question_begins_a_conversation_named_after_it(employee: User, collection: Collection) -> None:
    turn = services.start_turn(user=employee, question="  How many\r\nhours? ", collection=collection)
    assert (turn.question, turn.position, turn.attempt, turn.state) == ("How many\nhours?", 0, 1, "pending")
    assert (turn.conversation.title, turn.conversation.collection, turn.conversation.user) == (
        "How many hours",
        collection,
        employee,
    )


def test_a_second_question_follows_in_the_same_conversation(employee: User) -> None:
    first = services.start_turn(user=employee, question="How many hours?")
    second = services.start_turn(user=employee, question="And then?", conversation=first.conversation)
    assert (second.conversation_id, second.position) == (first.conversation_id, 1)
    assert second.conversation.title == "How many hours"


@pytest.mark.parametrize("question", ["", "  \n ", "\u200b\u200b", "???", "\x00"])
def test_it_refuses_an_empty_question_and_leaves_nothing(employee: User, question: str) -> None:
    with pytest.raises(QuestionRefused, match="Enter a question") as refused:
        services.start_turn(user=employee, question=question)
    assert refused.value.code == "empty"
    assert not Conversation.objects.exists()


def test_it_refuses_a_question_of_20000_characters_in_a_clear_sentence(employee: User) -> None:
    with pytest.raises(QuestionRefused, match="has 20000 characters; the limit is 4000") as refused:
        services.start_turn(user=employee, question="a" * 20_000)
    assert refused.value.code == "too_long"
    assert not Conversation.objects.exists()


def test_it_drops_control_and_invisible_characters(employee: User) -> None:
    turn = services.start_turn(user=employee, question="Wh\x00at\u200b is\u202e the\x1b[31m fee?\tNow")
    assert turn.question == "What is the[31m fee?\tNow"


def test_an_outsider_cannot_name_a_collection(outsider: User, collection: Collection) -> None:
    with pytest.raises(QuestionRefused) as refused:
        services.start_turn(user=outsider, question="How many?", collection=collection)
    assert refused.value.code == "unknown_collection"


def test_nobody_asks_in_another_ones_conversation(employee: User, teammate: User) -> None:
    turn = services.start_turn(user=employee, question="How many?")
    with pytest.raises(QuestionRefused) as refused:
        services.start_turn(user=teammate, question="How many?", conversation=turn.conversation)
    assert refused.value.code == "unknown_conversation"


def test_regenerating_makes_a_new_attempt_and_keeps_the_old(employee: User) -> None:
    first = finish(services.start_turn(user=employee, question="How many?"), {"answer": "Six."})
    again = services.regenerate_turn(first)
    assert (again.position, again.attempt, again.question, again.state) == (0, 2, "How many?", "pending")
    first.refresh_from_db()
    assert first.answer == {"answer": "Six."}


def test_regenerating_waits_for_the_answer_on_its_way(employee: User) -> None:
    turn = services.start_turn(user=employee, question="How many?")
    with pytest.raises(QuestionRefused) as refused:
        services.regenerate_turn(turn)
    assert refused.value.code == "still_answering"


def test_stopping_a_waiting_turn_finishes_it(employee: User) -> None:
    turn = services.start_turn(user=employee, question="How many?")
    assert services.stop_turn(turn)
    turn.refresh_from_db()
    assert turn.state == Turn.State.STOPPED
    assert turn.finished_at is not None


def test_stopping_a_finished_turn_changes_nothing(employee: User) -> None:
    turn = finish(services.start_turn(user=employee, question="How many?"))
    assert not services.stop_turn(turn)
    turn.refresh_from_db()
    assert turn.state == Turn.State.ANSWERED


def test_renaming_and_deleting(employee: User) -> None:
    conversation = services.start_turn(user=employee, question="How many?").conversation
    assert rename_conversation(conversation, title=" Leave \n rules ").title == "Leave rules"
    with pytest.raises(QuestionRefused):
        rename_conversation(conversation, title=" ")
    delete_conversation(conversation)
    assert not Turn.objects.exists()


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Why?", "Why?"),
        ("What is the notice period?", "Notice period"),
        ("Hi, could you please tell me how many days of leave I get?", "How many days of leave I get"),
        ("How many hours of leave do nurses earn?", "Hours of leave: nurses earn"),
        ("How many days of leave do I get?", "Days of leave"),
        ("What does the travel policy say about hotels?", "Travel policy: hotels"),
        ("请问年假有多少天？", "年假有多少天"),
        ("报销流程是什么？", "报销流程"),
        ("word " * 30, ("Word " + "word " * 14).strip() + "…"),
        ("问" * 100, "问" * 79 + "…"),
    ],
)
def test_a_title_tells_what_the_question_is_about(question: str, title: str) -> None:
    assert title_of(question) == title


def test_history_holds_the_newest_attempts_before_the_turn(employee: User) -> None:
    first = finish(services.start_turn(user=employee, question="One?"), {"answer": "Old."})
    finish(services.regenerate_turn(first), {"answer": "New."}, rewritten="One, alone?")
    third = services.start_turn(user=employee, question="Two?", conversation=first.conversation)
    services.start_turn(user=employee, question="Three?", conversation=first.conversation)
    assert services.history_before(third) == (("One, alone?", "New."),)


def answer_citing(*uids: str) -> dict[str, Any]:
    citations = [{"marker": number, "chunk_id": str(number), "document_uid": uid} for number, uid in enumerate(uids, start=1)]
    sentences = [
        {"text": f"Fact {c['marker']}.", "prefix": " ", "verdict": "supported", "citations": [c["marker"]]} for c in citations
    ]
    return {"answer": "Fact 1.[1] Fact 2.[2]", "sentences": sentences, "citations": citations, "nearest": []}


def test_an_old_answer_hides_what_was_deleted_since(employee: User, collection: Collection) -> None:
    kept, gone = add_document(collection, "leave.md", LEAVE), add_document(collection, "pay.md", "Pay is monthly.")
    turn = finish(services.start_turn(user=employee, question="What?"), answer_citing(str(kept.uid), str(gone.uid)))
    assert readable_answer(turn, user=employee) == turn.answer
    gone.deleted_at = timezone.now()
    gone.save()
    answer = readable_answer(turn, user=employee)
    assert answer["answer"] == "Fact 1.[1]"
    assert [citation["document_uid"] for citation in answer["citations"]] == [str(kept.uid)]
    assert answer["hidden"] == 1


def test_an_old_answer_hides_what_was_revoked_since(employee: User, collection: Collection) -> None:
    document = add_document(collection, "leave.md", LEAVE)
    turn = finish(services.start_turn(user=employee, question="What?"), answer_citing(str(document.uid)))
    employee.groups.clear()
    answer = readable_answer(turn, user=employee)
    assert (answer["answer"], answer["citations"], answer["sentences"], answer["hidden"]) == ("", [], [], 1)


def test_a_sentence_goes_when_one_of_its_two_sources_was_revoked(employee: User, collection: Collection) -> None:
    """What it says was said from both."""
    closed = Collection.objects.create(name="Pay", slug="pay")
    closed.groups.set(employee.groups.all())
    kept, gone = add_document(collection, "leave.md", LEAVE), add_document(closed, "pay.md", "Pay is monthly.")
    given = answer_citing(str(kept.uid), str(gone.uid))
    given["sentences"].append({"text": "Both say so.", "prefix": " ", "verdict": "supported", "citations": [1, 2]})
    turn = finish(services.start_turn(user=employee, question="What?"), given)
    closed.groups.clear()
    answer = readable_answer(turn, user=employee)
    assert [sentence["text"] for sentence in answer["sentences"]] == ["Fact 1."]
    assert (answer["answer"], answer["hidden"]) == ("Fact 1.[1]", 2)


def test_an_old_refusal_names_no_source_that_was_revoked_since(employee: User, collection: Collection) -> None:
    closed = Collection.objects.create(name="Pay", slug="pay")
    closed.groups.set(employee.groups.all())
    kept, gone = add_document(collection, "leave.md", LEAVE), add_document(closed, "pay.md", "Pay is monthly.")
    nearest = [{"document_uid": str(one.uid), "document": one.name} for one in (kept, gone)]
    turn = finish(
        services.start_turn(user=employee, question="What?"),
        {"answer": "", "sentences": [], "citations": [], "nearest": nearest},
    )
    closed.groups.clear()
    assert [near["document"] for near in readable_answer(turn, user=employee)["nearest"]] == ["leave.md"]


def test_a_follow_up_does_not_hear_of_what_was_revoked_since(employee: User, collection: Collection) -> None:
    document = add_document(collection, "leave.md", LEAVE)
    first = finish(services.start_turn(user=employee, question="What?"), answer_citing(str(document.uid)))
    second = services.start_turn(user=employee, question="And then?", conversation=first.conversation)
    assert services.history_before(second) == (("What?", "Fact 1.[1] Fact 2.[2]"),)
    employee.groups.clear()
    assert services.history_before(second) == (("What?", ""),)
