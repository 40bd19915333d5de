"""Commands that make and change accounts: each keeps the rules for passwords, and each is on record."""

import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command, get_commands
from django.test import Client

from accounts.models import User
from audit.models import Event

pytestmark = pytest.mark.django_db


def test_it_prints_a_password_that_works(group: Group, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_account", "nora", "--role", "knowledge_admin", "--group", "People team")
    output = capsys.readouterr().out
    password = next(line.removeprefix("Password: ") for line in output.splitlines() if line.startswith("Password: "))
    user = User.objects.get(username="nora")
    assert user.check_password(password)
    assert (user.role, [entry.name for entry in user.groups.all()]) == ("knowledge_admin", ["People team"])


def test_it_takes_a_password_from_standard_input_and_does_not_print_it(monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse 7\n"))
    call_command("create_account", "nora", "--password-stdin")
    assert User.objects.get(username="nora").check_password("correct horse 7")
    assert "correct horse 7" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["nora", "--group", "Legal"], "", "no group named Legal"),
        (["nora", "--password-stdin"], "", "held no password"),
        (["nora", "--password-stdin"], "short\n", "too short"),
        (["two words"], "", "valid username"),
    ],
)
def test_it_says_what_is_wrong_and_makes_nothing(monkeypatch, arguments: list[str], stdin: str, message: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    with pytest.raises(CommandError, match=message):
        call_command("create_account", *arguments)
    assert not User.objects.exists()


def type_in(monkeypatch: pytest.MonkeyPatch, *passwords: str) -> None:
    """Somebody at a terminal types these, one after the other."""
    typing = iter(passwords)
    monkeypatch.setattr("getpass.getpass", lambda prompt="": next(typing))
    monkeypatch.setattr("sys.stdin", type("Terminal", (io.StringIO,), {"isatty": lambda self: True})())


def events() -> list[tuple[str, str, dict]]:
    return [(event.action, event.summary, event.payload.data) for event in Event.objects.order_by("sequence")]


def test_changepassword_is_on_record_and_signs_out(monkeypatch, client: Client, employee: User) -> None:
    client.force_login(employee)
    type_in(monkeypatch, "battery staple 9", "battery staple 9")
    call_command("changepassword", "erin")
    employee.refresh_from_db()
    assert employee.check_password("battery staple 9")
    assert events() == [("account.changed", "erin", {"username": "erin", "changed": {"password": "set"}})]
    assert client.get("/").status_code == 302


def test_changepassword_keeps_the_rules_and_asks_again(monkeypatch, employee: User, capsys: pytest.CaptureFixture[str]) -> None:
    type_in(monkeypatch, "short", "short", "battery staple 9", "other", "password123", "password123")
    with pytest.raises(CommandError, match="too common"):
        call_command("changepassword", "erin")
    errors = capsys.readouterr().err
    assert "too short" in errors
    assert "differ" in errors
    employee.refresh_from_db()
    assert employee.check_password("correct horse 7")
    assert events() == []


def test_changepassword_reads_standard_input_and_knows_who_is_there(monkeypatch, employee: User) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("battery staple 9\n"))
    call_command("changepassword", "erin", "--password-stdin")
    employee.refresh_from_db()
    assert employee.check_password("battery staple 9")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    with pytest.raises(CommandError, match="too short"):
        call_command("changepassword", "erin", "--password-stdin")
    with pytest.raises(CommandError, match="no account 'nobody'"):
        call_command("changepassword", "nobody")


def test_createsuperuser_makes_a_knowledge_admin_and_is_on_record(monkeypatch) -> None:
    type_in(monkeypatch, "battery staple 9", "battery staple 9")
    call_command("createsuperuser", "--username", "sue", "--email", "sue@example.com")
    user = User.objects.get(username="sue")
    assert (user.role, user.email, user.is_knowledge_admin) == ("knowledge_admin", "sue@example.com", True)
    assert user.check_password("battery staple 9")
    ((action, summary, payload),) = events()
    assert (action, summary, payload["role"]) == ("account.created", "sue", "knowledge_admin")


def test_who_was_made_by_createsuperuser_can_lose_the_role(monkeypatch, knowledge_admin: User) -> None:
    call_command("createsuperuser", "--username", "sue", "--noinput")
    sue = User.objects.get(username="sue")
    client = Client()
    client.force_login(knowledge_admin)
    client.post(f"/people/{sue.pk}/", {"role": "employee", "is_active": "on"})
    sue.refresh_from_db()
    assert not sue.is_knowledge_admin


@pytest.mark.parametrize(("variable", "message"), [("short", "too short"), ("password123", "too common")])
def test_createsuperuser_keeps_the_rules(monkeypatch, variable: str, message: str) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", variable)
    with pytest.raises(CommandError, match=message):
        call_command("createsuperuser", "--username", "sue", "--noinput")
    type_in(monkeypatch, variable, variable)
    with pytest.raises(CommandError, match=message):
        call_command("createsuperuser", "--username", "sue", "--email", "")
    assert (User.objects.count(), events()) == (0, [])


def test_createsuperuser_asks_for_nothing_where_nobody_can_answer(monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="no terminal"):
        call_command("createsuperuser")
    with pytest.raises(CommandError, match="--username is needed"):
        call_command("createsuperuser", "--noinput")
    call_command("createsuperuser", "--username", "sue", "--noinput")
    output = capsys.readouterr().out
    password = next(line.removeprefix("Password: ") for line in output.splitlines() if line.startswith("Password: "))
    assert User.objects.get(username="sue").check_password(password)


# What neither makes nor changes an account. The last line is for whoever has the database itself; docs/security.md says so.
NO_ACCOUNTS = {
    *("check", "compilemessages", "createcachetable", "diffsettings", "inspectdb", "makemessages", "makemigrations", "migrate"),
    *("optimizemigration", "runserver", "sendtestemail", "showmigrations", "sqlflush", "sqlmigrate", "sqlsequencereset"),
    *("squashmigrations", "startapp", "startproject", "test", "testserver", "clearsessions", "collectstatic", "findstatic"),
    *("remove_stale_contenttypes", "account_unsetmultipleprimaryemails", "dumpdata"),
    *("dbshell", "flush", "loaddata", "shell"),
}


def test_every_command_that_is_not_ours_leaves_accounts_alone() -> None:
    foreign = {name for name, app in get_commands().items() if app.startswith(("django.", "allauth"))}
    assert foreign <= NO_ACCOUNTS, "look at the new command: does it change accounts?"
    assert {"changepassword", "createsuperuser", "create_account"} <= {
        name for name, app in get_commands().items() if app == "accounts"
    }
