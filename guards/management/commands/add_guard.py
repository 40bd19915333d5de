"""Make a guard from one of those to start from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import ValuesRefused
from guards.editing import create_guard
from guards.models import Guard
from guards.starters import BY_NAME


class Command(BaseCommand):
    help = "Adds a guard from a starter."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("starter", choices=sorted(BY_NAME))
        parser.add_argument("--mode", choices=Guard.Mode.values, default=Guard.Mode.MONITOR)
        parser.add_argument("--collection", default="", help="address of a collection; default: all")

    def handle(self, *, starter: str, mode: str, collection: str, **options: Any) -> None:
        try:
            guard = create_guard(user=None, **{**BY_NAME[starter].values, "mode": mode, "collection": collection})
        except ValuesRefused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"{guard.name}: {guard.get_mode_display()}")
