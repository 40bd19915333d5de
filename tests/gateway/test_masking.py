"""Personal data in what leaves: found by kind, the same placeholder for the same value, put back while the answer streams."""

import json
from collections import Counter
from typing import Any

import pytest

from accounts.models import User
from audit.models import Event
from chat.errors import ChatError
from chat.flow.running import ask
from gateway.layers.masked import MaskedModel
from gateway.masking.detect import find_personal_data
from gateway.masking.mask import Mask, Revealer
from gateway.masking.numbers import is_iban, is_luhn, is_resident_number
from kb.models import Collection
from tests.chat.library import ScriptedModel, add_document, dependencies_with
from tests.gateway.fake_server import FakeServer
from tests.gateway.masking_cases import CASES, CLEAN, HELD_OUT, SECOND
from tests.gateway.served_models import dependencies_over_rows, lay_route, serve


def kinds_of(text: str) -> list[tuple[str, str]]:
    return [(str(found.kind), text[found.start : found.end]) for found in find_personal_data(text)]


@pytest.mark.parametrize(("number", "is_valid"), [("11010519491231002X", True), ("110105194912310021", False)])
def test_resident_numbers_have_a_check_digit(number: str, is_valid: bool) -> None:
    assert is_resident_number(number) is is_valid


def test_card_and_account_numbers_have_check_digits() -> None:
    assert is_luhn("4111111111111111")
    assert not is_luhn("4111111111111112")
    assert is_iban("DE89 3704 0044 0532 0130 00")
    assert not is_iban("DE89 3704 0044 0532 0130 01")


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_each_kind_is_found(text: str, wanted: list[tuple[str, str]]) -> None:
    assert kinds_of(text) == wanted


@pytest.mark.parametrize("text", CLEAN)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert kinds_of(text) == []


def test_the_same_value_has_the_same_placeholder_in_every_text() -> None:
    mask = Mask()
    hidden = mask.hide(["Who is John Smith?", "John Smith (john@acme.com) and Mary Jones.", "Smith asked."])
    assert hidden[0] == "Who is <PERSON_1>?"
    assert hidden[1].startswith("<PERSON_1> (<EMAIL_1>) and <PERSON_")
    assert "Smith" not in " ".join(hidden)
    assert [mask.reveal(text) for text in hidden] == [
        "Who is John Smith?",
        "John Smith (john@acme.com) and Mary Jones.",
        "Smith asked.",
    ]
    assert mask.counts() == {"EMAIL": 1, "PERSON": 3}


def test_a_placeholder_that_was_never_given_stays() -> None:
    assert Mask().reveal("Ask <PERSON_7> or PHONE_2.") == "Ask <PERSON_7> or PHONE_2."


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
def test_a_placeholder_may_be_cut_anywhere_by_the_stream(size: int) -> None:
    mask = Mask()
    text = "张伟 and John Smith (john@acme.com, 13812345678) earn IDs < 5 PERSONS. PERSON X <b> THE END"
    (hidden,) = mask.hide([text])
    assert hidden.count("<") == 6
    revealer = Revealer(mask)
    pieces = [hidden[start : start + size] for start in range(0, len(hidden), size)]
    assert "".join(map(revealer.feed, pieces)) + revealer.flush() == text


def test_a_model_that_drops_the_brackets_is_understood() -> None:
    mask = Mask()
    mask.hide(["Contact: John Smith, 13812345678"])
    assert mask.reveal("PERSON_1 has PHONE_1.") == "John Smith has 13812345678."


def test_ten_people_do_not_become_one_and_a_nought() -> None:
    mask = Mask()
    people = [f"Contact: Anna {letter}stone" for letter in ("Ab", "Be", "Ce", "De", "Ef", "Fe", "Ge", "He", "In", "Jo", "Ke")]
    hidden = mask.hide(people)
    revealer = Revealer(mask)
    assert "".join(revealer.feed(mark) for mark in "\n".join(hidden)) + revealer.flush() == "\n".join(people)


def test_nothing_personal_leaves_for_an_external_model_and_the_receipt_says_so(
    employee: User, collection: Collection, fake_server: FakeServer
) -> None:
    collection.sufficiency_threshold = 0.0
    collection.save()
    fact = "Travel requests of Mary Jones are approved by John Smith, telephone (202) 555-0143."
    add_document(collection, "travel.md", fact)
    lay_route(serve(fake_server, "choppy", is_external=True))
    fake_server.text = "Travel requests of <PERSON_4> are approved by <PERSON_1>, telephone <PHONE_1>. [1]"
    question = "Who approves travel requests of Mary Jones?"
    fake_server.answer_with = lambda body: answer_in_its_words(body, fact)
    answer = ask(question, user=employee, dependencies=dependencies_over_rows())
    assert answer.text == f"{fact}[1]"
    sent = json.dumps(fake_server.requests[0]["messages"])
    for secret in ("Smith", "Jones", "555-0143"):
        assert secret not in sent
    body = Event.objects.get(uid=answer.receipt).payload.body
    (attempt,) = json.loads(body)["payload"]["model"]["attempts"]
    assert attempt["masking"]["hidden"] == {"PERSON": 2, "PHONE": 1}
    assert len(attempt["masking"]["sent_sha256"]) == 64
    assert "Smith" not in json.dumps(attempt)


def answer_in_its_words(body: dict[str, Any], fact: str) -> str:
    """Repeat the evidence as the model has it before it: with placeholders."""
    source = body["messages"][1]["content"].split("\n")[1]
    assert source != fact
    return f"{source} [1]"


def test_a_model_inside_the_company_gets_everything_unmasked(
    employee: User, collection: Collection, fake_server: FakeServer
) -> None:
    collection.sufficiency_threshold = 0.0
    collection.save()
    add_document(collection, "travel.md", "Travel requests are approved by John Smith.")
    serve(fake_server)
    ask("Who approves travel requests?", user=employee, dependencies=dependencies_over_rows())
    assert "John Smith" in fake_server.requests[0]["messages"][1]["content"]


def test_where_masking_fails_nothing_leaves(employee: User, collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ScriptedModel("Six.")

    def fail(_texts: object) -> list[str]:
        raise RuntimeError("broken")

    masked = MaskedModel(model)
    monkeypatch.setattr(masked._mask, "hide", fail)
    collection.sufficiency_threshold = 0.0
    collection.save()
    add_document(collection, "leave.md", "Annual leave is six hours.")
    with pytest.raises(ChatError) as failed:
        ask("How many hours of annual leave?", user=employee, dependencies=dependencies_with(masked))
    assert str(failed.value.__cause__) == "broken"
    assert model.prompts == []


def test_precision_and_recall_on_the_made_set() -> None:
    """Each found or wanted value counts, by kind and exact words; docs/quality.md has the figures."""
    right, found_count, wanted_count = 0, 0, 0
    for text, wanted in [*CASES, *SECOND, *HELD_OUT, *((text, []) for text in CLEAN)]:
        found = Counter(kinds_of(text))
        right += (found & Counter(wanted)).total()
        found_count += found.total()
        wanted_count += len(wanted)
    assert wanted_count == 134
    assert right / found_count >= 0.98
    assert right / wanted_count >= 0.93
