"""A person's data: a copy of it, and its erasure, after which hashes are left, and proof of who ordered it."""

import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from audit.actor import actor_of
from audit.chain.verification import verify_chain
from audit.models import Event, Fact, Payload
from audit.services import record
from chat.models import Conversation, Feedback
from retention.errors import RetentionRefused
from retention.holding.naming import find_things
from retention.holding.services import place_hold
from retention.models import Erasure
from retention.people.erasing import order_erasure, run_erasures
from retention.tasks import erase
from reviews.desk.intake import take_in
from reviews.desk.judging import review_case
from reviews.models import Case, Review
from tests.retention.conftest import ask

pytestmark = pytest.mark.django_db
QUESTION = "Does Erin's pregnancy change her burrow leave?"


def everything_stored() -> str:
    """All that the audit and conversations hold in words."""
    events = Event.objects.values_list("actor_name", "summary")
    return json.dumps(
        [*Payload.objects.values_list("body", flat=True), *map(list, events), *Fact.objects.values_list("value", flat=True)]
    ) + json.dumps(list(Conversation.objects.values_list("title", "turns__question")))


def test_an_auditor_orders_an_erasure_and_a_worker_carries_it_out(
    desk: Client, employee: User, teammate: User, auditor: User
) -> None:
    mine, other = ask(employee, QUESTION), ask(teammate, "How many wombats?")
    record(
        "account.changed",
        by=actor_of(auditor),
        subject=f"user:{employee.pk}",
        summary="erin",
        payload={"email": "erin@example.com"},
    )
    Feedback.objects.create(receipt=mine.receipt, user=employee, rating="unhelpful", comment="I am pregnant.")
    take_in()
    case = Case.objects.get(event__uid=mine.receipt)
    review_case(case=case, by=auditor, verdict="wrong", comment="Her pregnancy is not in the sources.")
    before = list(Event.objects.order_by("sequence").values_list("hash", flat=True))

    page = desk.get("/retention/people/?person=erin", follow=True)
    assert page.status_code == 200
    assert "Questions with their answers" in page.content.decode()
    address = f"/retention/people/{employee.pk}/"
    given = {"reason": "Request of 3 May", "confirmation": "tao", "with_account": "on"}
    assert "exactly as shown" in desk.post(address, given).content.decode()
    given["confirmation"] = "erin"
    assert "name out of it" in desk.post(address, given | {"reason": "Erin asked"}).content.decode()
    assert desk.post(address, given).status_code == 302
    assert run_erasures(slice_s=0) == 0  # no time: what is left is done in the next slice
    assert erase() == 1

    found = verify_chain()
    assert found.is_intact, found.problems
    assert list(Event.objects.order_by("sequence").values_list("hash", flat=True))[: len(before)] == before
    stored = everything_stored()
    assert "pregnan" not in stored
    assert "erin" not in stored.casefold()
    assert "How many wombats?" in stored
    employee.refresh_from_db()
    assert (employee.username, employee.email, employee.is_active, employee.has_usable_password()) == (
        f"erased-{employee.pk}",
        "",
        False,
        False,
    )
    assert (Conversation.objects.get(), Feedback.objects.count(), Review.objects.get().comment) == (other.conversation, 0, "")
    erasure = Erasure.objects.get()
    assert (erasure.state, erasure.conversations, erasure.reviews, erasure.ordered_by) == ("done", 1, 1, "ada")
    ordered = Event.objects.get(action="person.erasure_ordered")
    assert (ordered.actor_name, ordered.payload.data["ordered_by"]) == ("ada", {"id": str(auditor.pk)})
    done = Event.objects.get(action="person.erased")
    assert done.payload.data["events"] == erasure.events == Payload.objects.exclude(erased_at=None).count() >= 3
    assert "Request of 3 May" in desk.get("/retention/people/").content.decode()
    assert erase() == 0


def test_without_the_account_the_person_goes_on(employee: User, client: Client) -> None:
    ask(employee, QUESTION)
    order_erasure(person=employee, reason="Request", confirmation="erin", with_account=False, by=None)
    later = ask(employee, "And parking?")
    assert erase() == 1
    employee.refresh_from_db()
    assert (employee.username, employee.is_active) == ("erin", True)
    assert "pregnancy" not in everything_stored()
    assert Event.objects.get(uid=later.receipt).payload.body
    assert Conversation.objects.get() == later.conversation


def test_a_hold_on_a_conversation_keeps_its_part(employee: User) -> None:
    kept = ask(employee, "About the contract?")
    ask(employee, QUESTION)
    place_hold(name="Smith", reason="", things=find_things(conversations=kept.receipt), by=None)
    order_erasure(person=employee, reason="Request", confirmation="erin", by=None)
    assert erase() == 1
    erasure = Erasure.objects.get()
    assert (erasure.state, erasure.held, erasure.conversations) == ("held", 2, 1)
    assert Event.objects.get(uid=kept.receipt).payload.data["question"] == "About the contract?"
    assert "pregnancy" not in everything_stored()


def test_held_people_and_offices_are_not_erased(employee: User, knowledge_admin: User) -> None:
    with pytest.raises(RetentionRefused, match="employee first"):
        order_erasure(person=knowledge_admin, reason="Request", confirmation="kim", by=None)
    place_hold(name="Smith", reason="", things=find_things(people="erin"), by=None)
    with pytest.raises(RetentionRefused, match="legal hold"):
        order_erasure(person=employee, reason="Request", confirmation="erin", by=None)
    assert not Erasure.objects.exists()


def test_a_copy_holds_what_the_person_asked_and_was_answered(desk: Client, employee: User, teammate: User) -> None:
    ask(employee, QUESTION)
    ask(teammate, "How many wombats?")
    response = desk.get(f"/retention/people/{employee.pk}/data.zip")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    [line] = files["questions.jsonl"].splitlines()
    asked = json.loads(line)
    assert asked["question"] == QUESTION
    assert asked["documents"] == ["11111111-1111-4111-8111-111111111111"]
    assert "pay period" not in line  # a passage of a document
    [conversation] = json.loads(files["conversations.json"])
    assert conversation["turns"][0]["answer"] == "Nine days."
    assert json.loads(files["account.json"])["username"] == "erin"
    assert (json.loads(files["uploads.json"]), json.loads(files["feedback.json"])) == ([], [])
    assert "wombats" not in "".join(files.values())
    assert Event.objects.get(action="person.exported").subject == f"user:{employee.pk}"


def test_the_command_exports_and_erases_to_the_end(employee: User, tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    ask(employee, QUESTION)
    copy = tmp_path / "erin.zip"
    with pytest.raises(CommandError, match="exactly as shown"):
        call_command("erase_person", "erin", "--reason", "Request")
    call_command("erase_person", "erin", "--reason", "Request", "--confirm", "erin", "--export", str(copy))
    assert "1 conversations" in capsys.readouterr().out
    assert zipfile.ZipFile(copy).testzip() is None
    assert "pregnancy" not in everything_stored()
    with pytest.raises(CommandError, match="no person"):
        call_command("erase_person", "erin", "--reason", "Request")
