"""`manage.py verify_audit`: recompute the audit chain and say in words whether it is whole."""

from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from audit.chain.seams import Seam
from audit.chain.verification import verify_chain
from audit.chain.verifying.problems import Problem
from audit.errors import AuditError
from audit.outgoing.fetching import checkpoint_file


class Command(BaseCommand):
    help = "Recompute the audit chain; exit code 1 when something was altered, taken out, cut off or forged."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoint", metavar="FILE|URL", help="checkpoints kept elsewhere; by default the installation's own"
        )
        parser.add_argument("--public-key", type=Path, metavar="FILE", help="the key to them; by default the installation's own")

    def handle(self, *, checkpoint: str | None, public_key: Path | None, **options: object) -> None:
        try:
            with checkpoint_file(checkpoint) if checkpoint else nullcontext() as path:
                found = verify_chain(checkpoint=path, public_key=public_key)
        except AuditError as error:
            raise CommandError(str(error)) from error
        for problem in found.problems:
            self.stderr.write(self.style.ERROR(describe_problem(problem)))
        if not found.is_intact:
            raise CommandError(f"The audit is not intact: {len(found.problems)} problem(s) among {found.events} events.")
        self.stdout.write(self.style.SUCCESS(f"The audit is intact: {found.events} events, each follows from the one before it."))
        if found.authenticated:
            self.stdout.write(f"{found.authenticated} of them bear the mark of this installation's keys.")
        elif found.events:
            self.stdout.write(self.style.WARNING("None of them bears a mark yet: run `manage.py prepare`."))
        if found.guards_missing:
            names = ", ".join(found.guards_missing)
            warning = f"The database lacks the triggers that protect the audit ({names}): run `manage.py prepare`."
            self.stdout.write(self.style.WARNING(warning))
        if found.erased:
            self.stdout.write(f"{found.erased} of them had their personal data erased, each erasure on record.")
        for seam in found.seams:
            self.stdout.write(self.style.WARNING(describe_seam(seam)))
        if found.checkpoint is None:
            self.stdout.write("There is no checkpoint yet, so that a cut-off tail would not show.")
        else:
            self.stdout.write(
                f"{found.checkpoints} signed checkpoint(s) match; the newest, of {found.checkpoint.at}, "
                f"covers all but the last {found.uncovered} event(s)."
            )
        self.stdout.write(f"Head: {found.head_hash}")


def describe_problem(problem: Problem) -> str:
    if problem.code.endswith("_orphaned"):
        return f"{problem.message} [{problem.code}]"
    subject = f"Event {problem.sequence}" if problem.sequence else "Checkpoint file:"
    return f"{subject} {problem.message} [{problem.code}]"


def describe_seam(seam: Seam) -> str:
    """Return what a restore left out, as far as it is known."""
    sentence = f"Restored at {seam.restored_at} from the backup of {seam.backed_up_at}, which ended with event {seam.sequence}: "
    if not seam.known_sequence:
        return f"{sentence}what was recorded between the two is not in this audit; no later checkpoint was known."
    return (
        f"{sentence}events {seam.sequence + 1} to {seam.known_sequence} of before (signed at {seam.known_at}), and what may have "
        "followed, are not in this audit."
    )
