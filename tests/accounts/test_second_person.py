"""Nobody makes or resets an auditor alone: one asks, another confirms."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.errors import AccountRefused
from accounts.models import PendingAct, User
from accounts.second_person import confirm_act, request_act
from accounts.services import change_account, create_account, reset_password
from accounts.sign_in.second_factors.holding import remove_factors
from audit.models import Event
from tests.confirmed import confirmed
from tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def second() -> User:
    return User.objects.create_user(username="nils", password="correct horse 7", role=User.Role.SYSTEM_ADMIN)


def browser(user: User):
    client = signed_in(user)
    confirmed(client)
    return client


def test_an_auditor_is_made_by_two(knowledge_admin: User, second: User, employee: User) -> None:
    first = browser(knowledge_admin)
    given = {"first_name": "Erin", "role": "auditor", "is_active": "on"}
    assert first.post(f"/people/{employee.pk}/", given).status_code == 302
    employee.refresh_from_db()
    assert (employee.first_name, employee.role) == ("Erin", "employee")  # the rest is done
    act = PendingAct.objects.get()
    page = first.get("/people/").content.decode()
    assert "Waiting for a second person" in page and f"/acts/{act.pk}/confirm/" not in page
    assert "Another person has to confirm this." in first.post(f"/people/acts/{act.pk}/confirm/", follow=True).content.decode()
    other = browser(second)
    assert f"/acts/{act.pk}/confirm/" in other.get("/people/").content.decode()
    other.post(f"/people/acts/{act.pk}/confirm/")
    employee.refresh_from_db()
    assert employee.role == "auditor"
    assert not PendingAct.objects.exists()
    events = [
        (event.action, event.actor_name) for event in Event.objects.filter(subject=f"user:{employee.pk}").order_by("sequence")
    ]
    assert events[-3:] == [("account.act_requested", "kim"), ("account.changed", "kim"), ("account.act_confirmed", "nils")]
    payload = json.loads(Event.objects.filter(action="account.act_confirmed").get().payload.body)["payload"]
    assert payload == {"kind": "auditor", "username": "erin", "asked_by": "kim"}


def test_a_new_account_begins_as_an_employee(knowledge_admin: User) -> None:
    assert browser(knowledge_admin).post("/people/new/", {"username": "nora", "role": "auditor"}).status_code == 201
    assert User.objects.get(username="nora").role == "employee"
    assert PendingAct.objects.get().kind == "auditor"


def test_an_auditor_is_reset_by_two_and_the_link_is_shown_then(knowledge_admin: User, second: User, auditor: User) -> None:
    first, before = browser(knowledge_admin), auditor.password
    assert first.post(f"/people/{auditor.pk}/password/").status_code == 302
    auditor.refresh_from_db()
    assert auditor.password == before
    page = browser(second).post(f"/people/acts/{PendingAct.objects.get().pk}/confirm/")
    auditor.refresh_from_db()
    assert page.status_code == 200 and not auditor.has_usable_password()
    assert "/accounts/" in page.content.decode()


def test_an_auditors_factors_go_by_two(knowledge_admin: User, second: User, auditor: User) -> None:
    Authenticator.objects.create(user=auditor, type="totp", data={"secret": ""})
    browser(knowledge_admin).post(f"/people/{auditor.pk}/second-factors/remove/")
    assert Authenticator.objects.exists()
    browser(second).post(f"/people/acts/{PendingAct.objects.get().pk}/confirm/")
    assert not Authenticator.objects.exists()


def test_no_service_does_it_alone(knowledge_admin: User, employee: User, auditor: User) -> None:
    for alone in (
        lambda: create_account(username="nora", role="auditor", actor=knowledge_admin),
        lambda: change_account(user=employee, role="auditor", actor=knowledge_admin, confirmed_by=knowledge_admin),
        lambda: change_account(user=auditor, email="mine@example.com", actor=knowledge_admin),
        lambda: reset_password(user=auditor, actor=knowledge_admin),
        lambda: remove_factors(user=auditor, actor=knowledge_admin, confirmed_by=knowledge_admin),
    ):
        with pytest.raises(AccountRefused) as refused:
            alone()
        assert refused.value.code == "second_person"
    assert not Event.objects.exists()


def test_what_lapsed_was_withdrawn_or_is_asked_by_an_admin_no_more_is_not_done(
    knowledge_admin: User, second: User, employee: User
) -> None:
    act = request_act(kind="auditor", user=employee, actor=knowledge_admin)
    PendingAct.objects.update(asked_at=timezone.now() - timedelta(days=8))
    with pytest.raises(AccountRefused, match="no longer pending"):
        confirm_act(pk=act.pk, actor=second)
    act = request_act(kind="auditor", user=employee, actor=knowledge_admin)  # asked again
    User.objects.filter(pk=knowledge_admin.pk).update(role="employee")
    with pytest.raises(AccountRefused, match="is no longer an admin"):
        confirm_act(pk=act.pk, actor=second)
    browser(second).post(f"/people/acts/{act.pk}/withdraw/")
    assert not PendingAct.objects.exists()
    assert User.objects.get(pk=employee.pk).role == "employee"


def test_nobody_confirms_what_is_about_themselves(knowledge_admin: User, second: User) -> None:
    act = request_act(kind="auditor", user=second, actor=knowledge_admin)
    with pytest.raises(AccountRefused, match="Another person"):
        confirm_act(pk=act.pk, actor=second)
    with pytest.raises(AccountRefused, match="Only another admin"):
        request_act(kind="auditor", user=second, actor=second)


def test_where_there_is_one_admin_whoever_runs_the_machine_is_the_second(knowledge_admin: User, employee: User) -> None:
    act = request_act(kind="auditor", user=employee, actor=knowledge_admin)
    told = StringIO()
    call_command("confirm_act", stdout=told)
    call_command("confirm_act", str(act.pk), stdout=told)
    assert told.getvalue().count("erin") == 2
    assert User.objects.get(pk=employee.pk).role == "auditor"
    with pytest.raises(CommandError, match="no longer pending"):
        call_command("confirm_act", str(act.pk))
