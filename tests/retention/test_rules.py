"""Retention rules: seen before they count, applied once a day, by the longest period of what something belongs to."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actor import actor_of
from audit.chain.verification import verify_chain
from audit.models import Event
from audit.services import record
from chat.models import Conversation
from kb.models import Collection, Document
from retention.errors import RetentionRefused
from retention.holding.naming import find_things
from retention.holding.services import place_hold
from retention.models import RetentionRule, RetentionRun
from retention.rules.applying import apply_rules, apply_when_due
from retention.rules.changing import set_rule, switch_rule
from retention.rules.periods import Periods
from retention.rules.preview import preview
from retention.tasks import apply
from reviews.desk.intake import take_in
from reviews.models import Case, Review
from tests.retention.conftest import ask

pytestmark = pytest.mark.django_db


def later(days: int):
    return timezone.now() + timedelta(days=days)


def on(kind: str, days: int | None, collection: Collection | None = None) -> RetentionRule:
    rule = set_rule(kind=kind, collection=collection, days=days, by=None)
    return switch_rule(rule, is_on=True, seen_days=days, by=None)


def content(receipt: str) -> str:
    return Event.objects.get(uid=receipt).payload.body


def test_what_belongs_to_several_collections_is_kept_as_long_as_one_of_them_keeps_it() -> None:
    periods = Periods(general=30, own={1: 90, 2: None, 3: 10})
    assert [periods.days_for(frozenset(keys)) for keys in ((), (7,), (3,), (1, 3), (3, 7), (1, 2))] == [30, 30, 10, 90, 30, None]
    assert Periods(own={1: 90}).days_for(frozenset({1, 7})) is None  # the other collection has no rule
    assert (Periods(own={1: None}).shortest, periods.shortest) == (None, 10)


def test_a_rule_is_seen_before_it_counts(desk: Client, employee: User) -> None:
    turn = ask(employee)
    response = desk.post("/retention/rules/new/", {"kind": "questions", "days": "30"}, follow=True)
    assert "0 entries are older" in response.content.decode()
    rule = RetentionRule.objects.get()
    assert not rule.is_on
    assert apply_rules(now=later(31)).counts == {}
    found = preview("questions", draft=rule, now=later(31))
    assert (found.due, found.held, [example.words for example in found.examples]) == (1, 0, ["How long is burrow leave?"])
    assert preview("questions", now=later(31)).due == 0  # it is off
    set_rule(kind="questions", collection=None, days=20, by=None)
    response = desk.post(f"/retention/rules/{rule.pk}/", {"action": "on", "days": "30"})  # what it said on the page
    assert response.status_code == 422
    assert "changed in the meantime" in response.content.decode()
    assert desk.post(f"/retention/rules/{rule.pk}/", {"action": "on", "days": "20"}).status_code == 302
    assert content(turn.receipt)
    assert "Questions and answers" in desk.get("/retention/").content.decode()
    assert desk.post(f"/retention/rules/{rule.pk}/", {"action": "remove"}).status_code == 302
    assert list(Event.objects.filter(action__startswith="retention.").order_by("sequence").values_list("action", flat=True)) == [
        "retention.changed",
        "retention.changed",
        "retention.switched_on",
        "retention.removed",
    ]


@pytest.mark.parametrize("values", [{"kind": "moods", "days": 3}, {"days": 0}, {"days": 36_501}, {"days": None}])
def test_a_rule_that_makes_no_sense_is_refused(values: dict) -> None:
    with pytest.raises(RetentionRefused):
        set_rule(**{"kind": "questions", "collection": None, "by": None} | values)
    assert not RetentionRule.objects.exists()


def test_questions_go_with_what_reviewers_wrote_and_the_chain_verifies(
    employee: User, auditor: User, collection: Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    old = ask(employee)
    take_in()
    case = Case.objects.get()
    Review.objects.create(case=case, number=1, by=auditor, verdict="wrong", comment="She asked about her leave.")
    other = Collection.objects.create(name="Fleet", slug="fleet")
    on("questions", 30)
    on("questions", None, other)
    call_command("apply_retention", "--dry-run")
    assert "Questions and answers: 0 would go, 0 are kept" in capsys.readouterr().out
    assert apply_rules(now=later(29)).counts == {}
    case.collections.create(slug="fleet")
    assert apply_rules(now=later(31)).counts == {}  # it is of Fleet, too, which keeps without end
    case.collections.filter(slug="fleet").delete()
    assert apply_rules(now=later(31)).counts == {"questions": 1}
    assert content(old.receipt) == ""
    event = Event.objects.get(uid=old.receipt)
    assert (event.summary, event.actor_name, event.facts.count()) == ("", "", 0)
    review = Review.objects.get()
    assert (review.verdict, review.comment) == ("wrong", "")
    assert Event.objects.get(action="retention.applied").payload.data == {"questions": 1}
    assert (verify_chain().is_intact, verify_chain().erased) == (True, 1)
    assert apply_rules(now=later(31)).counts == {}


def test_views_of_a_collection_go_by_its_own_rule(employee: User, collection: Collection) -> None:
    document = Document.objects.create(collection=collection, name="a.pdf", title="A")
    for uid in (document.uid, "33333333-3333-4333-8333-333333333333"):
        record("source.viewed", by=actor_of(employee), summary="A v1, page 1", payload={"document": "a.pdf", "document_uid": uid})
    on("views", 10, collection)
    found = preview("views", now=later(11))
    assert (found.due, found.held) == (1, 0)
    assert apply_rules(now=later(11)).counts == {"views": 1}
    assert Event.objects.filter(action="source.viewed", payload__erased_at=None).count() == 1


def test_conversations_go_and_what_is_held_stays(employee: User, teammate: User) -> None:
    kept, gone = ask(teammate), ask(employee)
    place_hold(name="Smith", reason="", things=find_things(conversations=kept.receipt), by=None)
    on("conversations", 30)
    on("questions", 30)
    found = preview("conversations", now=later(31))
    assert (found.due, found.held) == (1, 1)
    assert preview("questions", now=later(31)).held == 1
    assert apply_rules(now=later(31)).counts == {"questions": 1, "conversations": 1}
    assert Conversation.objects.get() == kept.conversation
    assert content(kept.receipt)
    assert not content(gone.receipt)


def test_programs_of_auditors_see_rules_holds_and_what_is_held(desk: Client, employee: User, collection: Collection) -> None:
    ask(employee)
    Conversation.objects.update(updated_at=later(-40))
    on("conversations", 30)
    set_rule(kind="views", collection=collection, days=None, by=None)
    place_hold(name="Smith", reason="", things=find_things(people="erin"), by=None)
    rules = desk.get("/api/v1/retention/rules").json()
    assert [(rule["kind"], rule["collection"], rule["days"], rule["is_on"]) for rule in rules] == [
        ("conversations", None, 30, True),
        ("views", "handbook", None, False),
    ]
    seen = desk.get("/api/v1/retention/preview").json()
    assert (seen["conversations"], seen["views"]) == ({"due": 0, "held": 1}, {"due": 0, "held": 0})
    [hold] = desk.get("/api/v1/retention/holds").json()
    assert (hold["name"], hold["things"][0]["label"], hold["released_at"]) == ("Smith", "erin", None)
    assert desk.get("/api/v1/retention/erasures").json() == desk.get("/api/v1/retention/purges").json() == []


def test_the_worker_applies_them_once_a_day(employee: User, settings) -> None:
    settings.RETENTION_HOUR = 3
    ask(employee)
    assert not apply()  # no rule is on
    on("questions", 30)
    assert apply_when_due(now=later(31))
    assert Event.objects.filter(action="audit.erased").count() == 1
    assert not apply_when_due(now=later(31))
    assert apply_when_due(now=later(33))
    RetentionRun.objects.update(leased_until=later(36))
    assert not apply_when_due(now=later(35))  # another worker is at it
