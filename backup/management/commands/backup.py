"""`manage.py backup FILE`: everything of this installation in one file, while it serves."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from tqdm import tqdm

from audit.actor import COMMAND_LINE
from audit.errors import AuditError
from audit.services import record
from backup.errors import BackupError
from backup.given_secrets import add_secret_arguments, read_secret
from backup.saving import Saved, save_backup
from vault.errors import VaultError
from vault.kept import configured_ring


class Command(BaseCommand):
    help = "Write database, originals, audit and keys into one new file, as they are at one moment, while people go on working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--without-originals", action="store_true", help="leave the uploaded files out")
        parser.add_argument("--without-keys", action="store_true", help="leave the secret key and the audit's signing key out")
        add_secret_arguments(parser)

    def handle(
        self,
        *,
        file: Path,
        without_originals: bool,
        without_keys: bool,
        passphrase: bool,
        passphrase_file: Path | None,
        key_file: Path | None,
        **options: object,
    ) -> None:
        try:
            secret = read_secret(passphrase=passphrase, passphrase_file=passphrase_file, key_file=key_file, is_new=True)
            with tqdm(unit=" rows", disable=None, leave=False) as rows, tqdm(unit="B", unit_scale=True, disable=None) as files:
                bars = {"rows": rows, "originals": files}
                saved = save_backup(
                    file,
                    secret=secret,
                    with_originals=not without_originals,
                    with_keys=not without_keys,
                    advance=lambda what, count: bars[what].update(count),
                )
        except (BackupError, VaultError) as error:
            raise CommandError(str(error)) from error
        self._note(file, saved)
        self._print_result(file, saved, is_open=secret is None and not without_keys, is_clear=secret is None)

    def _note(self, file: Path, saved: Saved) -> None:
        """Record that it was made, without where: the page of the system says how old the last one is."""
        try:
            record("backup.made", by=COMMAND_LINE, summary=file.name, payload={"size": saved.size, "events": saved.events})
        except (AuditError, DatabaseError, OSError) as error:
            self.stderr.write(self.style.WARNING(f"The backup is whole. That it was made could not be recorded: {error}"))

    def _print_result(self, file: Path, saved: Saved, *, is_open: bool, is_clear: bool) -> None:
        originals = f"{saved.originals} original{'' if saved.originals == 1 else 's'}"
        self.stdout.write(
            self.style.SUCCESS(f"{file}: {saved.rows} rows, {originals}, the audit up to event {saved.events}, {saved.size} bytes.")
        )
        for path in saved.missing:
            self.stderr.write(
                self.style.WARNING(f"The original {path} is missing or damaged: its text is in the backup, it is not.")
            )
        if is_open:
            self.stderr.write(
                self.style.WARNING(
                    "The file is not encrypted and holds the keys of this installation: keep it where only its operators can "
                    "read, or use --passphrase, --key-file or --without-keys."
                )
            )
        if is_clear and configured_ring().seals:
            self.stderr.write(
                self.style.WARNING("It holds in clear what ATTEST_DATA_KEYS seals here: use --passphrase-file or --key-file.")
            )
        if saved.secret_key_elsewhere:
            self.stderr.write(
                self.style.WARNING("The secret key is in ATTEST_SECRET_KEY and not in the backup: keep it, a restore needs it.")
            )
