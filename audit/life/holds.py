"""Legal holds: what must not be deleted, whoever asks for it, while a court or an authority may want it.

They lie down here because everything that deletes has to see them: documents, conversations, retention, purges, erasures.
Whoever deletes asks in the transaction of the deletion, after `audit.services.lock_chain`; a hold is recorded under the same lock.
So either the deletion stands before the hold in the chain, or it does not happen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from audit.errors import HeldBack
from audit.models import Event, Fact, HeldThing, Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveHold:
    """A hold that has not been released. Empty sets: it is on everything of its time."""

    name: str
    since: datetime | None
    until: datetime | None
    people: frozenset[str]  # primary keys
    documents: frozenset[str]  # uids
    conversations: frozenset[str]  # uids

    @property
    def is_on_everything(self) -> bool:
        return not (self.people or self.documents or self.conversations)

    def overlaps(self, began: datetime, ended: datetime | None) -> bool:
        """Whether what was from `began` to `ended` (None: it still is) was in the hold's time."""
        return (self.until is None or began <= self.until) and (self.since is None or ended is None or ended >= self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletable:
    """What somebody wants to delete, as holds see it."""

    began: datetime
    ended: datetime | None = None
    people: frozenset[str] = frozenset()  # whose it is
    documents: frozenset[str] = frozenset()
    conversations: frozenset[str] = frozenset()


def read_holds() -> tuple[ActiveHold, ...]:
    """Return the holds that count now, in two queries."""
    found = []
    for hold in Hold.objects.filter(released_at=None).prefetch_related("things"):
        values: dict[str, set[str]] = {kind: set() for kind in HeldThing.Kind.values}
        for thing in hold.things.all():
            values[thing.kind].add(thing.value)
        found.append(
            ActiveHold(
                name=hold.name,
                since=hold.since,
                until=hold.until,
                people=frozenset(values[HeldThing.Kind.PERSON]),
                documents=frozenset(values[HeldThing.Kind.DOCUMENT]),
                conversations=frozenset(values[HeldThing.Kind.CONVERSATION]),
            )
        )
    return tuple(found)


def find_hold(wanted: Deletable, *, holds: Iterable[ActiveHold] | None = None) -> ActiveHold | None:
    """Return a hold that keeps this, None: it may go."""
    for hold in read_holds() if holds is None else holds:
        is_meant = (
            hold.is_on_everything
            or hold.people & wanted.people
            or hold.documents & wanted.documents
            or hold.conversations & wanted.conversations
        )
        if is_meant and hold.overlaps(wanted.began, wanted.ended):
            return hold
    return None


def refuse_held(wanted: Deletable) -> None:
    """The caller has locked the chain. Raises: HeldBack."""
    if (hold := find_hold(wanted)) is not None:
        raise HeldBack(hold.name)


def held_events(holds: Iterable[ActiveHold], *, receipts: Iterable[str] = ()) -> Q:
    """Return the condition for events that a hold keeps: of a held person, about or from a held document, of a held time.

    Args:
        receipts: uids of the answers in held conversations, which this package knows nothing of.
    """
    found = Q(pk__in=[])
    if uids := list(receipts):
        found |= Q(uid__in=uids) | Q(subject__in=[f"event:{uid}" for uid in uids])
    for hold in holds:
        of_time = Q()
        if hold.since is not None:
            of_time &= Q(at__gte=hold.since)
        if hold.until is not None:
            of_time &= Q(at__lte=hold.until)
        if hold.is_on_everything:
            found |= of_time if of_time else Q(pk__isnull=False)
            continue
        about = Q(pk__in=[])
        if hold.people:
            about |= Q(actor_id__in=hold.people) | Q(subject__in=[f"user:{pk}" for pk in hold.people])
        if hold.documents:
            facts = Fact.objects.filter(kind="document_uid", value__in=hold.documents)
            about |= Q(subject__in=[f"document:{uid}" for uid in hold.documents]) | Q(pk__in=facts.values("event_id"))
        found |= about & of_time
    return found


def hold_on_event(event: Event) -> ActiveHold | None:
    """Return a hold that keeps an event, as far as can be told without its conversation."""
    holds = read_holds()
    return next((hold for hold in holds if Event.objects.filter(held_events([hold]), pk=event.pk).exists()), None)
