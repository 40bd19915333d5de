"""Adds a call to the sums of its day, in the transaction that ends the call."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from gateway.ports import Usage
from gateway.spending.models import NOBODY, NOWHERE, Spending
from kb.models import Collection


def today() -> date:
    """Return the day of now where the installation is: months of budgets are its own, whatever zone a reader has."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def add_spending(*, model: str, user: str, collection: str, usage: Usage | None, cost: Decimal) -> None:
    """Add one call.

    Args:
        model: name of its row.
        user: key of the person as a text; anything else is Attest itself.
        collection: slug of the one that the best passage came from; "" for none.
        usage: what the server counted, None where it did not.
    """
    found = Collection.objects.live().filter(slug=collection).values_list("pk", flat=True).first() if collection else None
    named: dict[str, Any] = {
        "day": today(),
        "model": model,
        "person": int(user) if user.isdecimal() else NOBODY,
        "collection": found or NOWHERE,
    }
    counted = usage or Usage(prompt_tokens=0, completion_tokens=0)
    added: dict[str, int | Decimal] = {
        "calls": 1,
        "uncounted": int(usage is None),
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "cost": cost,
    }
    if _add(named, added):
        return
    try:
        with transaction.atomic():
            Spending.objects.create(**named, **added)
    except IntegrityError:  # another process was first
        _add(named, added)


def _add(named: dict[str, Any], added: dict[str, int | Decimal]) -> bool:
    changes = {name: F(name) + value for name, value in added.items()}
    return bool(Spending.objects.filter(**named).update(**changes))
