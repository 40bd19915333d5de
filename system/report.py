"""The report: every section by itself, so that what is broken is told instead of breaking the page that should tell it."""

import logging
from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _

from system.sections import audit, index, models, people, software, storage, work
from system.values import Problem, Report, Section

logger = logging.getLogger(__name__)
READERS: tuple[tuple[str, Callable[[], Section]], ...] = (
    ("software", software.read_software),
    ("database", storage.read_database),
    ("disk", storage.read_disk),
    ("backup", storage.read_backup),
    ("broker", work.read_broker),
    ("workers", work.read_workers),
    ("queue", work.read_queue),
    ("index", index.read_index),
    ("encoder", index.read_encoder),
    ("ocr", index.read_ocr),
    ("models", models.read_models),
    ("sign_in", people.read_sign_in),
    ("mail", people.read_mail),
    ("audit", audit.read_audit),
)


def read_report() -> Report:
    """Return how everything is, in the active language. Nothing secret is in it: no key, no password, no address with one."""
    return Report(at=timezone.now(), sections=tuple(_read(code, read) for code, read in READERS))


def _read(code: str, read: Callable[[], Section]) -> Section:
    try:
        return read()
    except Exception:  # the edge of each section
        logger.exception("the section %s of the system's report could not be read", code)
        sentence = _("This could not be read. See the log of the web process for the cause.")
        return Section(code=code, title=code, problems=[Problem(code="unreadable", sentence=sentence, is_urgent=True)])
