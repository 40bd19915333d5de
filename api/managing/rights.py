"""Folders, and who may read what is in a collection, for programs of those who manage it."""

from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.params.functions import Query

from accounts.models import ApiKey, User
from api import schemas
from api.access import scoped
from api.library import PAGE_MAX, PER_PAGE_MAX, find_document, show_document
from api.requests import ApiRequest
from kb.models import Collection, Document, Folder
from kb.rights import folders, stewards
from kb.rights.readers import Readers, clean_readers, readers_named_by
from kb.rights.reasons import manages

router = Router(tags=["rights"])
READ, MANAGE = scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.MANAGE)


@router.get("/collections/{slug:slug}/stewards", response={200: list[schemas.StewardOut], **schemas.ERRORS}, **MANAGE)
def list_stewards(
    request: ApiRequest,
    slug: str,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[schemas.StewardOut]:
    """Who owns and edits a collection, for its owners. A page that is not full is the last."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    rows = collection.stewards.select_related("user")[(page - 1) * per_page : page * per_page]
    return [schemas.StewardOut(person=row.user.username, role=cast(Any, row.role), is_active=row.user.is_active) for row in rows]


@router.put("/collections/{slug:slug}/stewards/{name}", response={204: None, **schemas.ERRORS}, **MANAGE)
def set_steward(request: ApiRequest, slug: str, name: str, given: schemas.StewardIn) -> Status[None]:
    """Make somebody an owner or editor of a collection, by user name; null removes the role."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    person = get_object_or_404(User, username=name)
    stewards.set_steward(collection=collection, person=person, role=given.role, user=request.user)
    return Status(204, None)


@router.get("/collections/{slug:slug}/folders", response={200: list[schemas.FolderOut], **schemas.ERRORS}, **READ)
def list_folders(
    request: ApiRequest,
    slug: str,
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> list[schemas.FolderOut]:
    """The folders of a collection that the caller may open, by name. A page that is not full is the last."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    rows = collection.folders.visible_to(request.user).select_related(folders.WAY).prefetch_related("groups", "people")
    is_managed = manages(request.user, collection)
    shown = rows.order_by("name", "pk")[(page - 1) * per_page : page * per_page]
    return [serialize_folder(row, is_managed=is_managed) for row in shown]


@router.post("/collections/{slug:slug}/folders", response={201: schemas.FolderOut, **schemas.ERRORS}, **MANAGE)
def create_folder(request: ApiRequest, slug: str, given: schemas.FolderIn) -> Status[schemas.FolderOut]:
    """Create a folder; it has the readers of the folder or collection that contains it until it is narrowed."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    parent = get_object_or_404(collection.folders, uid=given.parent) if given.parent is not None else None
    made = folders.create_folder(collection=collection, name=given.name, parent=parent, user=request.user)
    return Status(201, serialize_folder(made, is_managed=True))


@router.patch("/folders/{uuid:uid}", response={200: schemas.FolderOut, **schemas.ERRORS}, **MANAGE)
def rename_folder(request: ApiRequest, uid: UUID, given: schemas.FolderChange) -> schemas.FolderOut:
    """Rename a folder."""
    renamed = folders.rename_folder(folder=_folder(request, uid), name=given.name, user=request.user)
    return serialize_folder(renamed, is_managed=True)


@router.put("/folders/{uuid:uid}/readers", response={200: schemas.FolderOut, **schemas.ERRORS}, **MANAGE)
def narrow_folder(request: ApiRequest, uid: UUID, given: schemas.NarrowIn) -> schemas.FolderOut:
    """Limit a folder to some of its readers; this takes effect immediately."""
    narrowed = folders.narrow_folder(folder=_folder(request, uid), readers=_readers(given), user=request.user)
    return serialize_folder(narrowed, is_managed=True)


@router.delete("/folders/{uuid:uid}", response={204: None, **schemas.ERRORS}, **MANAGE)
def delete_folder(request: ApiRequest, uid: UUID) -> Status[None]:
    """Remove an empty folder."""
    folders.delete_folder(folder=_folder(request, uid), user=request.user)
    return Status(204, None)


@router.put("/documents/{uuid:uid}/readers", response={200: schemas.DocumentOut, **schemas.ERRORS}, **MANAGE)
def narrow_document(request: ApiRequest, uid: UUID, given: schemas.NarrowIn) -> schemas.DocumentOut:
    """Limit a document to some of the readers of its folder and collection; this takes effect immediately."""
    folders.narrow_document(document=_document(request, uid), readers=_readers(given), user=request.user)
    return show_document(find_document(request.user, uid), request.user)


@router.put("/documents/{uuid:uid}/folder", response={200: schemas.DocumentOut, **schemas.ERRORS}, **MANAGE)
def file_document(request: ApiRequest, uid: UUID, given: schemas.FileIn) -> schemas.DocumentOut:
    """Put a document into a folder of its collection, or out of all of them: its readers change immediately."""
    folder = _folder(request, given.folder) if given.folder is not None else None
    folders.file_document(document=_document(request, uid), folder=folder, user=request.user)
    return show_document(find_document(request.user, uid), request.user)


def serialize_folder(row: Folder, *, is_managed: bool) -> schemas.FolderOut:
    readers = readers_named_by(row) if is_managed else None
    return schemas.FolderOut(
        uid=row.uid,
        name=row.name,
        path=folders.path_of(row),
        parent=row.parent.uid if row.parent else None,
        readers=schemas.ReadersOut(**readers.as_dict()) if readers else None,
    )


def _readers(given: schemas.NarrowIn) -> Readers | None:
    return clean_readers(groups=given.readers.groups, people=given.readers.people) if given.readers is not None else None


def _folder(request: ApiRequest, uid: UUID) -> Folder:
    return get_object_or_404(Folder.objects.owned_by(request.user).select_related("collection", "parent"), uid=uid)


def _document(request: ApiRequest, uid: UUID) -> Document:
    return get_object_or_404(Document.objects.owned_by(request.user).select_related("collection"), uid=uid)
