"""Placing and releasing legal holds. Each is an event of the audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.models import HeldThing, Hold
from audit.services import lock_chain, record
from retention.errors import RetentionRefused

LONGEST_NAME = 120
LONGEST_REASON = 2_000
MOST_THINGS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What a hold is put on. `value`: primary key of a person, uid of a document or a conversation; `label`: its name now."""

    kind: HeldThing.Kind
    value: str
    label: str


def place_hold(
    *,
    name: str,
    reason: str,
    things: Sequence[Thing] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    by: User | None,
) -> Hold:
    """Keep what is named from every deletion, from now until the hold is released. `by`: None for the command line.

    Args:
        things: people, documents, conversations; none: everything of the time that is named.
        since, until: hold only what was in this time; None: without an end on that side.
    Raises: RetentionRefused: no name, nothing to hold, or a time that ends before it begins.
    """
    name, reason = " ".join(name.split()), reason.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise RetentionRefused(_("Enter a name of at most %(limit)s characters, for example the case.") % {"limit": LONGEST_NAME})
    if len(reason) > LONGEST_REASON:
        raise RetentionRefused(_("A reason can have at most %(limit)s characters.") % {"limit": LONGEST_REASON})
    if not things and since is None and until is None:
        raise RetentionRefused(_("Enter a person, a document, a conversation or a period: a hold needs something to keep."))
    if since is not None and until is not None and until < since:
        raise RetentionRefused(_("The period ends before it begins. Swap the two dates."))
    unique = {(thing.kind, thing.value): thing for thing in things}
    if len(unique) > MOST_THINGS:
        raise RetentionRefused(_("A hold can have at most %(limit)s entries. Create another one.") % {"limit": MOST_THINGS})
    actor = actor_of(by, otherwise=COMMAND_LINE)
    with transaction.atomic():
        lock_chain()  # whoever deletes asks for holds under the same lock
        hold = Hold.objects.create(
            name=name, reason=reason, since=since, until=until, ordered_at=timezone.now(), ordered_by=actor.name[:200]
        )
        HeldThing.objects.bulk_create(
            HeldThing(hold=hold, kind=thing.kind, value=thing.value, label=thing.label[:300]) for thing in unique.values()
        )
        record(
            "hold.placed",
            by=actor,
            subject=f"hold:{hold.uid}",
            summary=name,
            payload={
                "reason": reason,
                "since": since,
                "until": until,
                "things": [{"kind": kind, "value": value} for kind, value in unique],
            },
        )
    return hold


def release_hold(*, hold: Hold, reason: str, by: User | None) -> Hold:
    """Let go of what a hold kept; other holds and rules count as ever. Raises: RetentionRefused: no reason, released before."""
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise RetentionRefused(_("Enter why the hold is released, in at most %(limit)s characters.") % {"limit": LONGEST_REASON})
    actor = actor_of(by, otherwise=COMMAND_LINE)
    with transaction.atomic():
        hold = Hold.objects.select_for_update().get(pk=hold.pk)
        if hold.released_at is not None:
            raise RetentionRefused(_("This hold has been released."))
        hold.released_at, hold.released_by, hold.release_reason = timezone.now(), actor.name[:200], reason
        hold.save(update_fields=["released_at", "released_by", "release_reason"])
        record("hold.released", by=actor, subject=f"hold:{hold.uid}", summary=hold.name, payload={"reason": reason})
    return hold
