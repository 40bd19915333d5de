"""Whether a document is in force: from its first valid day to its last, by the days of the installation's time zone.

Nothing runs at midnight: each query compares with the day that it is then.
"""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ExpiredDocuments(models.TextChoices):
    """What becomes of a collection's documents after their last valid day."""

    LEFT_OUT = "left_out", _("Answers leave them out")
    TOLD = "told", _("Answers may use them, and say that they have expired")


def today() -> date:
    """Return the day that it is in the installation's time zone, whatever the reader's is."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def is_in_force(document: str = "", *, day: date | None = None) -> Q:
    """Return the condition that answers may rest on a document: its first valid day has come, its last is not over, or its
    collection has expired documents told as such.

    Args:
        document: how the rows lead to their document ("version__document__").
    """
    day = day or today()
    begun = Q(**{f"{document}valid_from": None}) | Q(**{f"{document}valid_from__lte": day})
    held = Q(**{f"{document}expires_on": None}) | Q(**{f"{document}expires_on__gte": day})
    # The collection of a document that stands behind the collection itself ("documents__") is asked for through the document, too.
    told = Q(**{f"{document}collection__expired_documents": ExpiredDocuments.TOLD})
    return begun & (held | told)
