"""Obstacles: temporary faults of the installation, such as a full disk. Jobs wait for them to pass; no attempt is counted."""

import errno
import os
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext, gettext_noop

from kb.storage import FULL
from retrieval.errors import EncoderError, IndexDamaged, IndexLocked

DISK_FULL, DATABASE, INDEX_LOCKED, RESOURCES, ENCODER = "disk_full", "database", "index_locked", "resources", "encoder"
INDEX_DAMAGED = "index_damaged"
SENTENCES = {  # what a knowledge admin reads beside a job that waits
    DISK_FULL: gettext_noop("The server's disk is full. Processing resumes automatically when there is free space."),
    DATABASE: gettext_noop("The database is unavailable. Processing resumes automatically."),
    INDEX_LOCKED: gettext_noop("Another process is writing to the index. Processing resumes automatically."),
    INDEX_DAMAGED: gettext_noop("The index is damaged and is being rebuilt from the database. Processing resumes automatically."),
    ENCODER: gettext_noop(
        "The embedding model is missing. Processing resumes automatically when the model is available, or after the "
        "index is rebuilt with another one."
    ),
    RESOURCES: gettext_noop("The server is short of memory or open files. Processing resumes automatically."),
}
SHORT = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN))
# FAISS reports errors of the system as text: "… write error in …: 4051 != 153600 (No space left on device)".
FULL_IN_WORDS = tuple(f"({os.strerror(number)})" for number in FULL)
SQLITE_FULL = 13
SQLITE_AWAY = frozenset((5, 6, 8, 10, 14, 15))  # BUSY LOCKED READONLY IOERR CANTOPEN PROTOCOL, of sqlite3.h
POSTGRES_FULL = "53100"
# Of PostgreSQL's "Error Codes" the classes connection, resources, operator intervention, system, rollback; and lock_not_available.
POSTGRES_AWAY = ("08", "53", "57", "58", "40", "55P03")


def find_obstacle(error: BaseException) -> str:
    """Return the code of the obstacle behind an error, "" where there is none."""
    return next((code for cause in _causes(error) if (code := _obstacle(cause))), "")


def sentence_for(code: str) -> str:
    """Return the sentence for an obstacle, in the reader's language."""
    return gettext(SENTENCES[code])


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it. Not `__context__`: what was being dealt with when it came need not be its cause."""
    while error is not None:
        yield error
        error = error.__cause__


def _obstacle(error: BaseException) -> str:
    if isinstance(error, IndexLocked):
        return INDEX_LOCKED
    if isinstance(error, IndexDamaged):
        return INDEX_DAMAGED
    if isinstance(error, EncoderError):
        return ENCODER
    if isinstance(error, OperationalError | InterfaceError):
        return _obstacle_of_database(error)
    if isinstance(error, OSError):
        return DISK_FULL if error.errno in FULL else RESOURCES if error.errno in SHORT else ""
    return DISK_FULL if any(words in str(error) for words in FULL_IN_WORDS) else ""


def _obstacle_of_database(error: Exception) -> str:
    driver = error.__cause__
    number = getattr(driver, "sqlite_errorcode", None)
    if number is not None:
        primary = number & 0xFF  # the rest says more precisely what kind
        return DISK_FULL if primary == SQLITE_FULL else DATABASE if primary in SQLITE_AWAY else ""
    state = getattr(driver, "sqlstate", None)
    if state == POSTGRES_FULL:
        return DISK_FULL
    return DATABASE if state is None or state.startswith(POSTGRES_AWAY) else ""  # without a state: the connection broke
