"""`manage.py create_api_key --user NAME --scope ask`: make an API key and print it once."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountsError
from accounts.keys import create_api_key
from accounts.management.finding import find_user
from accounts.models import ApiKey


class Command(BaseCommand):
    help = "Make an API key for a person; prints it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="NAME", help="whose rights the key has")
        scopes = ApiKey.Scope.values
        parser.add_argument("--scope", action="append", required=True, choices=scopes, help="may be given more than once")
        parser.add_argument("--days", type=int, default=365, metavar="N", help="how long it works (365)")
        parser.add_argument("--name", default="command line", help="what it is for, as the list of keys shows it")

    def handle(self, *, user: str, scope: list[str], days: int, name: str, **options: object) -> None:
        owner = find_user(user)
        try:
            made = create_api_key(user=owner, name=name, scopes=scope, days=days, actor=None)
        except AccountsError as error:
            raise CommandError(str(error)) from error
        until = f"{made.key.expires_at:%Y-%m-%d}"
        self.stderr.write(f"A key of {owner.username} for {', '.join(made.key.scopes)}, until {until}. It is shown this once:")
        self.stdout.write(made.text)
