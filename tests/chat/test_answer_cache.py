"""What a model wrote is remembered for the same question over the same evidence, and for nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from audit.life.erasure import erase_payload
from audit.models import Event
from chat.flow.running import ask
from chat.flow.writing import cache as answer_cache
from chat.judge.calibration import shipped_calibration
from chat.models import WrittenAnswer
from chat.services import regenerate_turn
from chat.types import Answer, Outcome
from gateway.ports import GenerationOptions
from kb.models import Chunk, Collection, Document
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, dependencies_with
from tests.chat.test_answering import receipt_of, run, start

TRUE = f"{SIX_HOURS} [1]"


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


def asked(user: User, model: ScriptedModel, question: str = QUESTION, **dependencies: Any) -> Answer:
    return ask(question, user=user, dependencies=dependencies_with(model, **dependencies))


def test_the_same_question_is_answered_without_asking_the_model_again(employee: User, leave: Document) -> None:
    model = ScriptedModel(TRUE)
    first, second = asked(employee, model), asked(employee, model, f"  {QUESTION.upper()} ")
    assert len(model.prompts) == 1
    assert (first.as_dict()["cached"], second.as_dict()["cached"]) == (False, True)
    assert (second.text, second.citations) == (first.text, first.citations)
    assert second.receipt != first.receipt
    receipt = receipt_of(second)
    assert (receipt["model"]["written_for"], receipt["sentences"][0]["verdict"]) == (first.receipt, "supported")


def replace_document(leave: Document) -> None:
    Chunk.objects.filter(version=leave.current_version).update(text=LEAVE.replace("6 hours", "7 hours"), text_hash="f" * 64)


def add_another(leave: Document) -> None:
    add_document(leave.collection, "more.md", f"{SIX_HOURS} This holds in every office.")


def grant_another(leave: Document) -> None:
    other = Collection.objects.create(name="Other", slug="other")
    other.groups.set(leave.collection.groups.all())


def raise_threshold(leave: Document) -> None:
    Collection.objects.filter(pk=leave.collection_id).update(sufficiency_threshold=0.01)


@pytest.mark.parametrize("change", [replace_document, add_another, grant_another, raise_threshold])
def test_what_changes_the_evidence_the_scope_or_the_threshold_asks_again(
    employee: User, leave: Document, change: Callable[[Document], None]
) -> None:
    model = ScriptedModel(TRUE)
    asked(employee, model)
    change(leave)
    assert asked(employee, model).as_dict()["cached"] is False
    assert len(model.prompts) == 2


def test_a_deleted_document_and_a_revoked_right_give_no_old_answer(employee: User, leave: Document) -> None:
    model = ScriptedModel(TRUE)
    asked(employee, model)
    groups = list(leave.collection.groups.all())
    leave.collection.groups.clear()
    assert (asked(employee, model).outcome, asked(employee, model).text) == (Outcome.REFUSED, "")
    leave.collection.groups.set(groups)
    Document.objects.filter(pk=leave.pk).update(deleted_at=timezone.now())
    assert asked(employee, model).text == ""


def test_what_another_may_read_is_not_what_this_one_gets(employee: User, outsider: User, leave: Document) -> None:
    secret = Collection.objects.create(name="Secret", slug="secret")
    group = Group.objects.create(name="Secret")
    secret.groups.add(group)
    outsider.groups.add(group, *employee.groups.all())
    model = ScriptedModel(TRUE)
    asked(outsider, model)
    assert asked(employee, model).as_dict()["cached"] is False
    # What changes where the reader may not look changes nothing for them.
    add_document(secret, "secret.md", "Employees of the secret service earn nothing.")
    assert asked(employee, model).as_dict()["cached"] is True


def test_another_model_other_options_and_another_prompt_ask_again(
    employee: User, leave: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(employee, ScriptedModel(TRUE))
    other = ScriptedModel(TRUE)
    other.name = "other"
    assert asked(employee, other).as_dict()["cached"] is False
    longer = GenerationOptions(max_tokens=300, first_token_timeout_s=5, total_timeout_s=10)
    assert asked(employee, ScriptedModel(TRUE), options=longer).as_dict()["cached"] is False
    template = answer_cache.load_template("en")
    monkeypatch.setattr(answer_cache, "load_template", lambda _language, rules="": replace(template, digest="another"))
    assert asked(employee, ScriptedModel(TRUE)).as_dict()["cached"] is False


def test_another_verifier_and_another_calibration_ask_again(
    employee: User, leave: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(employee, ScriptedModel(TRUE))
    fitted = replace(shipped_calibration(), digest="another")
    assert asked(employee, ScriptedModel(TRUE), calibration=fitted).as_dict()["cached"] is False
    monkeypatch.setattr(answer_cache, "_verifier_digest", lambda: "another")
    assert asked(employee, ScriptedModel(TRUE)).as_dict()["cached"] is False


def test_asking_again_on_purpose_asks_the_model(employee: User, leave: Document) -> None:
    model = ScriptedModel(TRUE)
    turn = start(employee)
    run(turn, employee, model=model)
    turn.refresh_from_db()
    again = regenerate_turn(turn)
    assert run(again, employee, model=model).as_dict()["cached"] is False
    assert len(model.prompts) == 2


def test_what_was_cut_off_or_erased_or_is_old_is_not_remembered(employee: User, leave: Document) -> None:
    asked(employee, ScriptedModel(f"{TRUE} And then", finish="length"))
    assert not WrittenAnswer.objects.exists()
    first = asked(employee, ScriptedModel(TRUE))
    erase_payload(event=Event.objects.get(uid=first.receipt), reason="asked for")
    second = asked(employee, ScriptedModel(TRUE))
    assert second.as_dict()["cached"] is False
    WrittenAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert asked(employee, ScriptedModel(TRUE)).as_dict()["cached"] is False
    assert WrittenAnswer.objects.count() == 1


def test_it_can_be_switched_off(employee: User, leave: Document, settings: Any) -> None:
    settings.ANSWER_CACHE_HOURS = 0
    model = ScriptedModel(TRUE)
    asked(employee, model)
    assert asked(employee, model).as_dict()["cached"] is False
    assert not WrittenAnswer.objects.exists()


def test_a_remembered_sentence_is_verified_again(employee: User, leave: Document) -> None:
    """A false sentence that was withheld once is withheld when the text is remembered."""
    model = ScriptedModel(f"{SIX_HOURS.replace('6 hours', '9 hours')} [1] {TRUE}")
    first, second = asked(employee, model), asked(employee, model)
    assert second.as_dict()["cached"] is True
    assert (second.withheld, second.text) == (first.withheld, first.text) == (1, first.text)
