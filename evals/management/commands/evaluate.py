"""`manage.py evaluate DIR`: measure retrieval, and with --answers answering, on a folder of documents and questions."""

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from evals.datasets import BadDataset, read_questions
from evals.report import as_table, evaluate_folder

APART = "ATTEST_EVALUATION_APART"  # set in the child: its data folder is its own


class Command(BaseCommand):
    help = "Index a folder of documents and questions apart from this installation's data; measure search and answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--answers", action="store_true", help="ask every question too")
        parser.add_argument("--limit", type=int, help="at most so many questions, evenly from the whole set")
        parser.add_argument("--keep", type=Path, help="index into this folder, and find it indexed the next time")
        parser.add_argument("--json", type=Path, dest="out", help="write the figures to this file")

    def handle(
        self, *, folder: Path, answers: bool, limit: int | None, keep: Path | None, out: Path | None, **options: object
    ) -> None:
        try:
            read_questions(folder, limit=1)
            if os.environ.get(APART) != str(settings.ATTEST_HOME):
                self._run_apart(folder, answers=answers, limit=limit, keep=keep, out=out)
                return
            call_command("migrate", verbosity=0)
            report = evaluate_folder(folder, limit=limit, with_answers=answers)
        except BadDataset as error:
            raise CommandError(str(error)) from error
        if out is not None:
            out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        self.stdout.write(as_table(report))

    def _run_apart(self, folder: Path, *, answers: bool, limit: int | None, keep: Path | None, out: Path | None) -> None:
        """Run this command again in a process with a data folder of its own: settings cannot move once they are read."""
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "evaluate", str(folder.resolve())]
        command += (
            ["--answers"] * answers + (["--limit", str(limit)] if limit else []) + (["--json", str(out.resolve())] if out else [])
        )
        with tempfile.TemporaryDirectory(prefix="attest-evaluate-") as passing:
            home = str((keep or Path(passing)).resolve())
            Path(home).mkdir(parents=True, exist_ok=True)
            environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CELERY_BROKER_URL")}
            environment |= {"ATTEST_HOME": home, APART: home}
            code = subprocess.run(command, env=environment, check=False).returncode
        if code:
            raise CommandError("The evaluation did not finish; see above.", returncode=code)
