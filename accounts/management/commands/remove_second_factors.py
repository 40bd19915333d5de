"""`manage.py remove_second_factors NAME`: for who lost theirs where no other knowledge admin can help."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.sign_in.second_factors.holding import remove_factors


class Command(BaseCommand):
    help = "Remove an account's second factors and recovery codes, and end its sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *, name: str, **options: object) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account {name!r}.")
        count = remove_factors(user=user, actor=None)
        self.stdout.write(f"{count} second factor{'s' * (count != 1)} of {user.username} removed.")
