"""Golden questions from the shell: run, list, import, export."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from curation.canary.holding import finish_run, prepare_run
from curation.errors import CurationRefused
from curation.golden.files import read_file, write_lines
from curation.golden.models import GoldenQuestion, GoldenResult, GoldenRun
from curation.golden.questions import import_golden
from curation.golden.running import start_run, work_on_runs
from curation.templatetags.curation_words import miss_sentence
from kb.management.finding import find_collection
from kb.models import Collection

HOURS = 24 * 3600.0


class Command(BaseCommand):
    help = (
        "Golden questions: `run` asks them and ends with 1 where one does not pass, `list` shows them, `import` reads "
        "JSON Lines or a table with commas, `export` writes JSON Lines."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("run", "list", "import", "export"))
        parser.add_argument("file", nargs="?", type=Path, help="of import")
        parser.add_argument("--collection", metavar="SLUG", default="", help="address or name; run and list: all without it")
        parser.add_argument("--dry-run", action="store_true", help="import: only say what the file holds")

    def handle(self, *, action: str, file: Path | None, collection: str, dry_run: bool, **options: Any) -> None:
        with translation.override("en"):
            if action == "import":
                self._import(_one(collection), file, dry_run=dry_run)
            elif action == "export":
                self.stdout.write(write_lines(_one(collection).golden_questions.all()), ending="")
            elif action == "list":
                for row in GoldenQuestion.objects.filter(collection__in=_some(collection)).select_related("collection"):
                    expected = "refusal" if row.is_refusal else "; ".join(" | ".join(fact) for fact in row.facts)
                    self.stdout.write(f"{row.collection.slug}: {row.question}  [{expected or 'documents'}]")
            else:
                self._run(_some(collection), is_named=bool(collection))

    def _run(self, collections: list[Collection], *, is_named: bool) -> None:
        runs = []
        for collection in collections:
            try:
                runs.append(start_run(collection=collection, cause=GoldenRun.Cause.ASKED))
            except CurationRefused as refused:
                if is_named:
                    raise CommandError(refused.message) from refused
        if not runs:
            raise CommandError("No collection has golden questions in use.")
        for run in runs:
            self.stdout.write(f"{run.collection.name}:")
            work_on_runs(slice_s=HOURS, only=run, prepare=prepare_run, finished=finish_run, told=self._tell)
            run.refresh_from_db()
            if run.state != GoldenRun.State.DONE:
                raise CommandError("Another process works on this run. Wait until it is done.")
            self.stdout.write(f"  {run.passed} of {run.questions} passed, {run.failed} not, {run.errors} without an answer.")
        if any(not run.is_green for run in runs):
            raise CommandError("Not every golden question passed.")

    def _tell(self, result: GoldenResult) -> None:
        mark = {"passed": "ok  ", "failed": "FAIL", "error": "ERR "}[result.verdict]
        missing = "".join(f"\n       {miss_sentence(miss)}" for miss in result.misses)
        self.stdout.write(f"  {mark} {result.question}{missing}")

    def _import(self, collection: Collection, file: Path | None, *, dry_run: bool) -> None:
        if file is None:
            raise CommandError("Name the file to import.")
        try:
            rows = read_file(file.read_bytes(), collection=collection)
            if dry_run:
                self.stdout.write(f"{len(rows)} golden questions; nothing was kept.")
                return
            new, changed = import_golden(collection=collection, rows=rows, user=None)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except CurationRefused as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"{new} new, {changed} changed.")


def _one(named: str) -> Collection:
    if not named:
        raise CommandError("Name the collection with --collection.")
    return _some(named)[0]


def _some(named: str) -> list[Collection]:
    if not named:
        return list(Collection.objects.live().order_by("name"))
    return [find_collection(named)]
