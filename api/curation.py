"""What knowledge admins do with what is there, for programs: move, read again, list versions, build the index anew."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.library import find_document, tell_document, tell_version
from ingest import editions
from ingest.moving import move_document
from ingest.rereading import reread_document
from kb.editions import building_edition, serving_edition
from kb.engine import get_engine
from kb.models import Collection, Document, Edition

router = Router(tags=["library"])
READ, MANAGE = scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.MANAGE)


@router.get("/documents/{uuid:uid}/versions", response={200: list[schemas.VersionOut], **schemas.ERRORS}, **READ)
def list_versions(request: HttpRequest, uid: UUID) -> list[schemas.VersionOut]:
    """Every version of a document, the newest first; readers see those that answer or have answered."""
    versions = find_document(request.user, uid).versions.order_by("-number")
    if not request.user.is_knowledge_admin:
        versions = versions.filter(indexed_at__isnull=False)
    return [tell_version(version) for version in versions]


@router.post("/documents/{uuid:uid}/move", response={200: schemas.DocumentOut, **schemas.ERRORS}, **MANAGE)
def move(request: HttpRequest, uid: UUID, given: schemas.MoveIn) -> schemas.DocumentOut:
    """Give a document to another collection: its readers change at once."""
    target = get_object_or_404(Collection.objects.manageable_by(request.user), slug=given.collection)
    move_document(find_manageable(request, uid), to=target, user=request.user)
    return tell_document(find_document(request.user, uid), request.user)


@router.post("/documents/{uuid:uid}/reread", response={202: schemas.VersionOut, **schemas.ERRORS}, **MANAGE)
def reread(request: HttpRequest, uid: UUID) -> Status:
    """Read the file again with the present parsers, as the next version; the old one answers until it is ready."""
    return Status(202, tell_version(reread_document(find_manageable(request, uid), user=request.user)))


@router.get("/index", response={200: schemas.IndexOut, **schemas.ERRORS}, **MANAGE)
def get_index(request: HttpRequest) -> schemas.IndexOut:
    """What the library was cut and embedded with, and how building it anew goes."""
    return tell_index()


@router.post("/index/{action}", response={200: schemas.IndexOut, **schemas.ERRORS}, **MANAGE)
def change_index(request: HttpRequest, action: Literal["start", "pause", "resume", "cancel"]) -> schemas.IndexOut:
    """Build the index anew as the settings say, beside the one that answers; pause, resume or cancel that."""
    if action == "start":
        editions.start_edition(engine=get_engine(), user=request.user)
    elif action == "pause":
        editions.pause_edition(user=request.user)
    elif action == "resume":
        editions.resume_edition(user=request.user)
    else:
        editions.cancel_edition(user=request.user)
    return tell_index()


def find_manageable(request: HttpRequest, uid: UUID) -> Document:
    manageable = Document.objects.live().filter(collection__in=Collection.objects.manageable_by(request.user))
    return get_object_or_404(manageable.select_related("collection"), uid=uid)


def tell_index() -> schemas.IndexOut:
    building = building_edition()
    progress = editions.measure_progress(building) if building else None
    return schemas.IndexOut(
        serving=tell_edition(serving_edition()),
        building=tell_edition(building) if building else None,
        is_paused=bool(building and building.is_paused),
        documents=progress.documents if progress else None,
        done=progress.done if progress else None,
        failed=progress.failed if progress else None,
    )


def tell_edition(edition: Edition) -> schemas.EditionOut:
    told = {name: getattr(edition, name) for name in ("number", "encoder", "cutting", "created_at", "served_at")}
    return schemas.EditionOut(**told)
