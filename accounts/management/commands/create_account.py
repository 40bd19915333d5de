"""`manage.py create_account NAME`: make an account, and print once how its owner gets in: a password to be changed, or a link."""

import sys
from argparse import ArgumentParser

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountsError
from accounts.models import User
from accounts.passwords import generate_password
from accounts.services import create_account
from accounts.sign_in.links import Purpose, make_link


class Command(BaseCommand):
    help = "Make an account; prints a password once, which must be changed at the first sign-in, or a one-time link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", choices=User.Role.values, default=User.Role.EMPLOYEE)
        parser.add_argument("--group", action="append", default=[], metavar="NAME", help="may be given more than once")
        parser.add_argument("--email", default="")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        how.add_argument("--link", action="store_true", help="print a link by which its owner sets a password")

    def handle(
        self, *, name: str, role: str, group: list[str], email: str, password_stdin: bool, link: bool, **options: object
    ) -> None:
        found = {entry.name: entry for entry in Group.objects.filter(name__in=group)}
        missing = [wanted for wanted in group if wanted not in found]
        if missing:
            raise CommandError(f"There is no group named {', '.join(missing)}.")
        password = sys.stdin.readline().rstrip("\n") if password_stdin else "" if link else generate_password()
        if password_stdin and not password:
            raise CommandError("Standard input held no password.")
        is_told = not password_stdin
        try:
            user = create_account(username=name, role=role, groups=found.values(), email=email, password=password, is_told=is_told)
        except AccountsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Account {user.username} ({user.get_role_display()}) was made.")
        if link:
            self.stdout.write(f"Link: {make_link(user, purpose=Purpose.INVITED)}")
            self.stdout.write(f"It works once, and for {Purpose.INVITED.lasts_s // 3600} hours.")
        elif is_told:
            self.stdout.write(f"Password: {password}")
            self.stdout.write("It is shown this once, and must be changed at the first sign-in.")
