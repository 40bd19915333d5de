"""`manage.py reindex`: chunk and embed the whole library again, while the present index keeps serving."""

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ingest.editions import building as editions
from ingest.editions.wanted import find_wanted
from ingest.errors import UploadRefused
from ingest.models import Job
from ingest.queue.running import run_due_jobs, sweep
from kb.index.editions import building_edition, serving_edition
from kb.index.engine import get_engine
from kb.models import Edition
from retrieval.errors import RetrievalError

POLL_S = 0.5
CHANGES = ("pause", "resume", "cancel", "status")


class Command(BaseCommand):
    help = (
        "Cut and embed every document anew, with the encoder that ATTEST_EMBEDDER names, beside the serving index; swap the "
        "two when all of it is there. It goes on after a restart, and can be paused. Exit code 1 if a document failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="also where encoder and cutting are those that answer")
        parser.add_argument("--no-wait", action="store_true", help="leave the work to the workers")
        parser.add_argument("--pause", action="store_true", help="stop building; what is there stays")
        parser.add_argument("--resume", action="store_true", help="go on building, and try again what failed")
        parser.add_argument("--cancel", action="store_true", help="give the new index up")
        parser.add_argument("--status", action="store_true", help="say what answers, what is built, and how far it is")

    def handle(self, *, force: bool, no_wait: bool, **options: object) -> None:
        chosen = [name for name in CHANGES if options[name]]
        if len(chosen) > 1:
            raise CommandError("Choose one of --pause, --resume, --cancel and --status.")
        try:
            if chosen == ["pause"]:
                editions.pause_edition(user=None)
            elif chosen == ["cancel"]:
                editions.cancel_edition(user=None)
            elif chosen == ["resume"]:
                self._build(editions.resume_edition(user=None, should_notify=no_wait), no_wait=no_wait)
            elif not chosen and self._is_to_start(force=force):
                self._build(editions.start_edition(engine=get_engine(), user=None, should_notify=no_wait), no_wait=no_wait)
        except UploadRefused as refused:
            raise CommandError(str(refused.message)) from refused
        except RetrievalError as error:
            raise CommandError(f"ATTEST_EMBEDDER: {error}") from error
        self._print_state()

    def _is_to_start(self, *, force: bool) -> bool:
        wanted = find_wanted()
        if force or building_edition() is not None or not wanted.is_made_by(serving_edition()):
            return True
        self.stdout.write("Nothing to do: what answers was made with this encoder and this cutting.")
        return False

    def _build(self, edition: Edition, *, no_wait: bool) -> None:
        """Work on it here, beside whatever workers there are, until it is swapped in, paused or cannot go on."""
        if no_wait:
            return
        total = editions.measure_progress(edition).documents
        with tqdm(total=total, unit=" documents") as bar:
            while Edition.objects.filter(pk=edition.pk, state=Edition.State.BUILDING, is_paused=False).exists():
                worked = run_due_jobs(only_kind=Job.Kind.REBUILD, for_s=POLL_S)
                progress = editions.measure_progress(edition)
                bar.n, bar.total = progress.done, progress.documents
                bar.refresh()
                if progress.failed and progress.failed + progress.done >= progress.documents:
                    raise CommandError(
                        f"{progress.failed} documents failed; see the page of the queue, and --resume.", returncode=1
                    )
                if not worked:
                    sweep()
                    time.sleep(POLL_S)

    def _print_state(self) -> None:
        serving, building = serving_edition(), building_edition()
        self.stdout.write(f"Answers: edition {serving.number}, {serving.encoder or 'nothing yet'}, cutting {serving.cutting}.")
        if building is not None:
            progress = editions.measure_progress(building)
            state = "paused" if building.is_paused else "being built"
            self.stdout.write(
                f"Edition {building.number} is {state}: {building.encoder}, cutting {building.cutting}; "
                f"{progress.done} of {progress.documents} documents, {progress.failed} failed."
            )
        try:
            wanted = find_wanted()
        except RetrievalError as error:
            self.stdout.write(self.style.WARNING(f"ATTEST_EMBEDDER: {error}"))
            return
        if building is None and not wanted.is_made_by(serving):
            self.stdout.write(
                self.style.WARNING(f"The settings name {wanted.encoder}, cutting {wanted.cutting}: run manage.py reindex.")
            )
