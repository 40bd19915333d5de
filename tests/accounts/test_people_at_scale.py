"""Many people: from a file with a preview, into groups at once, found among thousands; guests who end by themselves."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.credentials import find_reader, key_credential
from accounts.errors import AccountRefused
from accounts.keys import create_api_key
from accounts.models import User, today
from accounts.people.guests import end_guests
from accounts.people.importing import plan_import, run_import
from accounts.people.members import change_members
from accounts.services import change_account, create_account
from audit.models import Event
from kb.templatetags.moments import day_of
from tests.accounts.test_sessions import PASSWORD, credential_of, is_in, signed_in

pytestmark = pytest.mark.django_db
HEAD = "username,first_name,last_name,email,groups,ends_on\n"


@pytest.fixture
def admin(knowledge_admin: User) -> Client:
    client = Client()
    client.force_login(knowledge_admin)
    return client


def told(text: str) -> list[tuple[int, str, str]]:
    return [(line.number, line.username, line.action) for line in plan_import(text).lines]


# --- a file ---


def test_the_plan_says_line_by_line_what_would_happen_and_changes_nothing(employee: User, group: Group) -> None:
    before = Event.objects.count()
    plan = plan_import(
        HEAD
        + 'nora,Nora,"Kim, Dr.",nora@example.com,People team;people team,\n'
        + "ERIN,Erin,,,People team,\n"
        + "\n"
        + "vic,,,,Partners,\n"
        + "mo,,,no address,,\n"
        + "pat,,,,,2020-01-01\n"
        + "nora,,,,,\n"
        + "kit,,,NORA@example.com,,\n"
        + "a b,,,,,\n"
    )
    assert [(line.number, line.username, line.action) for line in plan.lines] == [
        (2, "nora", "make"),
        (3, "erin", "change"),
        (5, "vic", "refuse"),
        (6, "mo", "refuse"),
        (7, "pat", "refuse"),
        (8, "nora", "refuse"),
        (9, "kit", "refuse"),
        (10, "a b", "refuse"),
    ]
    assert plan.lines[1].changed == {"first_name": ("", "Erin")}
    reasons = [line.reason for line in plan.having("refuse")]
    parts = ("Unknown groups: Partners", "valid email", "has already passed", "appears twice", "appears twice", "valid username")
    assert all(part in reason for part, reason in zip(parts, reasons, strict=True))
    assert (User.objects.count(), Event.objects.count()) == (1, before)


def test_what_was_seen_is_done_whole_with_few_statements(
    admin: Client, employee: User, group: Group, django_assert_max_num_queries
) -> None:
    text = HEAD + "".join(f"p{number},P,{number},p{number}@example.com,People team,\n" for number in range(300)) + "erin,Erin,,,,\n"
    seen = admin.post("/people/import/", {"text": text, "act": "look"})
    assert seen.context["counts"] == {"make": 300, "change": 1, "same": 0, "refuse": 0}
    assert User.objects.count() == 2
    with django_assert_max_num_queries(90):
        done = admin.post("/people/import/", {"text": text, "act": "import", "digest": seen.context["plan"].digest})
    assert done.status_code == 302
    assert (User.objects.count(), group.user_set.count()) == (302, 300)  # Erin's cell is empty: out of the group
    made = User.objects.get(username="p7")
    assert (made.email, made.role, made.has_usable_password()) == ("p7@example.com", "employee", False)
    event = Event.objects.get(action="account.imported")
    assert (event.actor_name, len(event.payload.data["made"])) == ("kim", 300)


def test_what_has_changed_since_it_was_seen_is_shown_again(admin: Client) -> None:
    text = "username\nnora\n"
    digest = admin.post("/people/import/", {"text": text, "act": "look"}).context["plan"].digest
    create_account(username="nora", actor=None)
    again = admin.post("/people/import/", {"text": text, "act": "import", "digest": digest})
    assert (again.status_code, again.context["is_stale"]) == (200, True)
    assert "have changed since the preview" in again.content.decode()
    assert not Event.objects.filter(action="account.imported").exists()


def test_one_that_fails_undoes_all(employee: User, knowledge_admin: User) -> None:
    plan = plan_import(HEAD + "nora,,,,,\nerin,Erin,,,,\nkim,,,,,2999-01-01\n")  # the last: an admin's account has no end
    with pytest.raises(AccountRefused, match="Only an employee"):
        run_import(plan, actor=None)
    employee.refresh_from_db()
    assert (employee.first_name, User.objects.count()) == ("", 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "column names"),
        ("name,email\nx,y\n", "column names"),
        ("username,password\nx,y\n", "column names"),
        ("username\nx,y\n", "more cells"),
        ('username\n"x\n', "not a valid CSV file"),
        ("username\nx\x00\n", "not a text file"),
    ],
)
def test_what_is_no_such_file_says_why(text: str, sentence: str) -> None:
    with pytest.raises(AccountRefused, match=sentence):
        plan_import(text)


def test_a_file_of_a_german_sheet_with_a_mark_at_its_beginning_is_read() -> None:
    assert told("\ufeffusername;last_name\nnora;Kim\n") == [(2, "nora", "make")]


def test_no_line_makes_or_touches_an_auditor_or_a_role(auditor: User, employee: User) -> None:
    assert told("username,role\nnora,auditor\nada,employee\nerin,system_admin\nmo,knowledge admin\n") == [
        (2, "nora", "refuse"),
        (3, "ada", "refuse"),
        (4, "erin", "refuse"),
        (5, "mo", "make"),
    ]


def test_the_command_tells_and_does_only_when_it_is_told_to(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("username,groups\nnora,\nmo,Nowhere\n")
    out = StringIO()
    with pytest.raises(CommandError, match="1 lines are refused"):
        call_command("import_people", str(file), "--apply", stdout=out)
    assert "2\tmake\tnora" in out.getvalue()
    assert not User.objects.exists()
    call_command("import_people", str(file), "--apply", "--leave-out-refused", stdout=out)
    assert User.objects.get().username == "nora"


# --- groups ---


def test_many_join_and_leave_a_group_in_one_event(admin: Client, group: Group, employee: User, outsider: User) -> None:
    people = User.objects.bulk_create([User(username=f"p{number}", email=f"p{number}@example.com") for number in range(50)])
    names = "\n".join(["olga", "P1@example.com", *(user.username for user in people[2:])])
    admin.post(f"/people/groups/{group.pk}/members/", {"names": names, "act": "join"})
    assert group.user_set.count() == 51
    event = Event.objects.get(action="group.members_changed")
    assert (len(event.payload.data["joined"]), event.payload.data["left"]) == (50, [])
    page = admin.post(f"/people/groups/{group.pk}/members/", {"names": "olga, nobody", "act": "leave"}, follow=True)
    assert "Unknown user names: nobody" in page.content.decode()
    assert outsider.groups.exists()
    chosen = {"person": [outsider.pk, employee.pk], "act": "leave", "group": "people team", "query": "q=o&state=active"}
    assert admin.post("/people/many/", chosen)["Location"] == "/people/?q=o&state=active"
    assert not outsider.groups.exists()
    page = admin.post("/people/many/", {"person": [outsider.pk], "act": "join", "group": "Nowhere"}, follow=True)
    assert "There is no group with this name." in page.content.decode()


def test_many_are_deactivated_or_none(admin: Client, knowledge_admin: User, employee: User, outsider: User) -> None:
    session = signed_in(employee)
    admin.post("/people/many/", {"person": [employee.pk, knowledge_admin.pk], "act": "deactivate"})  # oneself is refused
    assert is_in(session)
    admin.post("/people/many/", {"person": [employee.pk, outsider.pk], "act": "deactivate"})
    assert not is_in(session)
    assert set(User.objects.filter(is_active=True)) == {knowledge_admin}


def test_a_system_admin_gives_themselves_no_groups(group: Group, db: None) -> None:
    sam = User.objects.create_user(username="sam", role=User.Role.SYSTEM_ADMIN)
    with pytest.raises(AccountRefused, match="Only another admin"):
        change_members(group=group, actor=sam, add=[sam.pk])
    with pytest.raises(AccountRefused, match="no account with the number 999"):
        change_members(group=group, actor=sam, add=[999])
    assert not sam.groups.exists()


def test_the_list_is_searched_and_cut_with_the_same_queries_however_many_there_are(
    admin: Client, django_assert_max_num_queries
) -> None:
    User.objects.bulk_create(
        [User(username=f"person{number:04}", first_name="Pat", last_name=f"Number{number}") for number in range(2000)]
    )
    with django_assert_max_num_queries(25):
        page = admin.get("/people/", {"q": "pat number1999", "state": "active", "role": "employee"}).content.decode()
    assert "person1999" in page
    assert "person1998" not in page
    assert "person0100" in admin.get("/people/", {"page": "3"}).content.decode()


# --- guests ---


def guest(days: int) -> User:
    user = create_account(username="vic", password=PASSWORD, ends_on=today().isoformat(), actor=None)
    User.objects.filter(pk=user.pk).update(ends_on=today() + timedelta(days=days))
    return User.objects.get(pk=user.pk)


def test_a_guests_account_ends_by_itself_before_anything_has_swept(db: None) -> None:
    vic = guest(0)
    client = signed_in(vic)
    key = create_api_key(user=vic, name="x", scopes=["ask"], days=30, actor=vic)
    credentials = [credential_of(client, vic), key_credential(key.key)]
    assert all(map(find_reader, credentials))  # on the last day
    User.objects.filter(pk=vic.pk).update(ends_on=today() - timedelta(days=1))
    assert [find_reader(one) for one in credentials] == [None, None]
    assert not is_in(client)
    assert not is_in_after(vic)
    assert end_guests() == 1
    assert end_guests() == 0
    vic.refresh_from_db()
    key.key.refresh_from_db()
    assert (vic.is_active, key.key.revoked_at is not None) == (False, True)


def is_in_after(user: User) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return is_in(client)


def test_a_guest_goes_on_with_a_later_day_and_what_ended_stays_ended(db: None) -> None:
    vic = guest(-1)
    end_guests()
    later = (today() + timedelta(days=5)).isoformat()
    change_account(user=vic, actor=None, is_active=True, ends_on=later)
    assert is_in_after(vic)
    assert Event.objects.first().action == "session.started"


def test_only_an_employee_has_an_end_and_not_in_the_past(admin: Client, employee: User) -> None:
    with pytest.raises(AccountRefused, match="has already passed"):
        change_account(user=employee, actor=None, ends_on="2020-01-01")
    with pytest.raises(AccountRefused, match="Only an employee"):
        change_account(user=employee, actor=None, ends_on="2999-01-01", role=User.Role.KNOWLEDGE_ADMIN)
    sent = {"role": "employee", "is_active": "on", "ends_on": "2999-12-31"}
    assert admin.post(f"/people/{employee.pk}/", sent).status_code == 302
    assert f"Until {day_of(date(2999, 12, 31))}" in admin.get("/people/", {"state": "guest"}).content.decode()
    assert 'value="2999-12-31"' in admin.get(f"/people/{employee.pk}/").content.decode()


def test_the_last_day_is_the_installations_not_the_readers(db: None, settings) -> None:
    settings.TIME_ZONE = "Pacific/Kiritimati"
    timezone.get_default_timezone.cache_clear()
    try:
        assert today() == timezone.now().astimezone(timezone.get_default_timezone()).date()
    finally:
        settings.TIME_ZONE = "UTC"
        timezone.get_default_timezone.cache_clear()
