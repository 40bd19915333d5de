"""manage.py run_sources: reads SQL sources now, without waiting for their schedule."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ingest.queue.notices import notify_worker
from sources.errors import message_for
from sources.models import SqlSource
from sources.running import run_due_sources

OUTCOME = "{name}: {new} new, {changed} changed, {unchanged} unchanged, {deleted} deleted, {held} held back, {refused} left out."


class Command(BaseCommand):
    help = "Read SQL sources now: all that are active, or those named. The workers then index what came in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help="as shown on the page; default: every source that is not paused"
        )

    def handle(self, *, names: list[str], **options: object) -> None:
        sources = SqlSource.objects.filter(removed_at=None)
        sources = sources.filter(name__in=names) if names else sources.filter(is_paused=False)
        if unknown := set(names) - set(sources.values_list("name", flat=True)):
            raise CommandError(f"There is no source named {', '.join(sorted(unknown))}.")
        failed = False
        for source in sources:
            source = run_whole(source)
            if source.error_code:
                failed = True
                self.stderr.write(f"{source.name}: {message_for(source.error_code, source.error_detail)}")
            elif source.last_run:
                self.stdout.write(OUTCOME.format(name=source.name, **source.last_run))
        notify_worker()
        if failed:
            raise SystemExit(1)


def run_whole(source: SqlSource) -> SqlSource:
    """Run batches of the source until its run has ended. Returns: the source as it is then."""
    started = timezone.now()
    SqlSource.objects.filter(pk=source.pk).update(wanted_at=started - timedelta(seconds=1))
    while run_due_sources(only=source.pk):
        source.refresh_from_db()
        if source.last_run_at and source.last_run_at >= started:
            break
    source.refresh_from_db()
    return source
