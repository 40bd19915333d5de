"""Approved answers for programs of those who run a collection."""

from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from api.strictness import Given
from curation.access import managed_collection
from curation.answers.models import ApprovedAnswer
from curation.answers.writing import approve_answer, retire_answer, save_answer
from kb.models import Collection

router = Router(tags=["curation"])
MANAGE = scoped(ApiKey.Scope.MANAGE)
State = Literal["draft", "approved", "withdrawn", "retired"]


class ApprovedIn(Given):
    collection: str
    questions: list[str] = Field(description="the question, and other wordings of it")
    text: str
    review_on: date | None = None


class CheckedRow(Schema):
    text: str
    verdict: str
    reason: str
    sources: list[int] = Field(description="positions from 1 in `documents`")


class ApprovedAnswerOut(Schema):
    uid: UUID
    collection: str
    questions: list[str]
    text: str
    state: State
    holds: bool = Field(description="whether every sentence has a source")
    sentences: list[CheckedRow]
    documents: list[str] = Field(description="names, one for each source")
    approved_by: str
    approved_at: datetime | None
    review_on: date | None
    checked_at: datetime | None


@router.get("/answers", response={200: list[ApprovedAnswerOut], **schemas.ERRORS}, **MANAGE)
def list_answers(
    request: ApiRequest,
    collection: str = "",
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> list[ApprovedAnswerOut]:
    """Answers of a collection, or of all collections that the caller manages. A page that is not full is the last."""
    rows = ApprovedAnswer.objects.manageable_by(request.user).select_related("collection").prefetch_related("questions")
    if collection:
        rows = rows.filter(collection=managed_collection(request.user, collection))
    return [show_answer(row) for row in rows.order_by("-pk")[(page - 1) * per_page : page * per_page]]


@router.post("/answers", response={201: ApprovedAnswerOut, **schemas.ERRORS}, **MANAGE)
def create_answer(request: ApiRequest, given: ApprovedIn) -> Status[ApprovedAnswerOut]:
    """Write an answer as a draft; each sentence is checked against the documents of the collection."""
    collection = managed_collection(request.user, given.collection)
    row = save_answer(
        row=None,
        collection=collection,
        questions=given.questions,
        text=given.text,
        review_on=given.review_on,
        user=request.user,
    )
    return Status(201, show_answer(row))


@router.post("/answers/{uuid:uid}/approve", response={200: ApprovedAnswerOut, **schemas.ERRORS}, **MANAGE)
def approve(request: ApiRequest, uid: UUID) -> ApprovedAnswerOut:
    """Let an answer be given to questions with the same meaning; for owners of the collection."""
    row = get_object_or_404(ApprovedAnswer, uid=uid, collection__in=Collection.objects.owned_by(request.user))
    return show_answer(approve_answer(row=row, user=request.user))


@router.post("/answers/{uuid:uid}/retire", response={200: ApprovedAnswerOut, **schemas.ERRORS}, **MANAGE)
def retire(request: ApiRequest, uid: UUID) -> ApprovedAnswerOut:
    """Stop giving an answer."""
    row = get_object_or_404(ApprovedAnswer.objects.manageable_by(request.user), uid=uid)
    retire_answer(row=row, user=request.user)
    row.refresh_from_db()
    return show_answer(row)


def show_answer(row: ApprovedAnswer) -> ApprovedAnswerOut:
    return ApprovedAnswerOut(
        uid=row.uid,
        collection=row.collection.slug,
        questions=[one.text for one in row.questions.all()],
        text=row.text,
        state=cast(Any, row.state),
        holds=row.holds,
        sentences=[
            CheckedRow(text=one["text"], verdict=one["verdict"], reason=one["reason"], sources=one["markers"])
            for one in row.sentences
        ],
        documents=[place["document"] for place in sorted(row.citations, key=lambda place: int(place["marker"]))],
        approved_by=row.approver,
        approved_at=row.approved_at,
        review_on=row.review_on,
        checked_at=row.checked_at,
    )
