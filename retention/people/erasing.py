"""Erasing a person's data: what they asked and were answered, what they looked at, their names. The chain keeps the hashes, and
says who ordered it.

The work is done in slices, each whole by itself, so that it goes on after a restart: what is left is what is not erased yet.
"""

import logging
import time
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey, BrowserSession, User
from audit.actor import COMMAND_LINE, Actor, actor_of
from audit.life.erasure import ERASED, EXPLAINING, erase_payloads
from audit.life.holds import read_holds
from audit.models import Event, Reading
from audit.services import lock_chain, record
from chat.models import Conversation, Feedback
from kb.models import PassageChange
from retention.errors import RetentionRefused
from retention.models import Erasure
from retention.rules.applying import delete_conversations, lock_cases
from retention.rules.events import everything_held
from reviews.models import Review

logger = logging.getLogger(__name__)
ORDERED, FINISHED, EXPORTED = "person.erasure_ordered", "person.erased", "person.exported"
KEPT = frozenset({ERASED, ORDERED, FINISHED, EXPORTED, *EXPLAINING})  # these prove, and name nobody but who ordered
AT_ONCE = 100
LONGEST_REASON = 300


def order_erasure(*, person: User, reason: str, confirmation: str, with_account: bool = True, by: User | None) -> Erasure:
    """Have a person's data erased; a worker begins at once. `by`: None for the command line.

    Args:
        reason: is kept; it must not name the person.
        confirmation: the user name, as whoever orders it typed it.
        with_account: close the account and take the names out of it; otherwise it goes on, and what comes later is kept.
    Raises: RetentionRefused: not confirmed, no reason, not an employee, held, or it runs already.
    """
    reason = " ".join(reason.split())
    if confirmation.strip() != person.username:
        raise RetentionRefused(_("Enter the user name exactly as shown."))
    if not 1 <= len(reason) <= LONGEST_REASON:
        limits = {"limit": LONGEST_REASON}
        raise RetentionRefused(_("Give a reason of at most %(limit)s characters, such as the date of the request.") % limits)
    names = [name for name in (person.username, person.first_name, person.last_name, person.email) if len(name) > 1]
    if any(name.casefold() in reason.casefold() for name in names):
        raise RetentionRefused(_("The reason is kept, so leave the person’s name out of it."))
    if person.role != User.Role.EMPLOYEE or person.is_superuser:
        raise RetentionRefused(_("This person is an admin or auditor, whose data cannot be erased. Make them an employee first."))
    with transaction.atomic():
        lock_chain()
        if any(str(person.pk) in hold.people for hold in read_holds()):
            raise RetentionRefused(_("A legal hold keeps this person's data. It can be erased when the hold has been released."))
        if Erasure.objects.filter(person=person, state=Erasure.State.RUNNING).exists():
            raise RetentionRefused(_("This person’s data is already being erased."))
        actor = actor_of(by, otherwise=COMMAND_LINE)
        erasure = Erasure.objects.create(
            person=person, with_account=with_account, reason=reason, ordered_by=actor.name[:200], ordered_by_id=actor.id
        )
        record(
            ORDERED,
            by=actor,
            subject=f"user:{person.pk}",
            summary=reason,
            payload={"erasure": erasure.uid, "reason": reason, "with_account": with_account, "ordered_by": {"id": actor.id}},
        )
    return erasure


def run_erasures(*, slice_s: float = 20.0) -> int:
    """Go on with what was ordered. Returns: how many erasures came to their end."""
    deadline, ended = time.monotonic() + slice_s, 0
    for erasure in Erasure.objects.filter(state=Erasure.State.RUNNING).order_by("pk").select_related("person"):
        ended += run_erasure(erasure, deadline=deadline)
    return ended


def run_erasure(erasure: Erasure, *, deadline: float = float("inf")) -> bool:
    """Erase until it is done or the time is over. Returns: whether it is done."""
    person, by = erasure.person, Actor(id=erasure.ordered_by_id, name=erasure.ordered_by)
    if erasure.with_account:
        _close_account(person)
    while keys := list(_conversations(erasure).values_list("pk", flat=True)[:AT_ONCE]):
        if time.monotonic() >= deadline:
            return False
        gone = delete_conversations(keys, before=timezone.now(), by=by, action="conversation.erased")
        Erasure.objects.filter(pk=erasure.pk).update(conversations=F("conversations") + gone)
        if not gone:
            break  # a hold keeps what is left
    while events := list(_events(erasure).exclude(everything_held()).order_by("sequence")[:AT_ONCE]):
        if time.monotonic() >= deadline:
            return False
        _erase(events, erasure, by=by)
    Reading.objects.filter(actor_id=str(person.pk)).delete()
    Feedback.objects.filter(user=person, updated_at__lte=erasure.ordered_at).delete()
    _finish(erasure, by=by)
    return True


def _close_account(person: User) -> None:
    """Nobody signs in any more, and nothing in it says whose it was. Its number stays: events and versions bear it."""
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=person.pk)
        name = f"erased-{row.pk}"
        if row.username == name:
            return
        row.username, row.first_name, row.last_name, row.email = name, "", "", ""
        row.is_active, row.last_login = False, None
        row.session_generation += 1
        row.set_unusable_password()
        row.save()
        row.groups.clear()
        PassageChange.objects.filter(made_by=row).update(made_by_name=name)
        for owned in (EmailAddress, SocialAccount, Authenticator, BrowserSession, ApiKey):
            owned.objects.filter(user=row).delete()


def _conversations(erasure: Erasure) -> QuerySet[Conversation]:
    return Conversation.objects.filter(user=erasure.person_id, created_at__lte=erasure.ordered_at).order_by("pk")


def _events(erasure: Erasure) -> QuerySet[Event]:
    """Events by the person, about their account, and what reviewers said of their questions."""
    number = str(erasure.person_id)
    events = Event.objects.filter(Q(actor_id=number) | Q(subject=f"user:{number}"), payload__erased_at=None)
    return events.filter(at__lte=_until(erasure)).exclude(action__in=KEPT)


def _until(erasure: Erasure) -> datetime:
    """With the account everything; else what was until it was ordered."""
    return timezone.now() if erasure.with_account else erasure.ordered_at


def _erase(events: list[Event], erasure: Erasure, *, by: Actor) -> None:
    with transaction.atomic():
        lock_cases(events)
        lock_chain()
        about = [f"event:{event.uid}" for event in events if event.action.startswith("question.")]
        reviews = list(Event.objects.filter(subject__in=about, action="review.recorded", payload__erased_at=None))
        erased = erase_payloads([*events, *reviews], reason=erasure.reason, by=by, kept=everything_held())
        gone = Event.objects.filter(pk__in=[event.pk for event in events], payload__erased_at__isnull=False)
        emptied = Review.objects.filter(case__event__in=gone).update(reason="", comment="", correction="")
        Erasure.objects.filter(pk=erasure.pk).update(events=F("events") + len(erased), reviews=F("reviews") + emptied)


def _finish(erasure: Erasure, *, by: Actor) -> None:
    held = _events(erasure).filter(everything_held()).count() + _conversations(erasure).count()
    with transaction.atomic():
        row = Erasure.objects.select_for_update().get(pk=erasure.pk)
        if row.state != Erasure.State.RUNNING:
            return
        row.state, row.held = (Erasure.State.HELD if held else Erasure.State.DONE), held
        row.finished_at = timezone.now()
        row.save(update_fields=["state", "held", "finished_at"])
        record(
            FINISHED,
            by=by,
            subject=f"user:{row.person_id}",
            summary=row.reason,
            payload={
                "erasure": row.uid,
                "events": row.events,
                "conversations": row.conversations,
                "reviews": row.reviews,
                "held": held,
                "with_account": row.with_account,
            },
        )
    logger.info("erasure %s is done: %d events, %d conversations, %d held", row.uid, row.events, row.conversations, held)
