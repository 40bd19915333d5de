"""`manage.py load_demo`: adds the demo to an installation that was started without it."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from ingest.first_start.accounts import describe_accounts
from ingest.first_start.demo import load_demo


class Command(BaseCommand):
    help = "Make the demo's groups, people and collections, and accept its documents. What exists already stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "demo", help="where demo.json is")

    def handle(self, *, folder: Path, **options: object) -> None:
        """Load it and print the new accounts, if any."""
        demo = load_demo(folder=folder)
        self.stdout.write(f"{demo.documents} demo documents accepted; the worker reads them now.")
        for name in demo.refused:
            self.stderr.write(f"{name} was not accepted.")
        if demo.accounts:
            self.stdout.write(describe_accounts(demo.accounts))
