"""A marker file that says the index is damaged: written by whoever finds the damage, removed by the rebuild that repairs it."""

import logging
from pathlib import Path

from retrieval.errors import IndexDamaged, IndexOutdated

logger = logging.getLogger(__name__)
NOTE = "DAMAGED"


def note_damage(root: Path, error: IndexDamaged) -> None:
    """Leave a note for the rebuild; the first to meet the damage logs it."""
    try:
        with (root / NOTE).open("x", encoding="utf-8") as stream:
            stream.write(f"{error}\n")
    except FileExistsError:
        return
    except OSError as fault:  # a folder that this process may only read
        logger.warning("no note of the damage could be left in %s: %s", root, fault)
    if isinstance(error, IndexOutdated):
        logger.warning("the index is to be made anew from the database: %s", error)
    else:
        logger.error("the index is damaged, to be rebuilt from the database: %s", error)


def is_noted(root: Path) -> bool:
    return (root / NOTE).exists()


def clear_note(root: Path) -> None:
    (root / NOTE).unlink(missing_ok=True)
