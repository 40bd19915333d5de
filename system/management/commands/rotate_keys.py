"""Bring everything that is sealed under the first key of ATTEST_DATA_KEYS."""

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit.actor import COMMAND_LINE
from audit.services import record
from system.sealing.renewing import renew_all
from vault.errors import VaultError


class Command(BaseCommand):
    help = (
        "Seal what lies in clear, and wrap anew what an older key sealed, by the first key of ATTEST_DATA_KEYS: originals, pictures"
        " of pages, questions and answers. Runs beside a serving installation; killed half-way, it is run again."
    )

    def handle(self, *, verbosity: int, **options: object) -> None:
        try:
            with tqdm(unit=" items", disable=None if verbosity else True) as bar:
                done = renew_all(advance=bar.update)
        except VaultError as refused:
            raise CommandError(str(refused)) from refused
        payload = {"values": done.values, "originals": done.originals, "pictures": done.pictures, "missing": [*done.missing]}
        record("data.keys_rotated", by=COMMAND_LINE, payload=payload)
        for path in done.missing:
            self.stderr.write(f"{path} is not there: manage.py verify_index names its document.")
        counts = f"{done.values} values, {done.originals} originals, {done.pictures} pictures"
        self.stdout.write(f"Brought under the first key: {counts}.")
        self.stdout.write("Everything is under the first key now. The keys after it are needed for nothing but older copies.")
