"""Looking after a local index beside its readers and writers: mending it from the database, joining segments, checking files."""

import logging
from contextlib import suppress

from kb.engine import Engine, rebuild_index
from retrieval.errors import IndexDamaged
from retrieval.local.writer import LocalIndexWriter

logger = logging.getLogger(__name__)


def is_upkeep_due(*, engine: Engine) -> bool:
    """Return whether `tend_index` has something to do. Quick enough for every sweep."""
    writer = engine.writer
    return isinstance(writer, LocalIndexWriter) and (
        _wants_tending(writer) or writer.wants_check or writer.is_damaged or writer.is_outdated
    )


def tend_index(*, engine: Engine) -> bool:
    """Rebuild the index from the database where it is damaged or an earlier release cut its words, else join segments that are due;
    once a day read every file.

    Questions are answered meanwhile, from the generation that a reader has open or the one before. A Milvus looks after itself.

    Returns: whether something was done. Raises: retrieval.errors.RetrievalError, and the database's errors.
    """
    writer = engine.writer
    if not isinstance(writer, LocalIndexWriter):
        return False
    with writer.claim_upkeep() as mine:
        if not mine:
            return False
        done = False
        if writer.wants_check:
            done = True
            with suppress(IndexDamaged):  # there is a note now
                writer.check()
        with suppress(IndexDamaged):
            while not writer.is_damaged and writer.wants_tending and writer.tend():
                done = True
        if writer.is_damaged:
            generation = rebuild_index(engine=engine)
            logger.warning(
                "the damaged index of edition %s was rebuilt from the database as generation %s", engine.edition, generation
            )
            done = True
        elif writer.is_outdated:
            generation = rebuild_index(engine=engine)
            logger.info(
                "the index of edition %s was cut by another analyzer: its words were cut anew as generation %s",
                *(engine.edition, generation),
            )
            done = True
        return done


def _wants_tending(writer: LocalIndexWriter) -> bool:
    try:
        return writer.wants_tending
    except IndexDamaged:
        return False  # the manifest itself; there is a note now
