"""`manage.py export_receipts UID… --output FILE.zip`: receipts that can be checked without this installation."""

from argparse import ArgumentParser
from pathlib import Path
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from audit.errors import AuditError
from audit.models import Event
from reviews.exporting import export_receipts


class Command(BaseCommand):
    help = "Write receipts with their proofs into a ZIP file; scripts/verify_receipt.py checks it anywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("receipts", nargs="+", type=UUID, metavar="UID", help="numbers of receipts")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="a new file")

    def handle(self, *, receipts: list[UUID], output: Path, **options: object) -> None:
        events = list(Event.objects.filter(uid__in=receipts).select_related("payload").order_by("sequence"))
        if missing := sorted(set(receipts) - {event.uid for event in events}, key=str):
            raise CommandError(f"There is no receipt {missing[0]}.")
        try:
            content = export_receipts(events, by=None)
            with output.open("xb") as stream:
                stream.write(content)
        except AuditError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        self.stdout.write(self.style.SUCCESS(f"{len(events)} receipt(s) in {output}, {len(content)} bytes."))
