"""Due dates, and what is long overdue."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from reviews.desk.escalating import escalate_overdue
from reviews.desk.intake import take_in
from reviews.desk.judging import assign_case, review_case
from reviews.desk.queues import find_cases
from reviews.models import Case, DeskRules
from reviews.tasks import escalate

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(db: None) -> User:
    return User.objects.create_user(username="lea", email="lea@example.org", password="correct horse 7", role=User.Role.AUDITOR)


@pytest.fixture
def case(answered: Event, lead: User) -> Case:
    DeskRules.objects.create(pk=1, sample_percent=100, second_percent=100, due_days=5, escalate_days=2, escalate_to=lead)
    take_in()
    return Case.objects.get(event=answered)


def test_what_is_long_overdue_goes_to_whom_the_rules_name_once(case: Case, lead: User, settings) -> None:
    settings.MAIL = "smtp://mail.example"
    assert escalate_overdue(now=case.due_at + timedelta(days=2)) == 0  # to the second
    assert escalate_overdue(now=case.due_at + timedelta(days=2, seconds=1)) == 1
    case.refresh_from_db()
    assert case.assigned_to == lead
    assert case.escalated_at is not None
    event = Event.objects.get(action="review.escalated")
    assert (event.subject, event.payload.data["to"]) == (f"event:{case.event.uid}", str(lead.pk))
    (letter,) = mail.outbox
    assert letter.to == ["lea@example.org"]
    assert "1 review is overdue" in letter.body
    assert "?queue=mine" in letter.body
    assert escalate_overdue(now=case.due_at + timedelta(days=9)) == 0


def test_nobody_gets_their_own_question_and_it_is_marked_all_the_same(case: Case, lead: User) -> None:
    Case.objects.update(person_id=str(lead.pk))
    assert escalate_overdue(now=case.due_at + timedelta(days=3)) == 1
    case.refresh_from_db()
    assert case.assigned_to is None
    assert case.escalated_at is not None


def test_whoever_audits_no_more_gets_none(case: Case, lead: User) -> None:
    User.objects.filter(pk=lead.pk).update(role=User.Role.EMPLOYEE)
    assert escalate_overdue(now=case.due_at + timedelta(days=3)) == 1
    case.refresh_from_db()
    assert case.assigned_to is None


def test_without_a_rule_nothing_is_escalated(case: Case) -> None:
    DeskRules.objects.update(escalate_days=0)
    Case.objects.update(due_at=timezone.now() - timedelta(days=99))
    assert escalate() == 0
    DeskRules.objects.update(escalate_days=98)
    assert escalate() == 1


def test_a_second_review_is_due_anew(case: Case, auditor: User, lead: User) -> None:
    escalate_overdue(now=case.due_at + timedelta(days=3))
    Case.objects.update(due_at=timezone.now() - timedelta(days=9))
    review_case(case=case, by=auditor, verdict="wrong")
    case.refresh_from_db()
    assert (case.state, case.escalated_at, case.assigned_to) == ("second", None, None)
    assert timedelta(days=4) < case.due_at - timezone.now() <= timedelta(days=5)


def test_a_day_that_is_given_ends_with_it_and_ends_the_escalation(case: Case, auditor: User, lead: User, client: Client) -> None:
    escalate_overdue(now=case.due_at + timedelta(days=3))
    client.force_login(lead)
    day = timezone.localdate() + timedelta(days=1)
    client.post(f"/reviews/{case.event.uid}/assign/", {"to": auditor.pk, "due_on": day.isoformat()})
    case.refresh_from_db()
    assert (case.assigned_to, case.escalated_at) == (auditor, None)
    assert timezone.localtime(case.due_at).date() == day + timedelta(days=1)
    page = client.post(
        f"/reviews/{case.event.uid}/assign/", {"to": auditor.pk, "due_on": "2020-01-01"}, follow=True
    ).content.decode()
    assert "A review cannot be due on a day that is over." in page
    Case.objects.update(due_at=timezone.now() - timedelta(hours=1))
    assert list(find_cases(queue="overdue", filters={}, user=auditor)) == [case]
    assign_case(case=case, to=None, by=lead)
    case.refresh_from_db()
    assert case.assigned_to is None


def test_the_rules_name_auditors_alone(case: Case, client: Client, auditor: User, employee: User) -> None:
    client.force_login(auditor)
    given = {"sample_percent": 5, "second_percent": 10, "due_days": 5, "escalate_days": 3}
    assert client.post("/reviews/rules/", given | {"escalate_to": employee.pk}).status_code == 422
    assert client.post("/reviews/rules/", given | {"escalate_days": 999}).status_code == 422
    assert client.post("/reviews/rules/", given | {"escalate_to": auditor.pk}).status_code == 302
    rules = DeskRules.objects.get()
    assert (rules.escalate_days, rules.escalate_to) == (3, auditor)
    changed = Event.objects.get(action="review.rules_changed").payload.data
    assert (changed["from"]["escalate_days"], changed["to"]["escalate_to"]) == (2, str(auditor.pk))
