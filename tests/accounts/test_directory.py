"""A company directory, on a real slapd: signing in by bind over StartTLS, nested groups, and a sync that disables leavers."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from accounts.credentials import find_reader, key_credential
from accounts.errors import AccountRefused
from accounts.keys import create_api_key
from accounts.models import DirectoryEntry, DirectorySync, SignInRules, User
from accounts.services import change_account, set_password
from accounts.sign_in.directory.connecting import is_password_of, open_session
from accounts.sign_in.directory.errors import DirectoryUnavailable
from accounts.sign_in.directory.people import find_people
from accounts.sign_in.directory.syncing import run_due_syncs, sync_directory
from accounts.sign_in.directory.values import Directory, DirectoryInvalid, read_file
from audit.models import Event
from tests.accounts.slapd import ADMIN, PASSWORD, PROGRAM, SECRET, SUFFIX, Slapd, running_slapd
from tests.accounts.test_sessions import credential_of

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not PROGRAM, reason="slapd is not installed")]


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running_slapd(tmp_path_factory.mktemp("slapd")) as server:
        yield server


@pytest.fixture
def acme(slapd: Slapd, settings) -> Directory:
    """The directory without anybody, as the operator's file names it."""
    slapd.empty()
    directory = Directory(
        slug="acme",
        name="Acme",
        servers=(slapd.address,),
        ca_file=slapd.ca_file,
        bind_dn=ADMIN,
        bind_password=SECRET,
        people_base=f"ou=people,{SUFFIX}",
        people_filter="(objectClass=inetOrgPerson)",
        username_attribute="uid",
        uid_attribute="entryUUID",
        groups_base=f"ou=groups,{SUFFIX}",
        groups_filter="(objectClass=groupOfNames)",
        group_rules=(("fin-*", "Finance"), ("staff", "Staff")),
        makes_people="sync",
    )
    settings.DIRECTORIES = (directory,)
    for name in ("Finance", "Staff", "Choir"):
        Group.objects.create(name=name)
    return directory


def sign_in(name: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": name, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def groups_of(username: str) -> set[str]:
    return set(User.objects.get(username=username).groups.values_list("name", flat=True))


def recorded(*actions: str) -> list[str]:
    return list(Event.objects.order_by("sequence").filter(action__in=actions).values_list("action", flat=True))


# --- signing in ---


def test_the_directorys_password_signs_in_and_makes_the_account(slapd: Slapd, acme: Directory) -> None:
    nora = slapd.add_person("nora", givenName="Nora", mail="nora@acme.example")
    inner = slapd.add_group("fin-emea", nora)
    outer = slapd.add_group("fin-all", inner)
    slapd.add_group("staff", outer)
    client = sign_in("nora")
    assert is_in(client)
    user = User.objects.get(username="nora")
    assert (user.first_name, user.last_name, user.email, user.role) == ("Nora", "Nora", "nora@acme.example", "employee")
    assert not user.has_usable_password()
    assert groups_of("nora") == {"Finance", "Staff"}  # by a group in a group in a group
    assert recorded("account.created", "account.linked", "session.started") == [
        "account.created",
        "account.linked",
        "session.started",
    ]
    assert is_in(sign_in("NORA@acme.example"))
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("nora", "wrong horse 7"),
        ("nora", ""),
        ("*", PASSWORD),
        ("nora)(uid=*", PASSWORD),
        ("nobody", PASSWORD),
        ("nora\x00", PASSWORD),
    ],
)
def test_nothing_else_signs_in(slapd: Slapd, acme: Directory, name: str, password: str) -> None:
    slapd.add_person("nora")
    assert not is_in(sign_in(name, password))
    assert not User.objects.exists()


def test_without_a_password_nobody_is_bound(slapd: Slapd, acme: Directory) -> None:
    """A server takes a bind without a password for an anonymous one, which succeeds."""
    assert not is_password_of(acme, slapd.add_person("nora"), "")


def test_groups_come_and_go_at_each_sign_in_and_what_was_given_by_hand_stays(slapd: Slapd, acme: Directory) -> None:
    nora = slapd.add_person("nora")
    finance = slapd.add_group("fin-emea", nora)
    sign_in("nora")
    User.objects.get().groups.add(Group.objects.get(name="Choir"))
    assert groups_of("nora") == {"Finance", "Choir"}
    slapd.leave(finance, nora)
    sign_in("nora")
    assert groups_of("nora") == {"Choir"}


def test_groups_that_hold_each_other_come_to_an_end(slapd: Slapd, acme: Directory) -> None:
    nora = slapd.add_person("nora")
    first = slapd.add_group("fin-a", nora)
    second = slapd.add_group("fin-b", first)
    slapd.connection.modify(first, {"member": [("MODIFY_ADD", [second])]})
    assert is_in(sign_in("nora"))
    assert groups_of("nora") == {"Finance"}
    assert sync_directory(acme).outcome == "done"


def test_an_account_of_the_same_name_is_taken_over_only_where_the_operator_says_so(
    slapd: Slapd, acme: Directory, employee: User, auditor: User, settings
) -> None:
    for name in ("erin", "ada"):
        slapd.add_person(name)
    assert not is_in(sign_in("erin"))
    assert is_in(sign_in("erin", "correct horse 7"))  # their own
    settings.DIRECTORIES = (replace(acme, links_by_name=True),)
    assert is_in(sign_in("erin"))
    assert not is_in(sign_in("erin", "correct horse 7"))
    assert not is_in(sign_in("ada"))  # an auditor is no single admin's to give away
    assert DirectoryEntry.objects.get().user == employee
    assert User.objects.count() == 2


def test_its_password_is_not_kept_here(slapd: Slapd, acme: Directory, knowledge_admin: User) -> None:
    slapd.add_person("nora")
    sign_in("nora")
    nora = User.objects.get(username="nora")
    with pytest.raises(AccountRefused, match="kept in the company directory"):
        set_password(user=nora, password="another horse 8", actor=None)
    admin = Client()
    admin.force_login(knowledge_admin)
    assert "It is stored in the company directory" in admin.get(f"/people/{nora.pk}/").content.decode()


def test_where_passwords_are_switched_off_the_directorys_still_sign_in(
    slapd: Slapd, acme: Directory, employee: User, knowledge_admin: User
) -> None:
    slapd.add_person("nora")
    SignInRules.objects.create(is_password_off=True, break_glass=knowledge_admin)
    assert is_in(sign_in("nora"))
    assert not is_in(sign_in("erin", "correct horse 7"))
    assert recorded("session.break_glass") == []


def test_one_confirms_a_dangerous_act_by_the_directorys_password(slapd: Slapd, acme: Directory, settings) -> None:
    slapd.add_person("nora")
    client = sign_in("nora")
    settings.STEP_UP_S = 0
    asked = client.get("/accounts/second-factor/app/")
    assert asked["Location"].startswith("/accounts/confirm/")
    assert client.post("/accounts/confirm/", {"password": "wrong horse 7"}).status_code == 200
    assert client.post("/accounts/confirm/", {"password": PASSWORD}).status_code == 302


def test_a_server_that_nobody_vouches_for_gets_no_password(slapd: Slapd, acme: Directory, settings, caplog) -> None:
    slapd.add_person("nora")
    for servers in ((slapd.address,), (slapd.tls_address,)):
        settings.DIRECTORIES = (replace(acme, servers=servers, ca_file=""),)
        client = Client()
        page = client.post("/accounts/login/", {"login": "nora", "password": PASSWORD}).content.decode()
        assert "The company directory cannot be reached" in page
        assert "certificate verify failed" in caplog.text.lower()
    for answering in ((slapd.tls_address,), ("ldap://127.0.0.1:9", slapd.address)):  # the next one that answers
        settings.DIRECTORIES = (replace(acme, servers=answering),)
        assert is_in(sign_in("nora"))


def test_without_tls_only_where_the_operator_says_so_and_then_this_server_refuses(slapd: Slapd, acme: Directory) -> None:
    with pytest.raises(DirectoryUnavailable) as refused, open_session(replace(acme, is_plain=True)):
        pass
    assert "confidentialityRequired" in refused.value.detail


# --- the sync ---


def test_who_left_is_disabled_and_everything_of_theirs_ends(slapd: Slapd, acme: Directory) -> None:
    nora, _mia = slapd.add_person("nora"), slapd.add_person("mia")
    client, other = sign_in("nora"), sign_in("mia")
    user = User.objects.get(username="nora")
    key = create_api_key(user=user, name="script", scopes=["ask"], days=30, actor=user)
    credentials = [credential_of(client, user), key_credential(key.key)]
    assert all(map(find_reader, credentials))
    slapd.remove(nora)
    report = sync_directory(acme)
    assert (report.outcome, report.disabled, report.people) == ("done", ["nora"], 1)
    assert [find_reader(one) for one in credentials] == [None, None]  # what an answer that is being written asks
    assert (is_in(client), is_in(other), is_in(sign_in("nora"))) == (False, True, False)
    assert recorded("key.revoked", "directory.synced") == ["key.revoked", "directory.synced"]
    slapd.add_person("nora")  # another person of that name is another entry
    assert sync_directory(acme).refused == [("nora", "directory_name_taken")]
    assert not is_in(sign_in("nora"))
    assert sync_directory(replace(acme, links_by_name=True)).enabled == []  # the operator vouches that it is the same one
    assert set(User.objects.values_list("username", "is_active")) == {("nora", True), ("mia", True)}
    assert (is_in(client), is_in(sign_in("nora"))) == (False, True)


def test_who_comes_back_is_enabled_again_unless_somebody_here_said_no(slapd: Slapd, acme: Directory, settings) -> None:
    for name in ("nora", "mia"):
        slapd.change(slapd.add_person(name), sAMAccountName=name, userAccountControl="512")
    flavoured = replace(acme, kind="active_directory", username_attribute="sAMAccountName")
    assert sync_directory(flavoured).made == ["mia", "nora"]
    change_account(user=User.objects.get(username="mia"), actor=None, is_active=False)
    for name in ("nora", "mia"):
        slapd.change(f"uid={name},ou=people,{SUFFIX}", userAccountControl="514")
    assert sync_directory(flavoured).disabled == ["nora"]
    for name in ("nora", "mia"):
        slapd.change(f"uid={name},ou=people,{SUFFIX}", userAccountControl="512")
    assert sync_directory(flavoured).enabled == ["nora"]
    assert sync_directory(flavoured).has_changes is False
    assert User.objects.get(username="mia").is_active is False


def test_a_sync_lets_names_groups_and_new_people_follow(slapd: Slapd, acme: Directory, employee: User, outsider: User) -> None:
    nora = slapd.add_person("nora", mail="nora@acme.example")
    slapd.add_person("erin")
    finance = slapd.add_group("fin-emea", nora)
    report = sync_directory(acme)
    assert (report.made, report.refused) == (["nora"], [("erin", "directory_name_taken")])
    assert groups_of("nora") == {"Finance"}
    slapd.change(nora, givenName="Nora", mail="n.k@acme.example")
    slapd.leave(finance, nora)
    assert sync_directory(acme).changed == ["nora"]
    user = User.objects.get(username="nora")
    assert (user.first_name, user.email, groups_of("nora")) == ("Nora", "n.k@acme.example", set())
    count = Event.objects.count()
    assert sync_directory(acme).has_changes is False
    assert Event.objects.count() == count
    assert User.objects.filter(username__in=("erin", "olga"), is_active=True).count() == 2  # accounts of here stay


def test_a_search_that_finds_too_few_disables_nobody(slapd: Slapd, acme: Directory) -> None:
    people = [slapd.add_person(f"p{number}") for number in range(8)]
    sync_directory(acme)
    assert sync_directory(replace(acme, people_filter="(uid=nobody)")).outcome == "nobody"
    for dn in people[:6]:
        slapd.remove(dn)
    report = sync_directory(acme)
    assert (report.outcome, report.detail) == ("too_many_leavers", "6 of 8")
    assert sync_directory(replace(acme, servers=("ldap://127.0.0.1:9",))).outcome == "unavailable"
    assert User.objects.filter(is_active=True).count() == 8
    assert DirectorySync.objects.get().running_until is None
    assert len(sync_directory(acme, allows_many=True).disabled) == 6


def test_the_last_admin_and_the_emergency_account_stay_in_charge(slapd: Slapd, acme: Directory) -> None:
    nora = slapd.add_person("nora")
    slapd.add_person("mia")
    sync_directory(acme)
    change_account(user=User.objects.get(username="nora"), actor=None, role=User.Role.KNOWLEDGE_ADMIN)
    slapd.remove(nora)
    assert sync_directory(acme).refused == [("nora", "last_admin")]
    assert User.objects.get(username="nora").is_active


def test_what_is_due_is_synced_once_and_a_lease_keeps_others_away(slapd: Slapd, acme: Directory) -> None:
    slapd.add_person("nora")
    assert run_due_syncs() == 1
    assert run_due_syncs() == 0
    DirectorySync.objects.update(is_requested=True)
    assert run_due_syncs() == 1
    row = DirectorySync.objects.get()
    DirectorySync.objects.update(running_until=row.ended_at.replace(year=2999), is_requested=True)
    assert run_due_syncs() == 0  # another process is at it


def test_the_command_tells_first_and_then_does(slapd: Slapd, acme: Directory) -> None:
    slapd.add_person("nora")
    out = StringIO()
    call_command("sync_directory", "--dry-run", stdout=out)
    assert "1 made: nora" in out.getvalue()
    assert "nothing was changed" in out.getvalue()
    assert not User.objects.exists()
    call_command("sync_directory", "acme", stdout=out)
    assert User.objects.get().username == "nora"


# --- pages ---


def test_the_page_shows_what_would_follow_and_asks_for_a_sync(slapd: Slapd, acme: Directory, knowledge_admin: User) -> None:
    slapd.add_group("fin-emea", slapd.add_person("nora", mail="nora@acme.example"))
    admin = Client()
    admin.force_login(knowledge_admin)
    page = admin.get("/people/sign-in/directories/acme/try/", {"name": "nora"}).content.decode()
    assert all(text in page for text in ("nora@acme.example", "fin-emea", "Finance"))
    assert User.objects.count() == 1
    assert admin.post("/people/sign-in/directories/acme/sync/").status_code == 302
    assert DirectorySync.objects.get().is_requested
    run_due_syncs()
    key = create_api_key(user=knowledge_admin, name="x", scopes=["people"], days=30, actor=None).text
    headers = {"Authorization": f"Bearer {key}"}
    shown = Client().get("/api/v1/directories", headers=headers).json()["directories"]
    assert [(one["slug"], one["connected"], one["last_sync"]["outcome"], one["last_sync"]["made"]) for one in shown] == [
        ("acme", 1, "done", 1)
    ]
    assert Client().post("/api/v1/directories/acme/sync", headers=headers).status_code == 202
    assert DirectorySync.objects.get().is_requested
    page = admin.get("/people/sign-in/directories/").content.decode()
    assert "1 read, 1 created, 0 changed, 0 disabled, 0 re-enabled" in page
    assert SECRET not in page


@pytest.mark.parametrize("person", ["employee", "auditor", "system_admin"])
def test_the_pages_are_for_whoever_manages_people(acme: Directory, employee: User, auditor: User, person: str) -> None:
    admin = User.objects.create_user(username="sam", role=User.Role.SYSTEM_ADMIN)
    client = Client()
    client.force_login({"employee": employee, "auditor": auditor, "system_admin": admin}[person])
    pages = "/people/sign-in/directories/"
    answered = (client.get(pages), client.get(f"{pages}acme/try/"), client.post(f"{pages}acme/sync/"))
    expected = [200, 200, 302] if person == "system_admin" else [404] * 3
    assert [one.status_code for one in answered] == expected
    assert DirectorySync.objects.filter(is_requested=True).exists() == (person == "system_admin")


# --- the file ---


GOOD = {"slug": "ad", "name": "AD", "servers": ["ldaps://dc1.example"], "people_base": "dc=example", "kind": "active_directory"}


def write(folder: Path, entries: object) -> str:
    path = folder / "directories.json"
    path.write_text(json.dumps(entries))
    return str(path)


def test_the_file_says_it_all(tmp_path: Path) -> None:
    entry = GOOD | {"bind_dn": "cn=reader", "bind_password_variable": "P", "group_rules": {"a": "A"}, "sync_minutes": 15}
    directory = read_file(write(tmp_path, [entry]), {"P": "secret"})[0]
    assert (directory.username_attribute, directory.uid_attribute) == ("sAMAccountName", "objectGUID")
    assert (directory.bind_password, directory.group_rules, directory.sync_minutes) == ("secret", (("a", "A"),), 15)
    assert "secret" not in repr(directory)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"servers": ["http://x"]}, "is no address"),
        ({"servers": "ldaps://x"}, "'servers' is unknown"),
        ({"slug": "Not A Slug"}, "the slug takes"),
        ({"kind": "novell"}, "the kind is one of"),
        ({"bind_dn": "cn=x"}, "go together"),
        ({"bind_password_variable": "NONE"}, "there is no variable NONE"),
        ({"ca_file": "/nowhere/ca.pem"}, "there is no file"),
        ({"makes_people": "always"}, "makes_people is one of"),
        ({"sync_minutes": True}, "'sync_minutes' is unknown"),
        ({"leavers_percent": 0}, "leavers_percent from 1 to 100"),
        ({"spelt": 1}, "'spelt' is unknown"),
        ({"people_base": ""}, "each directory needs"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    with pytest.raises(DirectoryInvalid, match=sentence):
        read_file(write(tmp_path, [GOOD | change]), {})


def test_an_entry_of_active_directory_has_its_id_in_microsofts_order(slapd: Slapd, acme: Directory, caplog) -> None:
    caplog.set_level(logging.CRITICAL)
    dn = slapd.add_person("nora")
    slapd.change(dn, sAMAccountName="nora", objectGUID=bytes(range(16)))
    flavoured = replace(acme, kind="active_directory", username_attribute="sAMAccountName", uid_attribute="objectGUID")
    with open_session(flavoured) as session:
        assert [one.uid for one in find_people(session, flavoured, name="nora")] == ["03020100-0504-0706-0809-0a0b0c0d0e0f"]
