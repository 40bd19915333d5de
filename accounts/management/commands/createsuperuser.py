"""`manage.py createsuperuser`: Django's name for what `create_account NAME --role knowledge_admin` does, by the same rules."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountsError
from accounts.models import User
from accounts.passwords import generate_password
from accounts.services import create_account

PASSWORD_VARIABLE = "DJANGO_SUPERUSER_PASSWORD"  # noqa: S105 - the name of a variable, which is Django's


class Command(BaseCommand):
    help = "Make the account of a knowledge admin."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username")
        parser.add_argument("--email")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help=f"ask nothing; the password is in {PASSWORD_VARIABLE}, or one is made and printed",
        )

    def handle(self, *, username: str | None, email: str | None, interactive: bool, **options: Any) -> None:
        if interactive and not sys.stdin.isatty():
            raise CommandError("This is no terminal. Use --noinput, or manage.py create_account NAME --role knowledge_admin.")
        if interactive:
            username = username or input("User name: ")
            email = email if email is not None else input("Email address: ")
        elif not username:
            raise CommandError("With --noinput a --username is needed.")
        given = self._ask_password() if interactive else os.environ.get(PASSWORD_VARIABLE, "")
        password = given or generate_password()
        try:
            user = create_account(
                username=username, email=email or "", role=User.Role.KNOWLEDGE_ADMIN, password=password, is_told=not given
            )
        except AccountsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Account {user.username} ({user.get_role_display()}) was made.")
        if not given:
            self.stdout.write(f"Password: {password}")
            self.stdout.write("It is shown this once, and must be changed at the first sign-in.")

    def _ask_password(self) -> str:
        password = getpass.getpass()
        if not password:
            raise CommandError("The password is empty.")
        if password != getpass.getpass("Password (again): "):
            raise CommandError("The passwords differ.")
        return password
