"""Golden questions for programs of those who run a collection."""

from datetime import datetime
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
from curation.access import managed_collection, managed_golden
from curation.golden.comparing import compare_runs, run_before
from curation.golden.files import read_file
from curation.golden.models import GoldenQuestion, GoldenRun
from curation.golden.questions import change_golden, clean_expected, delete_golden, import_golden, serialize_golden, write_golden
from curation.golden.running import start_run

router = Router(tags=["curation"])
MANAGE = scoped(ApiKey.Scope.MANAGE)


class GoldenIn(Given):
    collection: str = Field(description="its address")
    question: str
    expect: Literal["answer", "refusal"] = "answer"
    facts: list[list[str]] = Field([], description="of each list one wording must be told")
    documents: list[str] = Field([], description="names of documents of the collection; each must be cited")
    note: str = ""
    is_active: bool = True


class GoldenChange(Given):
    question: str = ""
    expect: Literal["answer", "refusal"] = "answer"
    facts: list[list[str]] = []
    documents: list[str] = []
    note: str = ""
    is_active: bool = True


class GoldenOut(Schema):
    uid: UUID
    collection: str
    question: str
    expect: Literal["answer", "refusal"]
    facts: list[list[str]]
    documents: list[str]
    note: str
    is_active: bool = Field(description="false: not asked, as one that a reviewer suggests")
    origin: Literal["written", "file", "review", "answer"]


class GoldenFileIn(Given):
    collection: str
    text: str = Field(description="JSON Lines, or a table with commas")
    dry_run: bool = Field(False, description="only say what it holds")


class GoldenFileOut(Schema):
    questions: int
    new: int
    changed: int


class GoldenStartIn(Given):
    collection: str


class MissOut(Schema):
    code: str = Field(description="refused, answered, no_question, fact, document or error")
    value: str


class GoldenResultOut(Schema):
    question: str
    verdict: Literal["passed", "failed", "error"]
    change: Literal["worse", "better", "same", "new"] = Field(description="beside the run before")
    misses: list[MissOut]
    answer: dict[str, Any] = Field(description="as the caller may read it now, in the form of /ask")
    receipt: str
    receipt_before: str


class GoldenRunOut(Schema):
    uid: UUID
    collection: str
    cause: Literal["asked", "changed", "nightly", "held"]
    changes: list[str]
    state: Literal["waiting", "running", "done"]
    questions: int
    passed: int
    failed: int
    errors: int
    conditions: dict[str, Any] = Field(description="what the answers were made with")
    created_at: datetime
    finished_at: datetime | None


class GoldenRunWithResults(GoldenRunOut):
    compared_with: UUID | None
    results: list[GoldenResultOut]


@router.get("/golden", response={200: list[GoldenOut], **schemas.ERRORS}, **MANAGE)
def list_golden(
    request: ApiRequest,
    collection: str = "",
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> list[GoldenOut]:
    """Golden questions of a collection, or of all collections that the caller manages. A page that is not full is the last."""
    rows = GoldenQuestion.objects.manageable_by(request.user).select_related("collection")
    if collection:
        rows = rows.filter(collection=managed_collection(request.user, collection))
    return [show_golden(row) for row in rows.order_by("pk")[(page - 1) * per_page : page * per_page]]


@router.post("/golden", response={201: GoldenOut, **schemas.ERRORS}, **MANAGE)
def create_golden(request: ApiRequest, given: GoldenIn) -> Status[GoldenOut]:
    """Add a golden question."""
    collection = managed_collection(request.user, given.collection)
    expected = clean_expected(
        collection=collection, is_refusal=given.expect == "refusal", facts=given.facts, documents=given.documents
    )
    row = write_golden(
        collection=collection,
        question=given.question,
        expected=expected,
        user=request.user,
        note=given.note,
        is_active=given.is_active,
    )
    return Status(201, show_golden(row))


@router.post("/golden/file", response={200: GoldenFileOut, **schemas.ERRORS}, **MANAGE)
def read_golden_file(request: ApiRequest, given: GoldenFileIn) -> GoldenFileOut:
    """Save the golden questions of a file, all of them or none; questions that exist are overwritten by the file."""
    collection = managed_collection(request.user, given.collection)
    rows = read_file(given.text.encode(errors="replace"), collection=collection)
    new, changed = (0, 0) if given.dry_run else import_golden(collection=collection, rows=rows, user=request.user)
    return GoldenFileOut(questions=len(rows), new=new, changed=changed)


@router.patch("/golden/{uuid:uid}", response={200: GoldenOut, **schemas.ERRORS}, **MANAGE)
def edit_golden(request: ApiRequest, uid: UUID, given: GoldenChange) -> GoldenOut:
    """Change the fields that are sent, and nothing else."""
    row = managed_golden(request.user, uid)
    values = serialize_golden(row) | given.dict(exclude_unset=True)
    expected = clean_expected(
        collection=row.collection,
        is_refusal=values["expect"] == "refusal",
        facts=values["facts"],
        documents=values["documents"],
    )
    changed = change_golden(
        row=row,
        question=values["question"],
        expected=expected,
        user=request.user,
        note=values["note"],
        is_active=values["is_active"],
    )
    return show_golden(changed)


@router.delete("/golden/{uuid:uid}", response={204: None, **schemas.ERRORS}, **MANAGE)
def remove_golden(request: ApiRequest, uid: UUID) -> Status[None]:
    """Delete a golden question."""
    delete_golden(row=managed_golden(request.user, uid), user=request.user)
    return Status(204, None)


@router.post("/golden/runs", response={202: GoldenRunOut, **schemas.ERRORS}, **MANAGE)
def start_golden_run(request: ApiRequest, given: GoldenStartIn) -> Status[GoldenRunOut]:
    """Ask all golden questions of a collection; a worker does it. If a run is already waiting, that run is returned."""
    run = start_run(collection=managed_collection(request.user, given.collection), cause=GoldenRun.Cause.ASKED, user=request.user)
    return Status(202, GoldenRunOut(**show_run(run)))


@router.get("/golden/runs", response={200: list[GoldenRunOut], **schemas.ERRORS}, **MANAGE)
def list_golden_runs(
    request: ApiRequest,
    collection: str = "",
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> list[GoldenRunOut]:
    """Runs, newest first. A page that is not full is the last."""
    rows = GoldenRun.objects.manageable_by(request.user).select_related("collection")
    if collection:
        rows = rows.filter(collection=managed_collection(request.user, collection))
    return [GoldenRunOut(**show_run(row)) for row in rows.order_by("-pk")[(page - 1) * per_page : page * per_page]]


@router.get("/golden/runs/{uuid:uid}", response={200: GoldenRunWithResults, **schemas.ERRORS}, **MANAGE)
def get_golden_run(request: ApiRequest, uid: UUID) -> GoldenRunWithResults:
    """One run, with its results compared with the run before; what got worse first."""
    run = get_object_or_404(GoldenRun.objects.manageable_by(request.user).select_related("collection"), uid=uid)
    before = run_before(run)
    results = [
        GoldenResultOut(
            question=row.result.question,
            verdict=cast(Any, row.result.verdict),
            change=cast(Any, row.change),
            misses=[MissOut(**miss) for miss in row.result.misses],
            answer=dict(row.answer),
            receipt=row.result.receipt,
            receipt_before=row.before.receipt if row.before else "",
        )
        for row in compare_runs(run, before, user=request.user)
    ]
    return GoldenRunWithResults(**show_run(run), compared_with=before.uid if before else None, results=results)


def show_golden(row: GoldenQuestion) -> GoldenOut:
    return GoldenOut(uid=row.uid, collection=row.collection.slug, origin=cast(Any, row.origin), **serialize_golden(row))


def show_run(run: GoldenRun) -> dict[str, Any]:
    names = GoldenRunOut.model_fields.keys() - {"collection"}
    return {name: getattr(run, name) for name in names} | {"collection": run.collection.slug}
