"""Keeps approved answers true and findable: checked again when a source changes, embedded again with another encoder.

Until it is checked again, an answer whose source was replaced is not given: its passages are none of the present version.
"""

import logging

from chat.flow.running import Compose
from curation.answers.models import ApprovedAnswer, ApprovedQuestion
from curation.answers.writing import check_again
from curation.errors import CurationRefused
from curation.matching import embed_question
from kb.index.engine import get_engine
from kb.models import Chunk
from retrieval.ports import Embedder

logger = logging.getLogger(__name__)
BATCH = 200
EMBEDDED = 200
State = ApprovedAnswer.State


def keep_true(*, compose: Compose | None = None) -> int:
    """Check the approved answers of which a passage is gone or replaced. What cannot be checked now comes again.

    Returns: how many were checked.
    """
    count, last = 0, 0
    while rows := list(ApprovedAnswer.objects.filter(state=State.APPROVED, pk__gt=last).order_by("pk")[:BATCH]):
        last = rows[-1].pk
        cited = {pk for row in rows for pk in row.chunk_ids}
        live = set(Chunk.objects.live().filter(pk__in=cited).values_list("pk", flat=True))
        for row in rows:
            if set(row.chunk_ids) <= live:
                continue
            try:
                check_again(row, compose=compose)
                count += 1
            except CurationRefused as refused:
                logger.warning("approved answer %s could not be checked: %s", row.pk, refused.message)
    return count


def keep_findable(*, embedder: Embedder | None = None) -> int:
    """Embed the questions that have no vector of the present encoder. Returns: how many."""
    wanted = ApprovedQuestion.objects.filter(answer__state=State.APPROVED)
    if not wanted.exists():
        return 0
    embedder = embedder or get_engine().embedder
    fingerprint = embedder.fingerprint
    rows = list(wanted.exclude(encoder=fingerprint)[:EMBEDDED])
    for row in rows:
        row.vector, row.encoder = embed_question(row.text, engine=embedder), fingerprint
    if rows:
        ApprovedQuestion.objects.bulk_update(rows, ["vector", "encoder"])
    return len(rows)
