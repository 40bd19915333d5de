"""`manage.py migrate_index ADDRESS`: fill the index of a Milvus from the database, while the present one answers."""

from argparse import ArgumentParser
from typing import cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from kb.index.backends import LOCAL
from kb.index.editions import serving_edition
from kb.index.engine import Engine, engine_at, engine_of
from kb.index.migration import RowWriter, migrate_index
from kb.index.rebuilding import rebuild_index
from retrieval.errors import RetrievalError


class Command(BaseCommand):
    help = "Bring another index to what the database holds, without embedding anything again; may be cut off and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="milvus://user:password@host:19530/database, or local")

    def handle(self, *, address: str, **options: object) -> None:
        edition = serving_edition()
        try:
            target = engine_at(address, edition=edition)
            if address == LOCAL:
                self.stdout.write(f"The local index was built anew as generation {rebuild_index(engine=target)}.")
            else:
                self._fill(target, engine_of(edition))
        except RetrievalError as error:
            raise CommandError(f"{error} What was sent stays; run the command again to go on.") from error
        if address != settings.RETRIEVAL_URL:
            self.stdout.write(
                "Set RETRIEVAL_URL to this address and start Attest anew; then run this command once more for what came meanwhile."
            )

    def _fill(self, target: Engine, engine: Engine) -> None:
        if target.writer.is_outdated:  # nothing in it can be kept
            rebuild_index(engine=target)
        with tqdm(desc="chunks", unit="") as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            writer = cast(RowWriter, target.writer)  # every index but the local one has it
            done = migrate_index(engine=engine, writer=writer, snapshot=target.snapshot, progress=show)
        counts = f"{done.chunks} chunks, {done.sent} sent, {done.removed} removed, {done.sampled} looked for in both legs"
        if not done.is_whole:
            lost = f"; not found: {', '.join(map(str, done.lost[:5]))}" if done.lost else ""
            raise CommandError(f"{counts}; {done.missing} missing, {done.stale} too many{lost}. Run the command again.")
        self.stdout.write(self.style.SUCCESS(f"The index is whole: {counts}."))
