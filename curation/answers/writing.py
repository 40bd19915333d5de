"""Writing, approving and retiring answers; each step is on record."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.credentials import Credential
from accounts.models import User
from audit.actor import SYSTEM, actor_of
from audit.services import record
from chat.errors import ChatError, QuestionRefused
from chat.flow.running import Compose
from chat.services import clean_question
from curation.answers.checking import check_answer
from curation.answers.models import ApprovedAnswer, ApprovedQuestion
from curation.errors import CurationRefused
from curation.gaps.models import Gap
from kb.models import Collection

MOST_QUESTIONS = 20  # of an answer
MOST_ANSWERS = 2_000  # of a collection
LONGEST = 8_000  # characters of an answer
State = ApprovedAnswer.State


def save_answer(
    *,
    row: ApprovedAnswer | None,
    collection: Collection,
    questions: Sequence[str],
    text: str,
    review_on: date | None,
    user: User,
    credential: Credential | None = None,
    gap: Gap | None = None,
    compose: Compose | None = None,
) -> ApprovedAnswer:
    """Check an answer, and keep it as a draft with what was found: an approved one that is changed is approved anew.

    Raises: CurationRefused: "answer_invalid": no question, no text, too long; or it could not be checked now.
    """
    asked = _clean_questions(questions)
    if not text.strip() or len(text) > LONGEST:
        message = _("Write an answer of at most %(limit)d characters.")
        raise CurationRefused("answer_invalid", message % {"limit": LONGEST})
    sentences, citations = _check(text, question=asked[0], collection=collection, credential=credential, compose=compose)
    with transaction.atomic():
        if row is None:
            if ApprovedAnswer.objects.filter(collection=collection).count() >= MOST_ANSWERS:
                message = _("A collection can have at most %(limit)d answers.")
                raise CurationRefused("answer_invalid", message % {"limit": MOST_ANSWERS})
            row = ApprovedAnswer(collection=collection, created_by=user, gap=gap)
        else:
            row = ApprovedAnswer.objects.select_for_update().get(pk=row.pk)
        row.text, row.review_on, row.state = text, review_on, State.DRAFT
        row.sentences, row.citations, row.checked_at = sentences, citations, timezone.now()
        row.approved_by, row.approver, row.approved_at = None, "", None
        row.save()
        row.questions.all().delete()
        ApprovedQuestion.objects.bulk_create(ApprovedQuestion(answer=row, text=one) for one in asked)
        record_answer("approved_answer.written", row, user=user)
    return row


def approve_answer(*, row: ApprovedAnswer, user: User) -> ApprovedAnswer:
    """Let an answer be given from now on; the gap that it is for is answered. Raises: CurationRefused: it does not hold."""
    with transaction.atomic():
        row = ApprovedAnswer.objects.select_for_update().select_related("collection").get(pk=row.pk)
        if row.state == State.APPROVED:
            return row
        if not row.holds:
            message = _("Every sentence needs a source that supports it. Change the sentences without one, and check again.")
            raise CurationRefused("answer_invalid", message)
        row.state, row.approved_by, row.approver, row.approved_at = State.APPROVED, user, user.get_username(), timezone.now()
        row.save(update_fields=["state", "approved_by", "approver", "approved_at", "updated_at"])
        if row.gap_id is not None:
            gap = Gap.objects.select_for_update().get(pk=row.gap_id)
            gap.state, gap.answered_at = Gap.State.ANSWERED, timezone.now()
            gap.save(update_fields=["state", "answered_at"])
        record_answer("approved_answer.approved", row, user=user)
    return row


def retire_answer(*, row: ApprovedAnswer, user: User) -> None:
    """Give an answer no more; it stays in the list."""
    with transaction.atomic():
        row = ApprovedAnswer.objects.select_for_update().select_related("collection").get(pk=row.pk)
        if row.state == State.RETIRED:
            return
        row.state = State.RETIRED
        row.save(update_fields=["state", "updated_at"])
        record_answer("approved_answer.retired", row, user=user)


def check_again(row: ApprovedAnswer, *, compose: Compose | None = None) -> bool:
    """Hold an approved answer against its sources as they are now; withdraw it where one sentence does not hold any more.

    Returns: whether it holds. Raises: CurationRefused: it cannot be checked now.
    """
    first = row.questions.first()
    asked = first.text if first else ""
    sentences, citations = _check(row.text, question=asked, collection=row.collection, credential=None, compose=compose)
    with transaction.atomic():
        row = ApprovedAnswer.objects.select_for_update().select_related("collection").get(pk=row.pk)
        if row.state != State.APPROVED:
            return row.holds
        row.sentences, row.citations, row.checked_at = sentences, citations, timezone.now()
        if not row.holds:
            row.state = State.WITHDRAWN
        row.save(update_fields=["sentences", "citations", "checked_at", "state", "updated_at"])
        record_answer("approved_answer.verified" if row.holds else "approved_answer.withdrawn", row, user=None)
    return row.holds


def record_answer(action: str, row: ApprovedAnswer, *, user: User | None) -> None:
    questions = list(row.questions.values_list("text", flat=True))
    record(
        action,
        by=actor_of(user, otherwise=SYSTEM),
        subject=f"approved_answer:{row.uid}",
        summary=questions[0] if questions else "",
        payload={
            "collection": row.collection.slug,
            "questions": questions,
            "text": row.text,
            "state": row.state,
            "sentences": row.sentences,
            "sources": row.citations,
            "review_on": row.review_on,
        },
    )


def _check(
    text: str, *, question: str, collection: Collection, credential: Credential | None, compose: Compose | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    try:
        return check_answer(text, question=question, collection=collection, credential=credential, compose=compose)
    except QuestionRefused as refused:
        raise CurationRefused("answer_invalid", refused.message) from refused
    except ChatError as error:
        raise CurationRefused("answer_invalid", str(error.sentence)) from error


def _clean_questions(given: Sequence[str]) -> list[str]:
    try:
        kept = list(dict.fromkeys(clean_question(one) for one in given if one.strip()))
    except QuestionRefused as refused:
        raise CurationRefused("answer_invalid", refused.message) from refused
    if not kept or len(kept) > MOST_QUESTIONS:
        message = _("Enter the question that it answers, and at most %(limit)d other wordings.")
        raise CurationRefused("answer_invalid", message % {"limit": MOST_QUESTIONS - 1})
    return kept
