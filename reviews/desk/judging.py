"""A reviewer's verdict, the second sign-off by another person, and who a case is given to."""

import random
from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import actor_of
from audit.looking.matching import midnight
from audit.services import record
from reviews.desk.reach import cases_for
from reviews.desk.rules import read_rules
from reviews.errors import ReviewRefused
from reviews.models import Case, Review, Verdict

LONGEST = 4_000  # characters of comment and correction
LONGEST_REASON = 300
MOST_SENTENCES = 500


def review_case(
    *,
    case: Case,
    by: User,
    verdict: str,
    reason: str = "",
    comment: str = "",
    correction: str = "",
    sentences: Mapping[int, str] | None = None,
    chance: random.Random | None = None,
) -> Review:
    """Keep what a reviewer found, and put it on record. The first review of a case, or the second by another person.

    A second person is asked for where the first found anything wrong, and for a share of what was found correct.

    Args:
        verdict: a value of `Verdict`. sentences: position from 0 to a verdict of that sentence alone.
        chance: draws that share; by default by the operating system's.
    Raises: ReviewRefused: an unknown verdict, too long, one's own question, reviewed before by this person, or by two.
    """
    sentences = dict(sentences or {})
    _check(verdict, reason=reason, texts=(comment, correction), sentences=sentences)
    rules = read_rules()
    with transaction.atomic():
        case = Case.objects.select_for_update().select_related("event").get(pk=case.pk)
        first = case.reviews.select_for_update().order_by("number").first()
        _check_reviewer(case, first, by=by)
        review = Review.objects.create(
            case=case,
            number=1 if first is None else 2,
            by=by,
            verdict=verdict,
            reason=reason.strip(),
            comment=comment.strip(),
            correction=correction.strip(),
            sentences={str(position): value for position, value in sorted(sentences.items())},
            was_blind=first is not None and rules.is_blind,
        )
        is_second_wanted = first is None and (
            verdict != Verdict.CORRECT or (chance or random.SystemRandom()).random() * 100 < rules.second_percent
        )
        case.state = Case.State.SECOND if is_second_wanted else Case.State.DONE
        case.verdict, case.is_disputed = verdict, first is not None and first.verdict != verdict
        case.assigned_to = case.escalated_at = None
        if is_second_wanted:
            case.due_at = timezone.now() + timedelta(days=rules.due_days)
        case.save(update_fields=["state", "verdict", "is_disputed", "assigned_to", "due_at", "escalated_at"])
        _record_review(case, review, by=by)
    return review


def _check_reviewer(case: Case, first: Review | None, *, by: User) -> None:
    """Raises: ReviewRefused: one's own question, reviewed before by this person, or by two."""
    if case.person_id == str(by.pk):
        raise ReviewRefused(_("Nobody reviews the answer to their own question."))
    if case.state == Case.State.DONE:
        raise ReviewRefused(_("This answer has been reviewed."))
    if first is not None and first.by_id == by.pk:
        raise ReviewRefused(_("The second review must be done by somebody else."))


def _record_review(case: Case, review: Review, *, by: User) -> None:
    record(
        "review.recorded",
        by=actor_of(by),
        subject=f"event:{case.event.uid}",
        summary=review.verdict,
        payload={
            "receipt": case.event.uid,
            "number": review.number,
            "verdict": review.verdict,
            "reason": review.reason,
            "comment": review.comment,
            "correction": review.correction,
            "sentences": review.sentences,
            "was_blind": review.was_blind,
        },
    )


def assign_case(*, case: Case, to: User | None, by: User, due_on: date | None = None) -> None:
    """Give a case to a reviewer, or to nobody.

    Args: due_on: its last day; None: as it is, or by the rules where somebody gets a case that had none.
    Raises: ReviewRefused: nobody who may see it, who asked it, a day that is over, or it is done.
    """
    if to is not None and not cases_for(to).filter(pk=case.pk).exists():
        raise ReviewRefused(_("Cases can be assigned only to auditors, and to reviewers who may read what the answer is based on."))
    if due_on is not None and due_on < timezone.localdate():
        raise ReviewRefused(_("A review cannot be due on a day that is over."))
    with transaction.atomic():
        case = Case.objects.select_for_update().select_related("event").get(pk=case.pk)
        if case.state == Case.State.DONE:
            raise ReviewRefused(_("This answer has been reviewed."))
        if to is not None and case.person_id == str(to.pk):
            raise ReviewRefused(_("Nobody reviews the answer to their own question."))
        before = (case.assigned_to_id, case.due_at)
        case.assigned_to = to
        if due_on is not None:
            case.due_at, case.escalated_at = midnight(due_on + timedelta(days=1)), None
        elif to is not None and case.due_at is None:
            case.due_at = timezone.now() + timedelta(days=read_rules().due_days)
        if before == (case.assigned_to_id, case.due_at):
            return
        case.save(update_fields=["assigned_to", "due_at", "escalated_at"])
        record(
            "review.assigned",
            by=actor_of(by),
            subject=f"event:{case.event.uid}",
            summary=to.get_username() if to else "",
            payload={"receipt": case.event.uid, "to": str(to.pk) if to else "", "due_at": case.due_at},
        )


def reviews_to_show(case: Case, *, to: User) -> list[Review]:
    """Return the reviews that this reviewer may see now: while the second is blind, its reviewer-to-be sees none."""
    reviews = list(case.reviews.select_related("by").order_by("number"))
    if case.state == Case.State.SECOND and read_rules().is_blind and all(review.by_id != to.pk for review in reviews):
        return []
    return reviews


def _check(verdict: str, *, reason: str, texts: tuple[str, ...], sentences: Mapping[int, str]) -> None:
    if verdict not in Verdict.values or any(value not in Verdict.values for value in sentences.values()):
        raise ReviewRefused(_("Choose a verdict."))
    if len(reason) > LONGEST_REASON:
        raise ReviewRefused(_("A reason can have at most %(limit)s characters.") % {"limit": LONGEST_REASON})
    if any(len(text) > LONGEST for text in texts):
        raise ReviewRefused(_("Comment and correction can have at most %(limit)s characters each.") % {"limit": LONGEST})
    if len(sentences) > MOST_SENTENCES:
        raise ReviewRefused(_("The answer does not have that many sentences."))
