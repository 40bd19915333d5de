"""One thing done to many documents, and passages switched off or corrected, for programs of those who manage a collection."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.errors import RequestInvalid
from api.library import PAGE_MAX, PER_PAGE_MAX, serialize_version
from api.requests import ApiRequest
from ingest.documents.again import restore_version
from ingest.documents.passages import change_passage, lift_change
from ingest.errors import message_for
from ingest.many.models import BulkMember, BulkRun
from ingest.many.running import count_members, start_run
from ingest.many.views import runs_of, select
from kb.index.editions import serving_edition
from kb.keeping.listing import Filter
from kb.models import Chunk, Collection, Document, DocumentVersion, PassageChange
from kb.place import correction_of

router = Router(tags=["library"])
MANAGE = scoped(ApiKey.Scope.MANAGE)


@router.post("/collections/{slug:slug}/bulk", response={202: schemas.BulkOut, **schemas.ERRORS}, **MANAGE)
def start_bulk(request: ApiRequest, slug: str, given: schemas.BulkIn) -> Status[schemas.BulkOut]:
    """Do one thing to many documents of a collection. The selection is fixed now; poll the run until its `state` is “done”."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    if (given.documents is None) == (given.filter is None):
        raise RequestInvalid(_("Give either “documents” or “filter”."))
    wanted = Filter.read(given.filter.dict() | {"folder": given.filter.folder or ""}) if given.filter is not None else None
    uids = [str(uid) for uid in given.documents or ()]
    documents = select(collection, request.user, wanted=wanted, uids=uids, action=given.action)
    values: dict[str, Any] = given.dict(exclude_unset=True, exclude={"action", "documents", "filter"})
    run = start_run(action=given.action, documents=documents, collection=collection, values=values, user=request.user)
    return Status(202, serialize_run(run, page=1, per_page=50))


@router.get("/bulk/{uuid:uid}", response={200: schemas.BulkOut, **schemas.ERRORS}, **MANAGE)
def get_bulk(
    request: ApiRequest,
    uid: UUID,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> schemas.BulkOut:
    """The progress of a run, and what failed. A page of failures that is not full is the last."""
    return serialize_run(get_object_or_404(runs_of(request.user), uid=uid), page=page, per_page=per_page)


@router.get("/documents/{uuid:uid}/passages", response={200: list[schemas.ChunkOut], **schemas.ERRORS}, **MANAGE)
def list_passages(
    request: ApiRequest,
    uid: UUID,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> list[schemas.ChunkOut]:
    """The passages of the current version, in order. A page that is not full is the last."""
    rows = _passages(request, uid).select_related("page", "change").order_by("ordinal")
    return [serialize_chunk(row) for row in rows[(page - 1) * per_page : page * per_page]]


@router.put("/documents/{uuid:uid}/passages/{int:ordinal}", response={200: schemas.ChunkOut, **schemas.ERRORS}, **MANAGE)
def put_passage(request: ApiRequest, uid: UUID, ordinal: int, given: schemas.PassageChangeIn) -> schemas.ChunkOut:
    """Switch a passage off or correct it, with a reason; answers use the change immediately."""
    chunk = get_object_or_404(_passages(request, uid), ordinal=min(ordinal, 2**31 - 1))
    change_passage(chunk=chunk, user=request.user, **given.dict())
    return serialize_chunk(Chunk.objects.select_related("page", "change").get(pk=chunk.pk))


@router.delete("/passage-changes/{uuid:uid}", response={204: None, **schemas.ERRORS}, **MANAGE)
def lift_passage_change(request: ApiRequest, uid: UUID) -> Status[None]:
    """Use a passage as it is on its page again."""
    changes = PassageChange.objects.filter(document__in=Document.objects.manageable_by(request.user))
    lift_change(change=get_object_or_404(changes.select_related("document"), uid=uid), user=request.user)
    return Status(204, None)


@router.post("/documents/{uuid:uid}/versions/{int:number}/restore", response={202: schemas.VersionOut, **schemas.ERRORS}, **MANAGE)
def restore(request: ApiRequest, uid: UUID, number: int) -> Status[schemas.VersionOut]:
    """Roll back: the original of an earlier version becomes the next version; the current one is used until that is ready."""
    manageable = DocumentVersion.objects.filter(document__in=Document.objects.manageable_by(request.user), document__uid=uid)
    earlier = get_object_or_404(manageable.select_related("document"), number=min(number, 2**31 - 1))
    return Status(202, serialize_version(restore_version(earlier, user=request.user)))


def serialize_run(run: BulkRun, *, page: int, per_page: int) -> schemas.BulkOut:
    counts = count_members(run)
    failed = run.members.filter(state=BulkMember.State.FAILED).select_related("document")
    return schemas.BulkOut(
        uid=run.uid,
        action=run.action,
        state=cast(Any, run.state),
        asked_at=run.asked_at,
        ended_at=run.ended_at,
        total=counts["total"],
        done=counts["done"],
        failed=counts["failed"],
        failures=[
            schemas.BulkFailure(
                document=row.document.uid,
                name=row.name,
                error=schemas.ErrorDetail(code=row.error_code, message=message_for(row.error_code)),
            )
            for row in failed[(page - 1) * per_page : page * per_page]
        ],
    )


def serialize_chunk(row: Chunk) -> schemas.ChunkOut:
    correction = correction_of(row)
    return schemas.ChunkOut(
        ordinal=row.ordinal,
        page=row.page.number,
        start=row.start,
        end=row.end,
        heading_path=row.heading_path,
        text=row.text,
        is_off=row.is_off,
        change=row.change.uid if row.change else None,
        correction=schemas.CorrectionOut(
            by=correction.by, on=correction.on, reason=correction.reason, page_says=correction.page_says
        )
        if correction
        else None,
    )


def _passages(request: ApiRequest, uid: UUID) -> QuerySet[Chunk]:
    document = get_object_or_404(Document.objects.manageable_by(request.user), uid=uid)
    return Chunk.objects.filter(version=document.current_version_id, edition=serving_edition().number)
