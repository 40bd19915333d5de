"""Readers' ratings of answers: stored with the receipt; each change is an event in the audit."""

import uuid

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import actor_of
from audit.models import Event
from audit.services import record
from chat.errors import QuestionRefused
from chat.models import Feedback

COMMENT_MAX_CHARACTERS = 2000
ACTIONS = {"helpful": "answer.helpful", "unhelpful": "answer.unhelpful", "": "answer.rating_withdrawn"}
RATED = ("question.answered", "question.refused", "question.stopped")


def rate_answer(*, user: User, receipt: str, rating: str, reason: str = "", comment: str = "") -> Feedback | None:
    """Keep what `user` thinks of their own answer; an empty `rating` takes it back. Saying the same twice records it once.

    Args: reason: one of Feedback.Reason, with an unhelpful answer only.
    Returns: None where it was taken back. Raises: Http404: not an answer to this user, so that receipts cannot be guessed.
    QuestionRefused: "unknown_rating", "unknown_reason", "too_long".
    """
    event = _own_answer(user, receipt)
    comment = comment.replace("\x00", "").strip()
    if rating and rating not in Feedback.Rating.values:
        raise QuestionRefused("unknown_rating", _("Use “helpful”, “unhelpful”, or an empty value to withdraw the rating."))
    if reason and (rating != Feedback.Rating.UNHELPFUL or reason not in Feedback.Reason.values):
        names = ", ".join(Feedback.Reason.values)
        message = _("For an unhelpful answer, give one of these reasons, or none: %(names)s.")
        raise QuestionRefused("unknown_reason", message % {"names": names})
    if len(comment) > COMMENT_MAX_CHARACTERS:
        message = _("The comment has %(length)s characters; the limit is %(limit)s.")
        raise QuestionRefused("too_long", message % {"length": len(comment), "limit": COMMENT_MAX_CHARACTERS})
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two simultaneous clicks are serialised
        before = Feedback.objects.filter(receipt=event.uid).first()
        if (before.rating, before.reason, before.comment) == (rating, reason, comment) if before else not rating:
            return before
        after = None
        if rating:
            changed = {"user": user, "rating": rating, "reason": reason, "comment": comment}
            after, _created = Feedback.objects.update_or_create(receipt=str(event.uid), defaults=changed)
        elif before is not None:
            before.delete()
        record(
            ACTIONS[rating],
            by=actor_of(user),
            subject=f"event:{event.uid}",
            summary=event.summary,
            payload={"receipt": event.uid, "rating": rating, "reason": reason, "comment": comment},
        )
    return after


def _own_answer(user: User, receipt: str) -> Event:
    try:
        uid = uuid.UUID(receipt)
    except ValueError as error:
        raise Http404 from error
    event: Event | None = Event.objects.filter(uid=uid, actor_id=str(user.pk), action__in=RATED).first()
    if event is None:
        raise Http404
    return event
