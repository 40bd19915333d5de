"""`manage.py evaluate DIR`: measure retrieval, and with --answers answering, on a folder of documents and questions."""

import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from evals.datasets import BadDataset, read_questions
from evals.evaluation.apart import is_apart, run_apart
from evals.evaluation.report import as_table, evaluate_folder


class Command(BaseCommand):
    help = "Index a folder of documents and questions apart from this installation's data; measure search and answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--answers", action="store_true", help="ask every question too")
        parser.add_argument("--vocabulary", action="store_true", help="ask with made-up words for names, and explain them")
        parser.add_argument("--limit", type=int, help="at most so many questions, evenly from the whole set")
        parser.add_argument("--keep", type=Path, help="index into this folder, and find it indexed the next time")
        parser.add_argument("--json", type=Path, dest="out", help="write the figures to this file")

    def handle(
        self,
        *,
        folder: Path,
        answers: bool,
        vocabulary: bool,
        limit: int | None,
        keep: Path | None,
        out: Path | None,
        **options: object,
    ) -> None:
        try:
            read_questions(folder, limit=1)
            if not is_apart():
                flags = ["--answers"] * answers + ["--vocabulary"] * vocabulary
                self._run_apart(folder, flags=flags, limit=limit, keep=keep, out=out)
                return
            call_command("migrate", verbosity=0)
            report = evaluate_folder(folder, limit=limit, with_answers=answers, with_vocabulary=vocabulary)
        except BadDataset as error:
            raise CommandError(str(error)) from error
        if out is not None:
            out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        self.stdout.write(as_table(report))

    def _run_apart(self, folder: Path, *, flags: list[str], limit: int | None, keep: Path | None, out: Path | None) -> None:
        arguments = ["evaluate", str(folder.resolve()), *flags]
        arguments += (["--limit", str(limit)] if limit else []) + (["--json", str(out.resolve())] if out else [])
        if code := run_apart(arguments, keep=keep):
            raise CommandError("The evaluation did not finish; see above.", returncode=code)
