"""Count changes of narrowed rights, in the transaction that makes them."""

import secrets

from django.db.models import QuerySet

from kb.models import Document, RightsClock


def touch(documents: QuerySet[Document]) -> None:
    """Note that who may read these documents changes now, in the caller's transaction; none but folders may have changed.

    Whoever changes rights stands in line from here to the end of the transaction.
    """
    clock, _is_new = RightsClock.objects.select_for_update().get_or_create(pk=RightsClock.ONLY)
    clock.number += 1
    clock.stamps = [*clock.stamps, secrets.token_hex(6)][-RightsClock.STAMPS :]
    clock.save(update_fields=["number", "stamps"])
    documents.update(rights_change=clock.number)
