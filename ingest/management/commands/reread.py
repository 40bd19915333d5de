"""manage.py reread: reads stored documents again with the present parsers, while what was read before answers."""

import datetime
from argparse import ArgumentParser, ArgumentTypeError

from django.core.management.base import BaseCommand
from tqdm import tqdm

from ingest.documents.again import find_read_before, reread_document
from ingest.errors import UploadRefused
from ingest.queue.notices import notify_worker
from kb.management.finding import find_collection


class Command(BaseCommand):
    help = (
        "Read documents again with this release, which may read more of them than the one that read them. The workers do it; what "
        "was read before answers until then. Documents that wait already, or whose original is gone, are left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--collection", metavar="SLUG", help="its address, or its name; default: all")
        parser.add_argument("--before", type=_day, metavar="DATE", help="only what was read before this day, 2026-12-01")
        parser.add_argument("--ending", action="append", default=[], metavar="ENDING", help="only such files; as often as wanted")
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(
        self, *, collection: str | None, before: datetime.date | None, ending: list[str], dry_run: bool, **options: object
    ) -> None:
        chosen = find_collection(collection) if collection else None
        documents = find_read_before(before, collection=chosen, endings=tuple(ending))
        if dry_run:
            self.stdout.write(f"Would be read again: {documents.count()} documents.")
            return
        left: dict[str, int] = {}
        queued = 0
        for document in tqdm(documents.iterator(), total=documents.count(), desc="Queue", unit="document", disable=None):
            try:
                reread_document(document, user=None, should_notify=False)
                queued += 1
            except UploadRefused as refused:
                left[str(refused.message)] = left.get(str(refused.message), 0) + 1
        notify_worker()
        self.stdout.write(f"The workers read {queued} documents again.")
        for message, count in left.items():
            self.stdout.write(f"Left alone: {count}. {message}")


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no day such as 2026-12-01") from error
