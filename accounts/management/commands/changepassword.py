"""`manage.py changepassword NAME`: Django's command, by Attest's rules for passwords and into its audit."""

import getpass
import sys

from django.contrib.auth.management.commands import changepassword
from django.core.management.base import CommandError, CommandParser

from accounts.errors import AccountsError
from accounts.models import User
from accounts.services import set_password

TRIES = 3


class Command(changepassword.Command):
    help = "Give an account the password that is typed; whoever is signed in with it is signed out."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--must-change", action="store_true", help="its owner must set another one at the next sign-in")

    def handle(self, *, username: str | None, password_stdin: bool, must_change: bool, **options: object) -> str:
        name = username or getpass.getuser()
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account {name!r}.")
        if password_stdin:
            self._try_to_set(user, sys.stdin.readline().rstrip("\n"), is_told=must_change)
        else:
            self.stdout.write(f"New password for {user.username}")
            self._ask(user, is_told=must_change)
        return f"The password of {user.username} was changed."

    def _ask(self, user: User, *, is_told: bool) -> None:
        for left in range(TRIES - 1, -1, -1):
            password = self._get_pass()  # type: ignore[attr-defined]  # Django has it, its stubs do not
            try:
                again = self._get_pass("Password (again): ")  # type: ignore[attr-defined]  # as above
                if password != again:
                    raise CommandError("The passwords differ.")
                self._try_to_set(user, password, is_told=is_told)
            except CommandError as refused:
                if not left:
                    raise
                self.stderr.write(str(refused))
            else:
                return

    def _try_to_set(self, user: User, password: str, *, is_told: bool) -> None:
        try:
            set_password(user=user, password=password, actor=None, is_told=is_told)
        except AccountsError as error:
            raise CommandError(str(error)) from error
