"""`manage.py create_account`."""

import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import User

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
