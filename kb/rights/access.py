"""Asking for access to a listed collection: asked, granted for a time or refused by an owner, ended, expired by itself."""

from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import COMMAND_LINE, SYSTEM, Actor, actor_of
from audit.services import record
from kb.models import AccessRequest, Collection

REASON_CHARACTERS = 500
MOST_DAYS = 366
MOST_WAITING = 20  # of one person
State = AccessRequest.State


def requests_of(user: User) -> QuerySet[AccessRequest]:
    """Return what this person asked for, the newest first."""
    return AccessRequest.objects.filter(user=user, collection__deleted_at=None).select_related("collection", "decided_by")


def requests_for(user: User | AnonymousUser) -> QuerySet[AccessRequest]:
    """Return what this person may decide: requests for collections that they own."""
    owned = Collection.objects.owned_by(user)
    return AccessRequest.objects.filter(collection__in=owned).select_related("collection", "user", "decided_by")


def waiting_for(user: User | AnonymousUser) -> QuerySet[AccessRequest]:
    """Return what waits for this person, of people who can still sign in."""
    return requests_for(user).filter(state=State.WAITING, user__is_active=True)


@transaction.atomic
def ask_for_access(*, collection: Collection, user: User, reason: str) -> AccessRequest:
    """Ask the owners of a listed collection. Asking again while it waits changes the reason.

    Raises: ValuesRefused: it is not listed or can be read already, there is no reason, or too much waits.
    """
    listed = Collection.objects.listed_for(user).select_for_update().filter(pk=collection.pk).first()
    if listed is None:
        raise ValuesRefused({"": [_("You can already read this collection, or it does not accept requests.")]})
    reason = _clean(reason, name="reason", is_needed=True)
    waiting = AccessRequest.objects.filter(user=user, state=State.WAITING)
    found = waiting.filter(collection=listed).first()
    if found is None and waiting.count() >= MOST_WAITING:
        raise ValuesRefused({"": [_("You already have %(count)s pending requests. Withdraw one first.") % {"count": MOST_WAITING}]})
    if found is None:
        found = AccessRequest.objects.create(collection=listed, user=user, reason=reason)
    elif found.reason != reason:
        found.reason = reason
        found.save(update_fields=["reason"])
    else:
        return found
    _record("access.requested", found, by=actor_of(user), payload={"reason": reason})
    return found


@transaction.atomic
def grant_access(request: AccessRequest, *, days: int, user: User | None) -> AccessRequest:
    """Let somebody read a collection from now on for so many days. `user` None: the command line.

    Raises: ValuesRefused: it does not wait any more, the number of days is out of range, or the person cannot sign in.
    """
    request = _locked(request, state=State.WAITING)
    if not 1 <= days <= MOST_DAYS:
        raise ValuesRefused({"days": [_("Access can be granted for 1 to %(days)s days.") % {"days": MOST_DAYS}]})
    if not request.user.is_active or request.user.has_ended:
        raise ValuesRefused({"": [_("This person can no longer sign in.")]})
    request.until = timezone.now() + timedelta(days=days)
    _decide(request, State.GRANTED, user=user)
    _record("access.granted", request, by=actor_of(user, otherwise=COMMAND_LINE), payload={"until": request.until})
    return request


@transaction.atomic
def refuse_access(request: AccessRequest, *, answer: str, user: User | None) -> AccessRequest:
    """Say no, and why. Raises: ValuesRefused: it does not wait any more, or no reason is given."""
    request = _locked(request, state=State.WAITING)
    request.answer = _clean(answer, name="answer", is_needed=True)
    _decide(request, State.REFUSED, user=user)
    _record("access.refused", request, by=actor_of(user, otherwise=COMMAND_LINE), payload={"answer": request.answer})
    return request


@transaction.atomic
def end_access(request: AccessRequest, *, user: User | None, answer: str = "") -> AccessRequest:
    """Take granted access away before its time, at once. Raises: ValuesRefused: it is over already."""
    request = _locked(request, state=State.GRANTED)
    request.answer = _clean(answer, name="answer", is_needed=False)
    _decide(request, State.ENDED, user=user)
    _record("access.ended", request, by=actor_of(user, otherwise=COMMAND_LINE), payload={"answer": request.answer})
    return request


@transaction.atomic
def withdraw_request(request: AccessRequest, *, user: User) -> None:
    """Take a request back while it waits. Raises: ValuesRefused: it was decided meanwhile."""
    request = _locked(request, state=State.WAITING)
    request.state = State.WITHDRAWN
    request.save(update_fields=["state"])
    _record("access.withdrawn", request, by=actor_of(user), payload={})


def note_expired() -> int:
    """Record whose granted access has run out: it has ended by itself, this only says so. Returns: how many."""
    count = 0
    over = AccessRequest.objects.filter(state=State.GRANTED, until__lte=timezone.now())
    for pk in over.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            request = over.select_for_update().filter(pk=pk).first()
            if request is None:  # another process was first
                continue
            request.state = State.EXPIRED
            request.save(update_fields=["state"])
            _record("access.expired", request, by=SYSTEM, payload={"until": request.until})
            count += 1
    return count


def _locked(request: AccessRequest, *, state: str) -> AccessRequest:
    """Return it as it is now, in line with whoever else decides. Raises: ValuesRefused: it is in another state."""
    rows = AccessRequest.objects.select_for_update(of=("self",)).select_related("collection", "user")
    found = rows.filter(pk=request.pk, state=state, collection__deleted_at=None).first()
    if found is None:
        raise ValuesRefused({"": [_("This request has already been decided or withdrawn.")]})
    return found


def _decide(request: AccessRequest, state: str, *, user: User | None) -> None:
    request.state, request.decided_by, request.decided_at = state, user, timezone.now()
    request.save(update_fields=["state", "decided_by", "decided_at", "answer", "until"])


def _clean(text: str, *, name: str, is_needed: bool) -> str:
    text = text.replace("\x00", "").strip()
    if is_needed and not text:
        raise ValuesRefused({name: [_("Give a short reason.")]})
    if len(text) > REASON_CHARACTERS:
        raise ValuesRefused({name: [_("Enter at most %(count)s characters.") % {"count": REASON_CHARACTERS}]})
    return text


def _record(action: str, request: AccessRequest, *, by: Actor, payload: dict[str, object]) -> None:
    record(
        action,
        by=by,
        subject=f"collection:{request.collection.slug}",
        summary=f"{request.collection.name}: {request.user.username}",
        payload={"collection": request.collection.slug, "person": request.user.username, **payload},
    )
