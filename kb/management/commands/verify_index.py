"""`manage.py verify_index`: the ids in FAISS, in BM25 and in the database must be the same. Exit code 1 where they differ."""

import logging
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from kb.index.engine import Engine, get_engine
from kb.index.rebuilding import rebuild_index
from kb.models import Chunk
from retrieval.errors import RetrievalError

logger = logging.getLogger(__name__)
SHOWN = 5  # ids named for each difference


class Command(BaseCommand):
    help = "Compare the chunks in FAISS, in BM25 and in the database, and check the index's files against their checksums."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="rebuild the index from the database, without the encoder")

    def handle(self, *, repair: bool, **options: object) -> None:
        engine = get_engine()
        problems = self._compare(engine)
        if problems and repair:
            for problem in problems:
                self.stdout.write(f"before: {problem}")
            self.stdout.write(f"rebuilt from the database as generation {rebuild_index(engine=engine)}")
            problems = self._compare(engine)
        if problems:
            raise CommandError("\n".join(problems), returncode=1)
        self.stdout.write(self.style.SUCCESS("The index is whole."))

    def _compare(self, engine: Engine) -> list[str]:
        """Print the counts; return what is wrong, one line each."""
        database = frozenset(Chunk.objects.live().filter(edition=engine.edition).values_list("pk", flat=True))
        try:
            engine.check_files()
            keyword, dense = engine.writer.chunk_ids()
            generation = engine.generation
        except RetrievalError as error:
            logger.warning("the index is damaged: %s", error)
            return [f"{error.code}: {error}"]
        self.stdout.write(f"generation {generation}: database {len(database)}, BM25 {len(keyword)}, FAISS {len(dense)} chunks")
        differences = {
            "in the database, not in BM25": database - keyword,
            "in the database, not in FAISS": database - dense,
            "in BM25, not live in the database": keyword - database,
            "in FAISS, not live in the database": dense - database,
        }
        return [f"{len(ids)} {where}, e.g. {', '.join(map(str, sorted(ids)[:SHOWN]))}" for where, ids in differences.items() if ids]
