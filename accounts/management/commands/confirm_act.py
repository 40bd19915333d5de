"""`manage.py confirm_act`: be the second person for what touches an auditor's account, as whoever runs the machine."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountRefused
from accounts.models import PendingAct
from accounts.second_person import confirm_act, pending_acts
from accounts.sign_in.links import Purpose, make_link


class Command(BaseCommand):
    help = "List what waits for a second person; with its number, confirm it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", nargs="?", type=int)

    def handle(self, *, number: int | None, **options: object) -> None:
        if number is None:
            lines = [
                f"{act.pk}  {act.get_kind_display()}: {act.user.username} (asked by {act.asked_by.username})"
                for act in pending_acts()
            ]
            self.stdout.write("\n".join(lines) or "Nothing waits.")
            return
        try:
            act = confirm_act(pk=number, actor=None)
        except AccountRefused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"Done: {act.get_kind_display()}: {act.user.username}")
        if act.kind == PendingAct.Kind.PASSWORD:
            act.user.refresh_from_db()
            self.stdout.write(f"A link to set a password: {make_link(act.user, purpose=Purpose.INVITED)}")
