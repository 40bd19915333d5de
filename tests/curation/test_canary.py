"""The canary: runs after changes and at night, and a threshold that counts when nothing gets worse by it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from audit.services import record
from curation.canary.holding import finish_run, prepare_run, set_rules
from curation.canary.models import CanaryState, CanaryWatch, HeldChange
from curation.canary.watching import watch
from curation.golden.models import GoldenRun
from curation.golden.running import work_on_runs
from ingest.documents.deletion import delete_document
from kb.models import Collection, Document
from kb.services import change_collection
from tests.chat.library import QUESTION, dependencies_with
from tests.curation.conftest import SignIn
from tests.curation.test_golden import SIX, golden, run_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def watched(settings, collection: Collection) -> datetime:
    """The audit was read up to now. Returns: a moment."""
    settings.CANARY_HOUR = -1
    assert watch() == []
    return timezone.now()


def work() -> None:
    work_on_runs(slice_s=60, compose=dependencies_with, prepare=prepare_run, finished=finish_run)


def test_changes_are_noted_by_their_collection_and_asked_about_once_it_is_quiet(
    watched: datetime, collection: Collection, leave: Document, knowledge_admin: User
) -> None:
    golden(collection, facts=SIX)
    other = Collection.objects.create(name="Other", slug="other")
    golden(other, is_refusal=True)
    record("document.indexed", subject=f"document:{leave.uid}", payload={"version": 1})
    change_collection(collection=collection, user=None, vocabulary="PTO = paid time off", description="New")
    assert watch(now=watched) == []  # not quiet yet
    assert CanaryState.objects.get().changes == ["documents", "words"]
    (run,) = watch(now=watched + timedelta(seconds=61))
    assert (run.collection, run.cause, run.changes) == (collection, "changed", ["documents", "words"])
    assert watch(now=watched + timedelta(hours=1)) == []
    record("index.swapped", payload={})
    CanaryWatch.objects.update(installed=CanaryWatch.objects.get().installed | {"prompt": "another"})
    runs = watch(now=watched + timedelta(minutes=1)) or watch(now=watched + timedelta(hours=1))
    assert {row.collection.slug: row.changes for row in runs} == {
        "handbook": ["documents", "encoder", "prompt", "words"],  # it joined the run that waits
        "other": ["encoder", "prompt"],
    }


def test_each_night_asks_once(watched: datetime, settings, collection: Collection, leave: Document) -> None:
    golden(collection, facts=SIX)
    settings.CANARY_HOUR = 0
    assert [run.cause for run in watch()] == ["nightly"]
    assert watch() == []


@pytest.fixture
def held(collection: Collection, leave: Document, owner: User) -> Collection:
    """A collection whose threshold is held, after a run that passed."""
    golden(collection, facts=SIX)
    run_all(collection)
    set_rules(collection=collection, holds_threshold=True, user=owner)
    return collection


def test_a_threshold_counts_when_nothing_gets_worse(held: Collection, owner: User) -> None:
    saved = change_collection(collection=held, user=owner, sufficiency_threshold=0.01, description="Said")
    assert (saved.sufficiency_threshold, saved.description) == (None, "Said")
    assert HeldChange.objects.get().state == "testing"
    work()
    held.refresh_from_db()
    assert held.sufficiency_threshold == 0.01
    assert HeldChange.objects.get().state == "applied"
    actions = list(Event.objects.filter(action__startswith="change.").order_by("sequence").values_list("action", flat=True))
    assert actions == ["change.held", "change.applied"]


def test_a_threshold_that_refuses_what_passed_is_held_back_until_an_owner_decides(
    held: Collection, owner: User, employee: User, sign_in: SignIn
) -> None:
    client = sign_in(owner)
    form = {"description": "", "suggested_questions": "", "vocabulary": "", "sufficiency_threshold": "1", "name": "Handbook"}
    page = client.post("/library/c/handbook/edit/", form, follow=True).content.decode()
    assert "tried on the golden questions first" in page
    work()
    held.refresh_from_db()
    assert held.sufficiency_threshold is None
    change = HeldChange.objects.get()
    assert change.state == "failed"
    shown = client.get("/curation/c/handbook/canary/").content.decode()
    assert "Questions that passed before fail with this change" in shown
    run = change.runs.get()
    assert "No longer passes" in client.get(f"/curation/runs/{run.uid}/").content.decode()
    assert GoldenRun.objects.exclude(cause="held").latest("pk").is_green  # what counts is as it was
    assert sign_in(employee).post(f"/curation/held/{change.uid}/apply/", {"reason": "x"}).status_code == 404
    client.post(f"/curation/held/{change.uid}/apply/", {"reason": ""})
    assert HeldChange.objects.get().state == "failed"
    client.post(f"/curation/held/{change.uid}/apply/", {"reason": "The law wants it."})
    held.refresh_from_db()
    assert held.sufficiency_threshold == 1
    assert Event.objects.get(action="change.applied").payload.data["reason"] == "The law wants it."


def test_whoever_lost_the_right_meanwhile_changes_nothing(held: Collection, owner: User) -> None:
    change_collection(collection=held, user=owner, sufficiency_threshold=0.01)
    held.stewards.all().delete()
    work()
    held.refresh_from_db()
    assert (held.sufficiency_threshold, HeldChange.objects.get().state) == (None, "withdrawn")


def test_the_page_shows_runs_by_question_and_as_csv(
    held: Collection, owner: User, sign_in: SignIn, leave: Document, knowledge_admin: User
) -> None:
    delete_document(leave, user=knowledge_admin, should_notify=False)
    run_all(held)
    client = sign_in(owner)
    page = client.get("/curation/c/handbook/canary/")
    (row, verdicts) = page.context["rows"][0]
    assert (row.question, verdicts, row.moved) == (QUESTION, ("passed", "failed"), True)
    table = client.get("/curation/c/handbook/canary/runs.csv").content.decode("utf-8-sig")
    assert table.splitlines()[1] == f"{QUESTION},passed,failed"
    rest = client.get("/api/v1/golden/canary/handbook").json()
    assert (rest["holds_threshold"], rest["held"]) == (True, [])
