"""Tags of collections and documents to be reviewed, for programs."""

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.errors import RequestInvalid
from api.library import PAGE_MAX, PER_PAGE_MAX, find_document, serialize_document, show_document
from api.requests import ApiRequest
from kb.keeping import tags
from kb.keeping.listing import with_rows
from kb.keeping.reviewing import due_for, mark_reviewed
from kb.models import Collection

router = Router(tags=["library"])
READ, MANAGE, ASK = scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.MANAGE), scoped(ApiKey.Scope.ASK)


@router.get("/collections/{slug:slug}/tags", response={200: list[schemas.TagOut], **schemas.ERRORS}, **READ)
def list_tags(
    request: ApiRequest,
    slug: str,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[schemas.TagOut]:
    """The tags of a collection, by name, of documents that the caller may read. A page that is not full is the last."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    rows = tags.tags_for(request.user, collection=collection)[(page - 1) * per_page : page * per_page]
    return [schemas.TagOut(uid=row.uid, name=row.name, documents=row.document_count) for row in rows]  # type: ignore[attr-defined]  # annotated


@router.patch("/tags/{uuid:uid}", response={200: schemas.TagOut, **schemas.ERRORS}, **MANAGE)
def change_tag(request: ApiRequest, uid: UUID, given: schemas.TagChange) -> schemas.TagOut:
    """Rename a tag, or merge it into another one, which then has its documents."""
    row = tags.managed_tag(request.user, uid)
    if (given.name is None) == (given.into is None):
        raise RequestInvalid(_("Give either “name” or “into”."))
    if given.into is not None:
        row = tags.merge_tag(tag=row, into=get_object_or_404(row.collection.tags, uid=given.into), user=request.user)
    else:
        row = tags.rename_tag(tag=row, name=given.name or "", user=request.user)
    return schemas.TagOut(uid=row.uid, name=row.name, documents=row.documents.live().count())


@router.delete("/tags/{uuid:uid}", response={204: None, **schemas.ERRORS}, **MANAGE)
def delete_tag(request: ApiRequest, uid: UUID) -> Status[None]:
    """Remove a tag from all documents."""
    tags.remove_tag(tag=tags.managed_tag(request.user, uid), user=request.user)
    return Status(204, None)


@router.get("/due", response={200: list[schemas.DocumentOut], **schemas.ERRORS}, **READ)
def list_due(
    request: ApiRequest,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> list[schemas.DocumentOut]:
    """The documents that the caller should review: their own, and those without an owner in collections that they manage."""
    rows = list(with_rows(due_for(request.user), request.user)[(page - 1) * per_page : page * per_page])
    run = Collection.objects.manageable_by(request.user).filter(pk__in=[row.collection_id for row in rows])
    managed = set(run.values_list("pk", flat=True))
    return [serialize_document(row, request.user, is_managed=row.collection_id in managed) for row in rows]


@router.post("/documents/{uuid:uid}/reviewed", response={200: schemas.DocumentOut, **schemas.ERRORS}, **ASK)
def review_document(request: ApiRequest, uid: UUID, given: schemas.ReviewedIn) -> schemas.DocumentOut:
    """Mark a document of /due as reviewed, and set the next review."""
    document = get_object_or_404(due_for(request.user).select_related("collection"), uid=uid)
    mark_reviewed(document=document, review_by=given.review_by, user=request.user)
    return show_document(find_document(request.user, uid), request.user)
