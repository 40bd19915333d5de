"""`manage.py seed_models FILE`: take over models and routes from a JSON file. Without FILE: MODELS_FILE, at the first start."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from gateway.seeding import SeedRefused, seed_first_models, seed_models


class Command(BaseCommand):
    help = "Make or change language models and routes from a JSON file; docs/operations.md shows one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", nargs="?", help="MODELS_FILE, where no model is there yet")

    def handle(self, *, file: Path | None, **options: object) -> None:
        try:
            taken = seed_models(file) if file else seed_first_models()
        except SeedRefused as refused:
            raise CommandError(str(refused)) from refused
        if taken is None:
            self.stdout.write("Nothing to do: models are there already, or MODELS_FILE is not set.")
            return
        models, routes = taken
        self.stdout.write(self.style.SUCCESS(f"{models} models and {routes} routes were taken over."))
