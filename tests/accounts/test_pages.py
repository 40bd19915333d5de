"""People and groups on their pages."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.people import views
from audit.models import Event
from kb.models import Collection
from tests.confirmed import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, knowledge_admin: User) -> Client:
    client.force_login(knowledge_admin)
    return confirmed(client)


def errors(response) -> str:
    assert response.status_code == 422
    return str(response.context["form"].errors)


def test_a_new_account_is_made_with_role_and_groups_and_without_a_password(admin: Client, group: Group) -> None:
    fields = {"username": "nora", "first_name": "Nora", "role": "system_admin", "groups": [group.pk]}
    response = admin.post("/people/new/", fields)
    assert response.status_code == 201
    assert response["Cache-Control"] == "private, no-store"
    nora = User.objects.get(username="nora")
    assert not nora.has_usable_password()
    assert (nora.role, list(nora.groups.all())) == ("system_admin", [group])
    assert "already" in errors(admin.post("/people/new/", fields))


def test_bad_fields_are_said_at_the_form(admin: Client) -> None:
    assert "required" in errors(admin.post("/people/new/", {"username": "", "role": "employee"}))
    assert "valid choice" in errors(admin.post("/people/new/", {"username": "x", "role": "king"}))
    assert "valid email" in errors(admin.post("/people/new/", {"username": "x", "role": "employee", "email": "x"}))
    assert User.objects.count() == 1


def test_a_person_is_changed_and_deactivated(admin: Client, employee: User) -> None:
    response = admin.post(f"/people/{employee.pk}/", {"first_name": "Erin", "last_name": "Okafor", "role": "knowledge_admin"})
    assert response.status_code == 302
    employee.refresh_from_db()
    assert (employee.get_full_name(), employee.role, employee.is_active, employee.groups.count()) == (
        "Erin Okafor",
        "knowledge_admin",
        False,
        0,
    )
    assert Event.objects.get().actor_name == "kim"


def test_an_admin_does_not_demote_or_lock_out_themselves(admin: Client, knowledge_admin: User) -> None:
    address = f"/people/{knowledge_admin.pk}/"
    assert "another admin" in errors(admin.post(address, {"role": "employee", "is_active": "on"}))
    assert "another admin" in errors(admin.post(address, {"role": "knowledge_admin"}))
    assert admin.post(address, {"role": "knowledge_admin", "is_active": "on", "first_name": "Kim"}).status_code == 302


def test_groups_are_made_renamed_and_deleted_and_access_goes_with_them(
    admin: Client, group: Group, employee: User, collection: Collection
) -> None:
    admin.post("/people/groups/new/", {"name": "Legal"})
    assert Group.objects.filter(name="Legal").exists()
    assert (
        "A group with this name already exists"
        in admin.post("/people/groups/new/", {"name": "LEGAL"}, follow=True).content.decode()
    )
    assert "A group with this name already exists" in errors(admin.post(f"/people/groups/{group.pk}/", {"name": "legal"}))
    assert admin.post(f"/people/groups/{group.pk}/", {"name": "HR"}).status_code == 302
    page = admin.get(f"/people/groups/{group.pk}/").content.decode()
    assert "HR" in page
    assert "erin" in page
    assert Collection.objects.visible_to(employee).exists()
    assert admin.post(f"/people/groups/{group.pk}/delete/").status_code == 302
    assert not Collection.objects.visible_to(employee).exists()
    assert [event.action for event in Event.objects.order_by("sequence")] == ["group.created", "group.changed", "group.deleted"]


def test_people_are_found_and_paged(admin: Client, employee: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PEOPLE_PER_PAGE", 2)
    User.objects.create_user(username="zoe", email="zoe@example.com", is_active=False)
    assert [user.username for user in admin.get("/people/").context["page"]] == ["erin", "kim"]
    assert [user.username for user in admin.get("/people/?page=2").context["page"]] == ["zoe"]
    assert [user.username for user in admin.get("/people/?q=EXAMPLE.com").context["page"]] == ["zoe"]
    assert list(admin.get("/people/?q=%00nobody").context["page"]) == []


def test_a_name_is_shown_as_text(admin: Client, employee: User) -> None:
    User.objects.filter(pk=employee.pk).update(first_name="<script>alert(1)</script>")
    page = admin.get("/people/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
