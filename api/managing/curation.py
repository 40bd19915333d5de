"""Maintenance for programs of knowledge admins: move, process again, list versions, rebuild the index."""

from typing import Literal
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import check_admin, scoped
from api.library import PAGE_MAX, PER_PAGE_MAX, find_document, serialize_version, show_document
from api.requests import ApiRequest
from ingest.documents.again import reread_document
from ingest.documents.moving import move_document
from ingest.editions import building as editions
from kb.index.editions import building_edition, serving_edition
from kb.index.engine import get_engine
from kb.models import Collection, Document, DocumentVersion, Edition
from kb.viewing.originals import send_original

router = Router(tags=["library"])
READ, MANAGE = scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.MANAGE)


@router.get("/documents/{uuid:uid}/versions", response={200: list[schemas.VersionOut], **schemas.ERRORS}, **READ)
def list_versions(
    request: ApiRequest,
    uid: UUID,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[schemas.VersionOut]:
    """Every version of a document, newest first; readers see those that are or were in use. A page that is not full is the last."""
    document = find_document(request.user, uid)
    versions = DocumentVersion.objects.visible_to(request.user).filter(document=document).order_by("-number")
    return [serialize_version(version) for version in versions[(page - 1) * per_page : page * per_page]]


@router.get("/documents/{uuid:uid}/versions/{int:number}/original", response={200: None, **schemas.ERRORS}, **READ)
def download_original(request: ApiRequest, uid: UUID, number: int) -> HttpResponseBase:
    """The file of a version as it was uploaded, for people who may download originals; other readers get 404."""
    versions = DocumentVersion.objects.visible_to(request.user).filter(
        document__in=Document.objects.downloadable_by(request.user), document__uid=uid
    )
    version = get_object_or_404(versions.select_related("document"), number=min(number, 2**31 - 1))
    return send_original(version, user=request.user)


@router.post("/documents/{uuid:uid}/move", response={200: schemas.DocumentOut, **schemas.ERRORS}, **MANAGE)
def move(request: ApiRequest, uid: UUID, given: schemas.MoveIn) -> schemas.DocumentOut:
    """Move a document to another collection: its readers change immediately."""
    target = get_object_or_404(Collection.objects.manageable_by(request.user), slug=given.collection)
    owned = Document.objects.owned_by(request.user).select_related("collection")  # a move changes who may read it
    move_document(get_object_or_404(owned, uid=uid), to=target, user=request.user)
    return show_document(find_document(request.user, uid), request.user)


@router.post("/documents/{uuid:uid}/reread", response={202: schemas.VersionOut, **schemas.ERRORS}, **MANAGE)
def reread(request: ApiRequest, uid: UUID) -> Status[schemas.VersionOut]:
    """Process again with the current parsers, as the next version; the current one is used until that is ready."""
    return Status(202, serialize_version(reread_document(find_manageable(request, uid), user=request.user)))


@router.get("/index", response={200: schemas.IndexOut, **schemas.ERRORS}, **MANAGE)
def get_index(request: ApiRequest) -> schemas.IndexOut:
    """How the library was split and embedded, and the progress of a rebuild; for knowledge admins."""
    check_admin(request.user)
    return serialize_index()


@router.post("/index/{action}", response={200: schemas.IndexOut, **schemas.ERRORS}, **MANAGE)
def change_index(request: ApiRequest, action: Literal["start", "pause", "resume", "cancel"]) -> schemas.IndexOut:
    """Rebuild the index by the current settings, beside the one in use; pause, resume or cancel a rebuild. For knowledge admins."""
    check_admin(request.user)
    if action == "start":
        editions.start_edition(engine=get_engine(), user=request.user)
    elif action == "pause":
        editions.pause_edition(user=request.user)
    elif action == "resume":
        editions.resume_edition(user=request.user)
    else:
        editions.cancel_edition(user=request.user)
    return serialize_index()


def find_manageable(request: ApiRequest, uid: UUID) -> Document:
    manageable = Document.objects.manageable_by(request.user)
    return get_object_or_404(manageable.select_related("collection"), uid=uid)


def serialize_index() -> schemas.IndexOut:
    building = building_edition()
    progress = editions.measure_progress(building) if building else None
    return schemas.IndexOut(
        serving=serialize_edition(serving_edition()),
        building=serialize_edition(building) if building else None,
        is_paused=bool(building and building.is_paused),
        documents=progress.documents if progress else None,
        done=progress.done if progress else None,
        failed=progress.failed if progress else None,
    )


def serialize_edition(edition: Edition) -> schemas.EditionOut:
    values = {name: getattr(edition, name) for name in ("number", "encoder", "cutting", "created_at", "served_at")}
    return schemas.EditionOut(**values)
