"""`manage.py restore FILE`: a backup into an empty installation."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit.management.commands.verify_audit import describe_problem, describe_seam
from backup.errors import BackupError
from backup.given_secrets import add_secret_arguments, read_secret
from backup.restoring import Restored, restore_backup


class Command(BaseCommand):
    help = (
        "Check every byte of a backup, then restore it into this installation, which must be empty, put that into the audit, and "
        "build the index. Exit code 1 where something is not as it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--checkpoints",
            type=Path,
            metavar="FILE",
            action="append",
            default=[],
            help="checkpoints kept elsewhere, which may be newer than the backup; may be given more than once",
        )
        add_secret_arguments(parser)

    def handle(
        self,
        *,
        file: Path,
        checkpoints: list[Path],
        passphrase: bool,
        passphrase_file: Path | None,
        key_file: Path | None,
        **options: object,
    ) -> None:
        try:
            secret = read_secret(passphrase=passphrase, passphrase_file=passphrase_file, key_file=key_file, is_new=False)
            with tqdm(unit="B", unit_scale=True, disable=None, leave=False) as bar:
                restored = restore_backup(file, secret=secret, checkpoints=checkpoints, advance=lambda what, size: bar.update(size))
        except BackupError as error:
            raise CommandError(str(error)) from error
        self._print_result(restored)

    def _print_result(self, restored: Restored) -> None:
        self.stdout.write(
            self.style.SUCCESS(f"Restored the backup of {restored.made_at}: {restored.rows} rows, {restored.originals} originals.")
        )
        if not restored.has_originals:
            self.stdout.write("The backup was made without originals: questions are answered; copy them to ATTEST_HOME/files.")
        if restored.secret_key_differs:
            self.stderr.write(
                self.style.WARNING(
                    "The secret key is not in the backup. Set ATTEST_SECRET_KEY to the one of before, or enter the passwords "
                    "of SQL sources and the keys of models anew."
                )
            )
        if not restored.has_keys:
            self.stdout.write("The backup was made without keys: where the audit's signing key is not here, a new one was made.")
        for path in restored.left_out:
            self.stderr.write(self.style.WARNING(f"The original {path} is not in the backup."))
        if not restored.indexed:
            self.stdout.write("The index was not built; the workers build it when they run.")
        for seam in restored.audit.seams:
            self.stdout.write(describe_seam(seam))
        for problem in restored.audit.problems:
            self.stderr.write(self.style.ERROR(describe_problem(problem)))
        if not restored.audit.is_intact:
            raise CommandError(f"The audit of the backup is broken: {len(restored.audit.problems)} problem(s). All is restored.")
        self.stdout.write(f"The audit is whole: {restored.audit.events} events.")
