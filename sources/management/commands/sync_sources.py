"""manage.py sync_sources: brings sources in step now, lists them, or says what a run would do."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ingest.queue.notices import notify_worker
from sources.connectors.errors import ConnectorError
from sources.sync.counting import COUNTS
from sources.sync.models import Source
from sources.sync.preview import dry_run
from sources.sync.running import run_due
from sources.sync.services import request_run
from sources.sync.words import fault_words


class Command(BaseCommand):
    help = "Bring sources in step now: all that are active, or those named. The workers then index what came in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="as on the page; default: every source that is not paused")
        parser.add_argument("--list", action="store_true", help="only list them, with how they are")
        parser.add_argument("--dry-run", action="store_true", help="only say what a run would do")
        parser.add_argument("--delete-many", action="store_true", help="delete what is gone, however much it is")

    def handle(self, *, names: list[str], list: bool, dry_run: bool, delete_many: bool, **options: object) -> None:
        rows = Source.objects.filter(removed_at=None).select_related("collection")
        if unknown := set(names) - set(rows.values_list("name", flat=True)):
            raise CommandError(f"There is no source named {', '.join(sorted(unknown))}.")
        rows = rows.filter(name__in=names) if names else rows
        if list:
            for row in rows:
                self.stdout.write(describe(row))
            return
        failed = False
        for row in rows if names else rows.filter(is_paused=False):
            try:
                self.stdout.write(f"{row.name}: {plan_of(row) if dry_run else run_whole(row, delete_many=delete_many)}")
            except ConnectorError as error:
                failed = True
                self.stderr.write(f"{row.name}: {fault_words(error.code, error.message)}")
        notify_worker()
        if failed:
            raise SystemExit(1)


def describe(source: Source) -> str:
    """Return a line about a source."""
    state = fault_words(source.error_code, source.error_detail) or ("paused" if source.is_paused else "active")
    last = f"last run {source.last_run_at:%Y-%m-%d %H:%M}" if source.last_run_at else "never run"
    return f"{source.collection.slug}\t{source.name}\t{source.kind}\t{source.place}\t{last}\t{state}"


def plan_of(source: Source) -> str:
    """Return what a run would do. Raises: ConnectorError."""
    plan = dry_run(source, most=None, within_s=None)
    return f"{plan.listed} listed, {plan.new} new, {plan.changed} changed, {plan.unchanged} unchanged, {plan.deleted} gone."


def run_whole(source: Source, *, delete_many: bool) -> str:
    """Run batches of the source until its run has ended. Returns: what came of it. Raises: ConnectorError: it failed."""
    started = timezone.now()
    request_run(source, user=None, may_delete_many=delete_many)
    while run_due(only=source.pk):
        source.refresh_from_db()
        if source.last_run_at is not None and source.last_run_at >= started:
            break
    source.refresh_from_db()
    if source.last_run_at is None or source.last_run_at < started:
        return "a worker has it, or the source asked to wait."
    if source.error_code:
        raise ConnectorError(source.error_detail, code=source.error_code)
    run = source.runs.first()
    return ", ".join(f"{run.counts.get(name, 0)} {name.replace('_', ' ')}" for name in COUNTS) + "." if run is not None else ""
