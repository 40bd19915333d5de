"""What machines ask: is it alive, is it ready. How it is doing is in config.metrics."""

import logging
import os
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from ingest.editions.wanted import find_complaints
from kb.storage import has_room
from system.readiness import check_retrieval

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, so that a broken database does not restart every web process."""
    return JsonResponse({"alive": True})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """503 until pages can be served and questions answered: the database at the newest migration, the data folder writable, with
    room on it, the index there and its server answering, the encoder's too, and all loaded that a first question touches.

    `complaints`: what does not keep pages from being served, and should be seen to: an encoder that is gone, passages that are
    missing in the index.
    """
    checks = {"database": _holds(_database_is_migrated), "files": _holds(_files_are_writable), "space": _holds(has_room)}
    if checks["database"]:
        checks |= check_retrieval()
    is_ready = all(checks.values())
    complaints = find_complaints() if checks["database"] else []
    return JsonResponse({"ready": is_ready, "checks": checks, "complaints": complaints}, status=200 if is_ready else 503)


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, OSError):
        logger.exception("not ready: %s", check.__name__)
        return False


def _database_is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _files_are_writable() -> bool:
    return os.access(settings.ATTEST_HOME, os.W_OK | os.X_OK)
