"""`manage.py import_people FILE`: makes and changes accounts by a CSV file, after it has told what it would do."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountRefused
from accounts.people.importing import plan_import, run_import


class Command(BaseCommand):
    help = "Make and change accounts by a CSV file. Tells line by line what it would do; does it with --apply."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="UTF-8; the first line names the columns, of which username has to be one")
        parser.add_argument("--apply", action="store_true", help="do it: all lines, or none")
        parser.add_argument("--leave-out-refused", action="store_true", help="do the other lines although some are refused")

    def handle(self, *, file: Path, apply: bool, leave_out_refused: bool, **options: object) -> None:
        try:
            plan = plan_import(file.read_text(encoding="utf-8-sig"))
            for line in plan.lines:
                told = line.reason or ", ".join(f"{name}: {old or '–'} → {new or '–'}" for name, (old, new) in line.changed.items())
                self.stdout.write(f"{line.number}\t{line.action}\t{line.username}\t{told}".rstrip())
            refused = plan.having("refuse")
            if refused and not leave_out_refused:
                raise CommandError(
                    f"{len(refused)} lines are refused, and nothing was changed. Put them right, or --leave-out-refused."
                )
            if apply:
                run_import(plan, actor=None)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        except AccountRefused as error:
            raise CommandError(error.message) from error
        counts = ", ".join(f"{len(plan.having(action))} {action}" for action in ("make", "change", "same", "refuse"))
        self.stderr.write(f"{counts}." + ("" if apply else " Nothing was changed: this was without --apply."))
