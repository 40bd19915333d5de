"""Accounts and groups: what changes, what is refused, and that each change is on record."""

import pytest
from django.contrib.auth.models import Group

from accounts.errors import AccountRefused
from accounts.models import User
from accounts.passwords import LETTERS, generate_password
from accounts.services import change_account, create_account, create_group, delete_group, rename_group, reset_password, set_password
from audit.models import Event, Payload

pytestmark = pytest.mark.django_db


def last_event() -> tuple[str, dict]:
    event = Event.objects.first()
    return event.action, Payload.objects.get(event=event).data


def test_a_new_account_has_its_role_and_groups_and_no_password_yet(group: Group, knowledge_admin: User, outsider: User) -> None:
    given = {"groups": [group], "email": "nora@example.com", "confirmed_by": outsider}
    nora = create_account(username=" nora ", role="auditor", actor=knowledge_admin, **given)
    assert not nora.has_usable_password()
    assert (nora.username, nora.role, list(nora.groups.all())) == ("nora", "auditor", [group])
    action, data = last_event()
    assert action == "account.created"
    assert (data["username"], data["role"], data["groups"]) == ("nora", "auditor", ["People team"])
    assert (Event.objects.get().actor_name, Event.objects.get().subject) == ("kim", f"user:{nora.pk}")


@pytest.mark.parametrize(
    "fields",
    [
        {"username": ""},
        {"username": "two words"},
        {"username": "ERIN"},
        {"username": "Erin@Example.com"},
        {"username": "new", "email": "ERIN@example.com"},
        {"username": "new", "email": "erin"},
        {"username": "new", "role": "king"},
        {"username": "new", "password": "short"},
        {"username": "new", "password": "password123"},
    ],
)
def test_it_refuses_a_bad_account_and_leaves_nothing_behind(employee: User, fields: dict) -> None:
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    with pytest.raises(AccountRefused) as refused:
        create_account(**fields)
    assert refused.value.code == "account_invalid"
    assert refused.value.message
    assert User.objects.count() == 1
    assert not Event.objects.exists()


def test_a_change_records_what_differs_and_only_that(employee: User, knowledge_admin: User, outsider: User) -> None:
    legal = Group.objects.create(name="Legal")
    change_account(user=employee, actor=knowledge_admin, role="auditor", groups=[legal], first_name="", confirmed_by=outsider)
    employee.refresh_from_db()
    assert (employee.role, list(employee.groups.all())) == ("auditor", [legal])
    assert last_event() == (
        "account.changed",
        {
            "username": "erin",
            "changed": {"role": {"from": "employee", "to": "auditor"}, "groups": {"from": ["People team"], "to": ["Legal"]}},
        },
    )
    change_account(user=employee, actor=knowledge_admin, role="auditor", groups=[legal])
    assert Event.objects.count() == 1


@pytest.mark.parametrize("change", [{"role": "employee"}, {"is_active": False}])
def test_nobody_takes_away_their_own_charge(knowledge_admin: User, change: dict) -> None:
    create_account(username="second", role="knowledge_admin")
    with pytest.raises(AccountRefused) as refused:
        change_account(user=knowledge_admin, actor=knowledge_admin, **change)
    assert refused.value.code == "own_account"
    knowledge_admin.refresh_from_db()
    assert knowledge_admin.is_knowledge_admin


@pytest.mark.parametrize("change", [{"role": "employee"}, {"is_active": False}])
def test_the_last_active_knowledge_admin_stays(knowledge_admin: User, change: dict) -> None:
    create_account(username="gone", role="knowledge_admin")
    change_account(user=User.objects.get(username="gone"), actor=None, is_active=False)
    with pytest.raises(AccountRefused) as refused:
        change_account(user=knowledge_admin, actor=None, **change)
    assert refused.value.code == "last_admin"
    change_account(user=User.objects.get(username="gone"), actor=None, is_active=True)
    change_account(user=knowledge_admin, actor=None, **change)
    knowledge_admin.refresh_from_db()
    assert not knowledge_admin.is_knowledge_admin


def test_a_generated_password_is_read_aloud_and_typed_without_mistakes() -> None:
    password = generate_password()
    assert len(password) == 19
    assert set(password) <= set(LETTERS + "-")
    assert password != generate_password()


def test_a_given_password_is_no_told_one_unless_said(employee: User) -> None:
    assert not create_account(username="nora", password="battery staple 9").must_change_password
    told = create_account(username="otto", password="battery staple 9", is_told=True)
    assert told.must_change_password
    assert not set_password(user=told, password="another staple 9", actor=told).must_change_password
    assert Payload.objects.filter(body__contains="staple").count() == 0


def test_a_reset_password_is_useless_and_the_reset_on_record(employee: User, knowledge_admin: User) -> None:
    reset_password(user=employee, actor=knowledge_admin)
    employee.refresh_from_db()
    assert not employee.has_usable_password()
    assert not employee.check_password("correct horse 7")
    assert last_event() == ("account.changed", {"username": "erin", "changed": {"password": "reset"}})


def test_groups_are_made_renamed_and_deleted_on_record(employee: User, group: Group, knowledge_admin: User) -> None:
    legal = create_group(name="  Legal   team ", actor=knowledge_admin)
    assert legal.name == "Legal team"
    assert last_event() == ("group.created", {"name": "Legal team"})
    rename_group(group=group, name="HR", actor=knowledge_admin)
    assert last_event() == ("group.changed", {"name": {"from": "People team", "to": "HR"}})
    rename_group(group=group, name="hr", actor=knowledge_admin)
    for taken in ("legal TEAM", "", " ", "x" * 151, "a\x00b"):
        with pytest.raises(AccountRefused) as refused:
            rename_group(group=group, name=taken, actor=knowledge_admin)
        assert refused.value.code == "group_invalid"
    delete_group(group=group, actor=knowledge_admin)
    assert last_event() == ("group.deleted", {"name": "hr", "members": ["erin"]})
    assert [entry.name for entry in Group.objects.all()] == ["Legal team"]
