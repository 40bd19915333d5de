"""Which events match what a reviewer typed: a receipt's number, words, a person, a document. Each way uses an index."""

import re
import uuid
from datetime import datetime, time
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils import timezone

from audit.looking.terms import terms_of
from audit.models import Event, Fact
from vault.kept import configured_ring

MAX_TERMS = 20  # of a search
SCANNED = 20_000  # sealed summaries that a search opens, about a second
MAX_FOUND = 1_000  # of them, that a query names
MAX_PEOPLE = 500  # whose names match; more of them say nothing
_NUMBER = re.compile(r"[0-9a-f]{8,32}")
_LABEL = re.compile(r"(?:receipt|回执)\s*[:：#]?\s*", re.IGNORECASE)  # as it stands before the number under an answer


def by_receipt(text: str) -> Q | None:
    """Return the event of this number, whole or its first eight characters as pages show it, and what was said about it.

    None where the text is no such number, with or without the word before it.
    """
    digits = _LABEL.sub("", text.strip(), count=1).lower().replace("-", "")
    if not _NUMBER.fullmatch(digits):
        return None
    first, last = uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))
    about = Fact.objects.filter(kind="receipt", value__gte=str(first), value__lte=str(last))
    return Q(uid__gte=first, uid__lte=last) | Q(pk__in=about.values("event_id"))


def with_words(events: QuerySet[Event], text: str) -> QuerySet[Event]:
    """Return the events that hold all words of the text: in the summary, the question, the answer or a comment.

    Where none does, those whose summary holds the text as it stands: a part of a word, or signs. That reads every summary.
    """
    found = events
    terms = terms_of([text], limit=MAX_TERMS)
    for term in terms:
        found = found.filter(pk__in=Fact.objects.filter(kind="word", value=term).values("event_id"))
    return found if terms and found.exists() else by_summary(events, text)


def by_summary(events: QuerySet[Event], text: str) -> QuerySet[Event]:
    """Return the events whose summary holds the text as it stands. Sealed ones are opened, SCANNED of the newest."""
    if not configured_ring().seals:
        return events.filter(summary__icontains=text)
    wanted, newest = text.casefold(), events.order_by("-sequence").values_list("pk", "summary")[:SCANNED]
    return events.filter(pk__in=[pk for pk, summary in newest if wanted in summary.casefold()][:MAX_FOUND])


def by_person(person: str) -> Q:
    """Return what a person did: by id, by a part of the user name then, or by a part of the account's names now."""
    words = person.split()
    people = get_user_model().objects.annotate(
        names=Concat("first_name", Value(" "), "last_name", Value(" "), "username", Value(" "), "email", output_field=TextField()),
        family_first=Concat("last_name", "first_name", output_field=TextField()),  # as Chinese names are written
    )
    named = Q(family_first__icontains="".join(words))
    named |= Q(*(Q(names__icontains=word) for word in words))
    ids = [str(pk) for pk in people.filter(named).values_list("pk", flat=True)[:MAX_PEOPLE]]
    return Q(actor_name__icontains=person) | Q(actor_id__in=[person[:64], *ids])


def by_document(document: str) -> Q:
    """Return events about a document, and answers that saw it: by its uid, or by a part of its name or title."""
    try:
        uid = str(uuid.UUID(document))
    except ValueError:
        fact = Q(kind__in=("document", "title"), value__icontains=document)
        about = by_summary(Event.objects.filter(action__startswith="document."), document)
        return Q(Exists(Fact.objects.filter(fact, event=OuterRef("pk")))) | Q(pk__in=about.order_by().values("pk"))
    fact = Q(kind="document_uid", value=uid)
    return Q(Exists(Fact.objects.filter(fact, event=OuterRef("pk")))) | Q(subject=f"document:{uid}")


def midnight(day: Any) -> datetime:
    """Return the beginning of a day in the reader's time zone, where the browser named it, else in the installation's."""
    return timezone.make_aware(datetime.combine(day, time.min))
