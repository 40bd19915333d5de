"""Accounts of programs: an owner and a purpose, keys from named networks, rotation with an overlap; nobody signs in as one."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.errors import AccountRefused, KeyRefused
from accounts.keys import create_api_key, recognise_key, revoke_api_key, rotate_api_key
from accounts.models import ServiceAccount, User
from accounts.programs.service_accounts import change_service, create_service, find_services
from accounts.services import change_account, set_password
from accounts.sign_in.links import Purpose, find_invited, make_link
from audit.models import Event
from tests.confirmed import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def robot(employee: User, group: Group) -> ServiceAccount:
    return create_service(username="robot", purpose="Reads the handbook at night", owner=employee, groups=[group], actor=None)


def test_its_key_reads_what_its_groups_read_and_nobody_signs_in_as_it(robot: ServiceAccount, employee: User, collection) -> None:
    client = Client()
    client.force_login(employee)
    page = client.post(f"/people/programs/{robot.pk}/", {"name": "nightly", "scopes": ["read"], "days": "30"})
    key = page.context["made"].text
    assert page.status_code == 201
    asked = Client().get("/api/v1/collections", headers={"Authorization": f"Bearer {key}"})
    assert [one["slug"] for one in asked.json()] == ["handbook"]
    with pytest.raises(AccountRefused, match="has keys, and no password"):
        set_password(user=robot.user, password="correct horse 9", actor=None)
    assert find_invited(make_link(robot.user, purpose=Purpose.INVITED).split("/")[-2]) is None
    signed_in = Client()
    signed_in.force_login(robot.user)
    assert signed_in.get("/").status_code == 302  # whatever let it in
    change_service(robot, is_active=False, actor=None)
    assert Client().get("/api/v1/collections", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_its_keys_are_for_its_owner_and_for_who_manages_people(
    robot: ServiceAccount, employee: User, teammate: User, auditor: User, knowledge_admin: User
) -> None:
    assert [set(find_services(user)) for user in (employee, teammate, auditor, knowledge_admin)] == [{robot}, set(), set(), {robot}]
    client = Client()
    client.force_login(employee)
    assert "robot" in client.get("/people/keys/").content.decode()
    change_service(robot, owner=teammate, actor=knowledge_admin)
    assert client.get(f"/people/programs/{robot.pk}/").status_code == 404
    assert Event.objects.first().payload.data["changed"]["owner"] == {"from": "erin", "to": "tao"}


def test_what_manages_people_is_for_those_who_may(robot: ServiceAccount, employee: User, knowledge_admin: User) -> None:
    with pytest.raises(AccountRefused, match="Only people who manage accounts"):
        create_service(username="scim", purpose="SCIM", owner=employee, role="system_admin", actor=None)
    scim = create_service(username="scim", purpose="SCIM", owner=knowledge_admin, role="system_admin", actor=None)
    assert create_api_key(user=scim.user, name="Entra", scopes=["people"], days=30, actor=None)
    change_account(user=User.objects.create_user(username="nils", role="knowledge_admin"), actor=None, first_name="N")
    change_account(user=knowledge_admin, role="employee", actor=None)  # it answers on, and makes no more keys
    assert scim not in find_services(User.objects.get(pk=knowledge_admin.pk))


def test_a_program_never_stays_in_charge(knowledge_admin: User) -> None:
    create_service(username="scim", purpose="SCIM", owner=knowledge_admin, role="system_admin", actor=None)
    with pytest.raises(AccountRefused) as refused:
        change_account(user=knowledge_admin, role="employee", actor=None)
    assert refused.value.code == "last_admin"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"purpose": " "}, "at most 300"),
        ({"role": "auditor"}, "A program’s account"),
        ({"username": "a b"}, "valid username"),
        ({"owner": "ada"}, "neither an auditor nor a reviewer"),
    ],
)
def test_what_is_no_service_account_is_refused_whole(employee: User, auditor: User, values: dict[str, str], sentence: str) -> None:
    given = {"username": "robot", "purpose": "Reads", "owner": "erin"} | values
    owner = User.objects.get(username=given.pop("owner"))
    with pytest.raises(AccountRefused, match=sentence):
        create_service(**given, owner=owner, actor=None)
    assert not User.objects.filter(username=given["username"]).exists()


def test_a_key_is_for_its_networks(employee: User) -> None:
    made = create_api_key(
        user=employee, name="x", scopes=["ask"], days=30, actor=employee, networks=["10.1.0.0/16", "2001:db8::/32", "192.0.2.7"]
    )
    assert made.key.networks == ["10.1.0.0/16", "2001:db8::/32", "192.0.2.7/32"]
    for address in ("10.1.2.3", "2001:db8::5", "192.0.2.7", "::ffff:10.1.2.3"):
        assert recognise_key(made.text, scope="ask", address=address) == made.key
    for address in ("10.2.0.1", "192.0.2.8", "", "nowhere"):
        with pytest.raises(KeyRefused) as refused:
            recognise_key(made.text, scope="ask", address=address)
        assert (refused.value.code, refused.value.status) == ("key_network", 403)
    assert Event.objects.first().payload.data["reason"] == "key_network"
    with pytest.raises(AccountRefused, match="is not an IP address"):
        create_api_key(user=employee, name="x", scopes=["ask"], days=30, actor=employee, networks=["10.0.0"])


def test_a_rotated_key_goes_on_for_the_overlap_and_no_longer(employee: User) -> None:
    old = create_api_key(user=employee, name="x", scopes=["ask", "read"], days=30, actor=employee, networks=["127.0.0.1"])
    client = confirmed_client(employee)
    page = client.post(f"/people/keys/{old.key.pk}/rotate/", {"days": "90", "overlap_hours": "24"})
    new = page.context["made"]
    assert (new.key.name, new.key.scopes, new.key.networks) == ("x", ["ask", "read"], ["127.0.0.1/32"])
    for one in (old, new):
        assert recognise_key(one.text, scope="ask", address="127.0.0.1")
    old.key.refresh_from_db()
    assert timedelta(hours=23) < old.key.expires_at - timezone.now() <= timedelta(hours=24)
    assert Event.objects.first().action == "key.rotated"
    rotate_api_key(new.key, days=30, overlap_hours=0, actor=employee)
    with pytest.raises(KeyRefused):
        recognise_key(new.text, scope="ask", address="127.0.0.1")
    revoke_api_key(old.key, actor=employee)
    with pytest.raises(AccountRefused, match="is no longer valid"):
        rotate_api_key(old.key, days=30, overlap_hours=24, actor=employee)
    assert client.get(f"/people/keys/{old.key.pk}/rotate/").status_code == 404


def confirmed_client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return confirmed(client)
