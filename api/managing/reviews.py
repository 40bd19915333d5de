"""The reviewers' desk for programs: queues, one answer with what was said of it, verdicts, assignments; for auditors, figures
and rules.

With a scope of its own: a key that may read must not be able to judge. What is read is on record, as on the pages.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status
from ninja.params.functions import Query

from accounts.models import ApiKey, User
from api import schemas
from api.access import scoped
from api.errors import RequestInvalid
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from api.strictness import Given
from audit.actor import actor_of
from audit.auditor_visits import note_reading
from audit.receipts.receipt import read_receipt
from audit.views import record_view
from reviews.desk.agreement import count_verdicts, count_weeks, measure_agreement
from reviews.desk.intake import take_in
from reviews.desk.judging import assign_case, review_case, reviews_to_show
from reviews.desk.queues import CaseFilterForm, count_queues, find_cases, is_overdue, page_of
from reviews.desk.reach import cases_for
from reviews.desk.rules import change_rules, read_rules
from reviews.errors import ReviewRefused
from reviews.models import Case, DeskRules, Review, SampleRate

router = Router(tags=["reviews"])
REVIEW = scoped(ApiKey.Scope.REVIEW)
Queue = Literal[
    "sample", "uncertain", "unhelpful", "withheld", "refused", "guarded", "mine", "overdue", "second", "disputed", "all"
]
VerdictName = Literal["correct", "wrong", "unsupported", "beside", "should_refuse", "leak"]
Position = Annotated[int, Field(ge=0, le=499)]
MOST_SEQUENCE = 10**18


class CaseOut(Schema):
    receipt: UUID
    sequence: int = Field(description="of its event; pages go by it")
    at: datetime
    question: str = Field(description="its beginning; empty where it was erased")
    outcome: str
    model: str
    probability: float | None
    withheld: int
    rating: str
    guard: str = Field(description="strictest mode of a guard that it met: block, monitor, or empty")
    collections: list[str]
    state: str = Field(description="open, second (awaits a second reviewer) or done")
    verdict: str = Field(description="of the last review; empty while a second one is blind")
    is_disputed: bool
    assigned_to: str | None
    due_at: datetime | None
    is_overdue: bool
    escalated_at: datetime | None


class CasesOut(Schema):
    items: list[CaseOut]
    older: int | None = Field(description="`before` of the next page; null at the end")
    newer: int | None = Field(description="`after` of the page before")


class SentenceOut(Schema):
    text: str
    verdict: str = Field(description="Attest's own: supported, corrected or withheld")
    citations: list[int]


class ReviewOut(Schema):
    number: int
    by: str
    verdict: str
    reason: str
    comment: str
    correction: str
    sentences: dict[str, str]
    was_blind: bool
    created_at: datetime


class CaseWhole(CaseOut):
    answer: str
    reason: str
    sentences: list[SentenceOut]
    reviews: list[ReviewOut] = Field(description="those that the caller may see now")


class VerdictIn(Given):
    verdict: VerdictName
    reason: str = ""
    comment: str = ""
    correction: str = Field("", description="how it should read")
    sentences: dict[Position, VerdictName] = Field(default_factory=dict, description="position from 0 → verdict of that sentence")


class AssignmentIn(Given):
    to: str | None = Field(description="user name of an auditor or reviewer; null: nobody")
    due_on: date | None = Field(None, description="last day; null: as it is")


class WeekOut(Schema):
    begins: date
    reviews: int
    correct: int


class AgreementOut(Schema):
    pairs: int = Field(description="answers that two people reviewed")
    agreed: int
    kappa: float | None = Field(description="Cohen's κ; null where it is not defined")
    verdicts: dict[str, int] = Field(description="of first reviews")
    weeks: list[WeekOut]


class RulesOut(Schema):
    sample_percent: int
    second_percent: int
    is_blind: bool
    due_days: int
    escalate_days: int = Field(description="after the due day; 0: never")
    escalate_to: str | None = Field(description="user name of an auditor")


class RulesIn(Given):
    sample_percent: int
    second_percent: int
    is_blind: bool
    due_days: int
    escalate_days: int = 0
    escalate_to: str | None = None
    rates: dict[str, int | None] = Field(default_factory=dict, description="collection → its own rate; null: the general one")


class RateOut(Schema):
    collection: str
    percent: int


@router.get("/reviews", response={200: CasesOut, **schemas.ERRORS}, **REVIEW)
def list_reviews(
    request: ApiRequest,
    queue: Queue = "sample",
    text: str = "",
    person: str = "",
    collection: str = "",
    model: str = "",
    outcome: str = "",
    verdict: str = "",
    since: date | None = None,
    until: date | None = None,
    before: int | None = Query(None, ge=0, le=MOST_SEQUENCE),
    after: int | None = Query(None, ge=0, le=MOST_SEQUENCE),
) -> CasesOut:
    """A queue of the desk, filtered, the newest first, 50 at a time."""
    take_in()  # what was just asked; the rest is the worker's
    given = {"text": text, "person": person, "collection": collection, "model": model, "outcome": outcome, "verdict": verdict}
    days = {name: day.isoformat() for name, day in (("since", since), ("until", until)) if day}
    form = CaseFilterForm({name: value.replace("\x00", "") for name, value in (given | days).items()})
    if form.errors:
        raise RequestInvalid(_("There is no such value."), param=next(iter(form.errors)))
    filters = form.found()
    note_reading(by=actor_of(request.user), filters={"queue": queue} | {name: str(value) for name, value in filters.items()})
    page = page_of(find_cases(queue=queue, filters=filters, user=request.user), before=before, after=after)
    hides = read_rules().is_blind
    return CasesOut(items=[show_case(case, hides=hides) for case in page.cases], older=page.older, newer=page.newer)


@router.get("/reviews/queues", response={200: dict[str, int], **schemas.ERRORS}, **REVIEW)
def count_reviews(request: ApiRequest) -> dict[str, int]:
    """How many answers wait in each queue."""
    return count_queues(request.user)


@router.get("/reviews/agreement", response={200: AgreementOut, **schemas.ERRORS}, **REVIEW)
def get_agreement(request: ApiRequest) -> AgreementOut:
    """How far reviewers agree, what they found, and how that moves by week. For auditors."""
    refuse_reviewers(request)
    found = measure_agreement()
    weeks = [WeekOut(begins=week.begins, reviews=week.reviews, correct=week.correct) for week in count_weeks()]
    return AgreementOut(
        pairs=found.pairs,
        agreed=found.agreed,
        kappa=found.kappa,
        verdicts={str(verdict): count for verdict, count in count_verdicts().items()},
        weeks=weeks,
    )


@router.get("/reviews/rules", response={200: RulesOut, **schemas.ERRORS}, **REVIEW)
def get_review_rules(request: ApiRequest) -> RulesOut:
    """What the desk does by itself. For auditors."""
    refuse_reviewers(request)
    return show_rules(read_rules())


@router.put("/reviews/rules", response={200: RulesOut, **schemas.ERRORS}, **REVIEW)
def set_review_rules(request: ApiRequest, given: RulesIn) -> RulesOut:
    """Set all of it, and the rates of the collections that are named. They hold for answers from now on. For auditors."""
    refuse_reviewers(request)
    values = given.dict() | {"escalate_to": find_auditor(given.escalate_to)}
    return show_rules(change_rules(by=request.user, **values))


@router.get("/reviews/rates", response={200: list[RateOut], **schemas.ERRORS}, **REVIEW)
def list_review_rates(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(50, ge=1, le=PER_PAGE_MAX)
) -> list[RateOut]:
    """Collections with a rate of their own, by address; a page that is not full is the last. For auditors."""
    refuse_reviewers(request)
    rows = SampleRate.objects.order_by("slug")[(page - 1) * per_page : page * per_page]
    return [RateOut(collection=row.slug, percent=row.percent) for row in rows]


@router.get("/reviews/{uuid:uid}", response={200: CaseWhole, **schemas.ERRORS}, **REVIEW)
def get_review(request: ApiRequest, uid: UUID) -> CaseWhole:
    """One answer with what a verdict needs; its receipt has the evidence. That it was read is on record."""
    return show_whole(request, find_case(request, uid))


@router.post("/reviews/{uuid:uid}/verdict", response={201: CaseWhole, **schemas.ERRORS}, **REVIEW)
def review_answer(request: ApiRequest, uid: UUID, given: VerdictIn) -> Status[CaseWhole]:
    """Record a verdict: the first, or the second sign-off by another person. It is never changed."""
    review_case(case=find_case(request, uid), by=request.user, **given.dict())
    return Status(201, show_whole(request, find_case(request, uid)))


@router.put("/reviews/{uuid:uid}/assignment", response={200: CaseWhole, **schemas.ERRORS}, **REVIEW)
def assign_review(request: ApiRequest, uid: UUID, given: AssignmentIn) -> CaseWhole:
    """Give an answer to a reviewer, or to nobody, and say when it is due."""
    assign_case(case=find_case(request, uid), to=find_reviewer(given.to), by=request.user, due_on=given.due_on)
    return show_whole(request, find_case(request, uid))


def find_case(request: ApiRequest, uid: UUID) -> Case:
    """Raises: Http404: there is none that the caller may see."""
    rows = cases_for(request.user).select_related("event__payload", "assigned_to").prefetch_related("collections")
    return get_object_or_404(rows, event__uid=uid)


def refuse_reviewers(request: ApiRequest) -> None:
    """Raises: Http404: the caller reviews, and neither rules the desk nor sees what others do there."""
    if not request.user.is_auditor:
        raise Http404


def find_reviewer(name: str | None) -> User | None:
    """Raises: ReviewRefused: nobody of this name reviews."""
    refusal = _("Cases can be assigned only to auditors, and to reviewers who may read what the answer is based on.")
    return _find(name, roles=User.GUARDED, param="to", refusal=refusal)


def find_auditor(name: str | None) -> User | None:
    """Raises: ReviewRefused: there is no auditor of this name."""
    return _find(name, roles=(User.Role.AUDITOR,), param="escalate_to", refusal=_("Overdue reviews can go only to auditors."))


def _find(name: str | None, *, roles: Sequence[str], param: str, refusal: str) -> User | None:
    if name is None:
        return None
    found = User.objects.filter(username=name.replace("\x00", ""), role__in=roles, is_active=True).first()
    if found is None:
        raise ReviewRefused(refusal, param=param)
    return found


def show_case(case: Case, *, hides: bool) -> CaseOut:
    """`hides`: what a first reviewer found is not told before the second has judged."""
    return CaseOut(
        receipt=case.event.uid,
        sequence=case.sequence,
        at=case.at,
        question=case.event.summary,
        outcome=case.outcome,
        model=case.model,
        probability=case.probability,
        withheld=case.withheld,
        rating=case.rating,
        guard=case.guard,
        collections=sorted(one.slug for one in case.collections.all()),
        state=case.state,
        verdict="" if hides and case.state == Case.State.SECOND else case.verdict,
        is_disputed=case.is_disputed,
        assigned_to=case.assigned_to.get_username() if case.assigned_to else None,
        due_at=case.due_at,
        is_overdue=is_overdue(case),
        escalated_at=case.escalated_at,
    )


def show_whole(request: ApiRequest, case: Case) -> CaseWhole:
    event = case.event
    summary = f"#{event.sequence}"
    record_view(request, action="audit.receipt_viewed", subject=f"event:{event.uid}", summary=summary, payload={"event": event.uid})
    receipt = read_receipt(event.payload.data)
    sentences = [SentenceOut(text=one.text, verdict=one.verdict, citations=list(one.citations)) for one in receipt.sentences]
    reviews = [show_review(one) for one in reviews_to_show(case, to=request.user)]
    shown = show_case(case, hides=not reviews).dict()
    return CaseWhole(**shown, answer=receipt.answer, reason=receipt.reason, sentences=sentences, reviews=reviews)


def show_review(row: Review) -> ReviewOut:
    return ReviewOut(
        number=row.number,
        by=row.by.get_username(),
        verdict=row.verdict,
        reason=row.reason,
        comment=row.comment,
        correction=row.correction,
        sentences=row.sentences,
        was_blind=row.was_blind,
        created_at=row.created_at,
    )


def show_rules(rules: DeskRules) -> RulesOut:
    return RulesOut(
        sample_percent=rules.sample_percent,
        second_percent=rules.second_percent,
        is_blind=rules.is_blind,
        due_days=rules.due_days,
        escalate_days=rules.escalate_days,
        escalate_to=rules.escalate_to.get_username() if rules.escalate_to else None,
    )
