"""Maintain a local index in the background: repair it from the database, merge segments, check files."""

import logging
from contextlib import suppress

from kb.index.completeness import claim, is_rebuild_due, rebuild_noted
from kb.index.editions import building_edition
from kb.index.engine import Engine
from retrieval.errors import IndexDamaged, IndexUnavailable
from retrieval.local.writer import LocalIndexWriter

logger = logging.getLogger(__name__)


def engines_to_maintain(serving: Engine) -> tuple[Engine, ...]:
    """Return the engines whose indexes are maintained: of the serving edition, and of the one that is being built."""
    building = building_edition()
    return (serving,) if building is None else (serving, serving.of(building))


def is_upkeep_due(*, engine: Engine) -> bool:
    """Return whether `maintain_index` has something to do. Quick enough for every sweep."""
    if not isinstance(engine, Engine):
        return False
    writer = engine.writer
    if isinstance(writer, LocalIndexWriter):
        wants_care = _needs_maintenance(writer) or writer.needs_check or writer.is_damaged or writer.is_outdated
    else:
        try:
            wants_care = writer.is_outdated
        except IndexUnavailable as error:  # its server is unavailable, and with it whatever would be due
            logger.warning("the index cannot be looked after: %s", error)
            return False
    return wants_care or is_rebuild_due(engine=engine)


def maintain_index(*, engine: Engine) -> bool:
    """Rebuild the index from the database where it is damaged, lacks passages, or another release wrote it, else join segments that
    are due; once a day read every file.

    Questions are answered meanwhile, from the generation that a reader has open or the one before; where another release laid the
    index out otherwise, they fail until it is rebuilt. A Milvus looks after its files itself; passages that it lacks it gets like
    any other.

    Returns: whether something was done. Raises: retrieval.errors.RetrievalError, and the database's errors.
    """
    writer = engine.writer
    if not isinstance(writer, LocalIndexWriter):
        if writer.is_outdated:
            return claim(engine=engine) and _rebuild_outdated(engine)
        return is_rebuild_due(engine=engine) and claim(engine=engine) and _fill_up(engine)
    with writer.claim_upkeep() as mine:
        if not mine:
            return False
        done = False
        if writer.needs_check:
            done = True
            with suppress(IndexDamaged):  # there is a note now
                writer.check()
        with suppress(IndexDamaged):
            while not writer.is_damaged and writer.needs_maintenance and writer.maintain():
                done = True
        if writer.is_damaged:
            generation = rebuild_noted(engine=engine)
            logger.warning(
                "the damaged index of edition %s was rebuilt from the database as generation %s", engine.edition, generation
            )
            done = True
        elif writer.is_outdated:
            _rebuild_outdated(engine)
            done = True
        return done or (is_rebuild_due(engine=engine) and _fill_up(engine))


def _fill_up(engine: Engine) -> bool:
    """Rebuild an index that lacks passages."""
    generation = rebuild_noted(engine=engine)
    logger.warning(
        "the index of edition %s lacked passages: rebuilt from the database as generation %s", engine.edition, generation
    )
    return True


def _rebuild_outdated(engine: Engine) -> bool:
    generation = rebuild_noted(engine=engine)
    logger.info("the index of edition %s was of another release: it was made anew as generation %s", engine.edition, generation)
    return True


def _needs_maintenance(writer: LocalIndexWriter) -> bool:
    try:
        return writer.needs_maintenance
    except IndexDamaged:
        return False  # the manifest itself; there is a note now
