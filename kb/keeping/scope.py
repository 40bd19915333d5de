"""Which documents the index must not look at today: those that are not in force, by the rule of `kb.keeping.force`."""

import numpy as np
from django.db.models import QuerySet

from kb.keeping.force import ExpiredDocuments, today
from kb.models import Collection, Document


def hide_out_of_force(hidden: bytes, *, collections: QuerySet[Collection]) -> bytes:
    """Add to the documents that a reader may not see those of these collections that are not in force today.

    Read anew for each question, from two indexes that hold only documents with such a day: nothing is remembered that midnight
    would have to change.

    Args: hidden: as `retrieval.types.Scope` has them.
    """
    day = today()
    of_these = Document.objects.live().filter(collection__in=collections).order_by().values_list("pk", flat=True)
    late = of_these.filter(valid_from__gt=day)
    over = of_these.filter(expires_on__lt=day).exclude(collection__expired_documents=ExpiredDocuments.TOLD)
    found = np.array([*late, *over], np.uint64)
    return np.union1d(np.frombuffer(hidden, "<u8"), found).astype("<u8").tobytes() if len(found) else hidden
