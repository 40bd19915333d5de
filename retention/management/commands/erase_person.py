"""`manage.py erase_person USERNAME --reason TEXT [--keep-account] [--export FILE.zip]`: erase a person's data, to the end."""

import shutil
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from retention.errors import RetentionRefused
from retention.models import Erasure
from retention.people.erasing import order_erasure, run_erasure
from retention.people.exporting import export_person


class Command(BaseCommand):
    help = "Erase what a person asked, was answered and looked at, and their names. The audit keeps hashes and says who ordered it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="is kept: do not name the person")
        parser.add_argument("--confirm", metavar="USERNAME", default="", help="the user name once more; without it nothing happens")
        parser.add_argument("--keep-account", action="store_true", help="the person goes on; only what was until now is erased")
        parser.add_argument("--export", type=Path, metavar="FILE", help="write a copy of the data into a new ZIP file first")

    def handle(
        self, *, username: str, reason: str, confirm: str, keep_account: bool, export: Path | None, **options: object
    ) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is no person with the user name {username}.")
        try:
            if export is not None:
                with export.open("xb") as target, export_person(person, by=None) as content:
                    shutil.copyfileobj(content, target)
            erasure = order_erasure(person=person, reason=reason, confirmation=confirm, with_account=not keep_account, by=None)
        except RetentionRefused as refused:
            raise CommandError(refused.message) from refused
        except OSError as error:
            raise CommandError(f"{export} cannot be written: {error.strerror}.") from error
        run_erasure(erasure)
        erasure = Erasure.objects.get(pk=erasure.pk)
        self.stdout.write(
            self.style.SUCCESS(f"Erased: the content of {erasure.events} events, {erasure.conversations} conversations.")
        )
        if erasure.held:
            self.stdout.write(self.style.WARNING(f"{erasure.held} are kept by a legal hold."))
