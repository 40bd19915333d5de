"""A release that reads Chinese too builds the index anew by itself, behind every upload, while the old index answers."""

import logging

from django.conf import settings

from kb.models import Edition
from retrieval.encoding.opening import BUNDLED, MULTILINGUAL_NAME
from retrieval.errors import RetrievalError

logger = logging.getLogger(__name__)


def begin_upgrade() -> Edition | None:
    """Begin to build an edition with both bundled models where the serving one has the first alone. Returns: it, or None.

    Once: an edition that was cancelled is not begun again. Quick where there is nothing to do.
    """
    if settings.EMBEDDER != BUNDLED:
        return None
    serving = Edition.objects.filter(state=Edition.State.SERVING, embedder=BUNDLED).exclude(encoder__contains=MULTILINGUAL_NAME)
    if not serving.exists() or Edition.objects.filter(encoder__contains=MULTILINGUAL_NAME).exists():
        return None
    # Only now: these bring the indexes' libraries, half a second that no other start needs.
    from ingest.editions.building import start_edition
    from ingest.editions.wanted import find_wanted
    from kb.index.editions import building_edition
    from kb.index.engine import get_engine

    try:
        if MULTILINGUAL_NAME not in find_wanted().encoder or building_edition() is not None:
            return None
        edition = start_edition(engine=get_engine(), user=None)
    except RetrievalError:
        logger.exception("the index is not built anew: the present one goes on answering")
        return None
    logger.info("edition %s is built in the background: this release reads Chinese as well as English", edition.number)
    return edition
