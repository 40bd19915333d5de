"""`manage.py create_account NAME`: make an account and print its generated password once."""

import sys
from argparse import ArgumentParser

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountsError
from accounts.models import User
from accounts.services import create_account


class Command(BaseCommand):
    help = "Make an account; prints its generated password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", choices=User.Role.values, default=User.Role.EMPLOYEE)
        parser.add_argument("--group", action="append", default=[], metavar="NAME", help="may be given more than once")
        parser.add_argument("--email", default="")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *, name: str, role: str, group: list[str], email: str, password_stdin: bool, **options: object) -> None:
        found = {entry.name: entry for entry in Group.objects.filter(name__in=group)}
        missing = [wanted for wanted in group if wanted not in found]
        if missing:
            raise CommandError(f"There is no group named {', '.join(missing)}.")
        password = sys.stdin.readline().rstrip("\n") if password_stdin else ""
        if password_stdin and not password:
            raise CommandError("Standard input held no password.")
        try:
            account = create_account(username=name, role=role, groups=found.values(), email=email, password=password)
        except AccountsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Account {account.user.username} ({account.user.get_role_display()}) was made.")
        if not password_stdin:
            self.stdout.write(f"Password: {account.password}")
            self.stdout.write("It is shown this once; the account's owner can change it after signing in.")
