"""The form of a collection, as a browser sends it."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from kb.models import Collection

GIVEN = {"name": "Travel", "slug": "travel", "description": "", "suggested_questions": "", "vocabulary": ""}


@pytest.fixture
def admin(client: Client, knowledge_admin: User) -> Client:
    client.force_login(knowledge_admin)
    return client


@pytest.mark.parametrize(("given", "kept"), [("0.7", 0.7), ("", None), ("0", 0.0), ("1", 1.0)])
def test_a_collection_sets_how_certain_an_answer_must_be(admin: Client, given: str, kept: float | None) -> None:
    response = admin.post("/library/new/", {**GIVEN, "sufficiency_threshold": given})
    assert response.status_code == 302
    assert Collection.objects.get().sufficiency_threshold == kept


@pytest.mark.parametrize("given", ["1.2", "-0.1", "often", "nan"])
def test_what_is_no_probability_is_refused(admin: Client, given: str) -> None:
    response = admin.post("/library/new/", {**GIVEN, "sufficiency_threshold": given})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["sufficiency_threshold"])
    assert not Collection.objects.exists()


def test_the_form_shows_what_it_keeps_and_sends_it_back_unchanged(admin: Client, collection: Collection) -> None:
    fields: dict[str, Any] = {
        "name": "Travel",
        "description": "Two\r\nlines",
        "groups": [collection.groups.get().pk],
        "suggested_questions": "Who may fly?\r\n\r\nWho  pays?",
        "vocabulary": "PTO = paid time off\r\nWFH = work from home",
        "sufficiency_threshold": "0.7",
    }
    assert admin.post("/library/c/handbook/edit/", fields).status_code == 302
    collection.refresh_from_db()
    assert (collection.description, collection.suggested_questions) == ("Two\nlines", ["Who may fly?", "Who pays?"])
    assert collection.vocabulary == "PTO = paid time off\nWFH = work from home"
    initial = admin.get("/library/c/handbook/edit/").context["form"]
    sent = {name: initial[name].value() for name in fields}
    assert sent["suggested_questions"] == "Who may fly?\nWho pays?"
    assert admin.post("/library/c/handbook/edit/", sent | {"groups": fields["groups"]}).status_code == 302
    collection.refresh_from_db()
    assert (collection.vocabulary, collection.sufficiency_threshold) == ("PTO = paid time off\nWFH = work from home", 0.7)


def test_a_new_form_sent_as_it_comes_makes_a_collection_that_has_a_name_alone(admin: Client) -> None:
    form = admin.get("/library/new/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if name not in ("groups", "download_groups")}
    assert {name: value for name, value in sent.items() if value} == {"expired_documents": "left_out"}
    assert admin.post("/library/new/", sent | {"name": "采购制度"}).status_code == 302
    made = Collection.objects.get()
    assert (made.name, made.slug, made.suggested_questions, made.vocabulary) == ("采购制度", "cai-gou-zhi-du", [], "")
    assert made.sufficiency_threshold is None


def test_every_problem_is_reported_at_once_beside_its_field_and_what_was_typed_stays(admin: Client, collection: Collection) -> None:
    wrong = {"name": " ", "slug": "handbook", "description": "kept", "suggested_questions": "x" * 301, "sufficiency_threshold": "7"}
    response = admin.post("/library/new/", wrong)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "slug", "suggested_questions", "sufficiency_threshold"}
    assert "kept" in response.content.decode()
    assert Collection.objects.count() == 1
