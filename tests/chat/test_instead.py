"""What a refusal offers: why what was found does not fit, and rewordings that were checked."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from api.footnotes import answer_text
from audit.models import Event
from chat import services
from chat.conversations.readable import readable_answer
from chat.flow.refusing.instead import unmet_words
from chat.flow.running import ask
from chat.types import Answer, Outcome
from evals.evidence import evidence_of
from kb.models import Collection
from kb.rights.stewards import set_steward
from language.scripts.foreign import name_language
from tests.chat.library import add_document, dependencies_with

FAQ = "May I bring a bicycle into the hall?\nNo, bicycles stay in the yard beside the gate.\nThe hall opens at seven."
ASKED = "Which emperor of Atlantis sold the hovercraft museum in the hall?"


def refusal(employee: User, collection: Collection) -> Answer:
    add_document(collection, "hall.md", FAQ)
    return ask(ASKED, user=employee, dependencies=dependencies_with())


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        ("Do contractors get a locker?", "A locker is lent to employees.", ["contractors"]),
        ("实习生有班车吗？", "员工可乘坐班车。", ["实习生"]),
        ("Is a locker lent to employees?", "A locker is lent to employees.", []),
    ],
)
def test_the_words_that_no_passage_mentions_are_named(question: str, text: str, missing: list[str]) -> None:
    assert unmet_words(question, [evidence_of(1, text)]) == missing


@pytest.mark.parametrize(
    ("question", "documents", "language"),
    [
        ("Wann wird der Aufzug geprüft und von wem?", ["The lift is checked in May."], "Deutsch"),
        ("¿Cuándo se revisa el ascensor de la nave?", ["The lift is checked in May."], "español"),
        ("Wann wird der Aufzug geprüft und von wem?", ["Der Aufzug wird im Mai von dem TÜV geprüft und ist dann frei."], ""),
        ("When is the lift checked, and by whom?", ["The lift is checked in May."], ""),
        ("电梯什么时候检查？", ["The lift is checked in May."], ""),
    ],
)
def test_a_question_in_a_language_that_the_documents_lack_is_told_so(question: str, documents: list[str], language: str) -> None:
    assert name_language(question, documents=documents) == language


@pytest.mark.django_db
def test_a_refusal_says_what_was_found_and_why_it_does_not_fit(employee: User, collection: Collection) -> None:
    answer = refusal(employee, collection)
    assert answer.outcome == Outcome.REFUSED
    assert "“Hall”" in answer.instead and "“Atlantis”" in answer.instead
    assert answer.instead in answer_text(answer)
    for choice in answer.choices:  # each was searched, and its search is on record
        assert choice in {one["question"] for one in Event.objects.get(uid=answer.receipt).payload.data["searches"] if one["kept"]}


@pytest.mark.django_db
def test_a_refusal_names_who_owns_the_collection_of_the_nearest_source(
    employee: User, outsider: User, collection: Collection, client: Client
) -> None:
    for person, name in ((outsider, "Ines Duarte"), (employee, "Erin Stone")):
        first, last = name.split()
        User.objects.filter(pk=person.pk).update(first_name=first, last_name=last)
    assert refusal(employee, collection).owners == ()
    set_steward(collection=collection, person=outsider, role="owner", user=None)
    set_steward(collection=collection, person=employee, role="editor", user=None)
    answer = ask(ASKED, user=employee, dependencies=dependencies_with())
    assert answer.owners == ("Ines Duarte",)
    assert answer_text(answer).endswith("You can ask Ines Duarte, who owns these documents.")
    client.force_login(employee)
    turn = services.start_turn(user=employee, question=ASKED)
    turn.answer, turn.state = answer.as_dict(), "answered"
    turn.save()
    page = client.get(reverse("chat:conversation", args=[turn.conversation.uid])).content.decode()
    assert "You can ask Ines Duarte, who owns these documents." in page
    User.objects.filter(pk=outsider.pk).update(is_active=False)
    assert ask(ASKED, user=employee, dependencies=dependencies_with()).owners == ()


@pytest.mark.django_db
def test_what_was_offered_goes_with_the_right_to_read_it(employee: User, collection: Collection, client: Client) -> None:
    add_document(collection, "hall.md", FAQ)
    turn = services.start_turn(user=employee, question=ASKED)
    given: dict[str, Any] = {
        "outcome": "refused",
        "instead": "The nearest passage is in “Hall”.",
        "choices": ["May I?"],
        "owners": ["Ines Duarte"],
        "sentences": [],
    }
    document = collection.documents.get()
    turn.answer = given | {"nearest": [{"document_uid": str(document.uid)}], "answer": ""}
    turn.save()
    employee.groups.clear()
    shown = readable_answer(turn, user=employee)
    assert (shown["instead"], shown["choices"], shown["owners"], shown["nearest"]) == ("", [], [], [])
