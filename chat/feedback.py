"""What a reader thinks of an answer: kept beside its receipt, and in the audit with every change of mind."""

import uuid

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import Event
from audit.services import record
from chat.errors import QuestionRefused
from chat.models import Feedback

COMMENT_MAX_CHARACTERS = 2000
ACTIONS = {"helpful": "answer.helpful", "unhelpful": "answer.unhelpful", "": "answer.rating_withdrawn"}
RATED = ("question.answered", "question.refused", "question.stopped")


def rate_answer(*, user: User, receipt: str, rating: str, comment: str = "") -> Feedback | None:
    """Keep what `user` thinks of their own answer; an empty `rating` takes it back. Saying the same twice records it once.

    Returns: None where it was taken back. Raises: Http404: not an answer to this user, so that receipts cannot be guessed.
    QuestionRefused: "unknown_rating", "too_long".
    """
    event = _own_answer(user, receipt)
    comment = comment.replace("\x00", "").strip()
    if rating and rating not in Feedback.Rating.values:
        raise QuestionRefused("unknown_rating", _("Say “helpful”, “unhelpful”, or nothing to take it back."))
    if len(comment) > COMMENT_MAX_CHARACTERS:
        message = _("The comment has %(length)s characters; at most %(limit)s are possible.")
        raise QuestionRefused("too_long", message % {"length": len(comment), "limit": COMMENT_MAX_CHARACTERS})
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two clicks at once stand in line
        before = Feedback.objects.filter(receipt=event.uid).first()
        if (before.rating, before.comment) == (rating, comment) if before else not rating:
            return before
        after = None
        if rating:
            changed = {"user": user, "rating": rating, "comment": comment}
            after, _created = Feedback.objects.update_or_create(receipt=str(event.uid), defaults=changed)
        else:
            before.delete()
        record(
            ACTIONS[rating],
            actor_id=user.pk,
            actor_name=user.get_username(),
            subject=f"event:{event.uid}",
            summary=event.summary,
            payload={"receipt": event.uid, "rating": rating, "comment": comment},
        )
    return after


def _own_answer(user: User, receipt: str) -> Event:
    try:
        uid = uuid.UUID(receipt)
    except ValueError as error:
        raise Http404 from error
    event = Event.objects.filter(uid=uid, actor_id=str(user.pk), action__in=RATED).first()
    if event is None:
        raise Http404
    return event
