"""Collections and documents for programs: read with the rights of the caller, changed through the same services as the pages."""

from collections.abc import Iterable
from typing import cast
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.params.functions import Query

from accounts.errors import ValuesRefused
from accounts.models import ApiKey, User
from api import schemas
from api.access import check_admin, scoped
from api.errors import RequestInvalid
from api.requests import ApiRequest
from ingest.documents.deletion import delete_collection, delete_document
from ingest.errors import UploadRefused, message_for, warning_for
from ingest.services import accept_upload, retry_version
from ingest.upload import ReceivedFile, receive_files
from kb import services
from kb.editable import GROUP_NAMES, OWNERS_ALONE, serialize_values
from kb.keeping.listing import PAGE_CONTENT, Filter, filter_documents, with_rows
from kb.keeping.values import change_document as change_document_values
from kb.models import Collection, Document, DocumentVersion, Folder, ReadingFault
from kb.place import words_of_origin
from kb.rights.readers import readers_named_by
from kb.rights.reasons import manages, owns
from kb.viewing.viewed import record_view

router = Router(tags=["library"])
READ, MANAGE = scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.MANAGE)
PER_PAGE_MAX = 200
FILES_BODY = {  # for the OpenAPI page: the view reads the files itself, when it knows that the caller may store them
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
            }
        }
    },
}
UPLOAD = {**MANAGE, "openapi_extra": {**MANAGE["openapi_extra"], "requestBody": FILES_BODY}}
PAGE_MAX = 1_000_000


@router.get("/collections", response={200: list[schemas.CollectionOut], **schemas.ERRORS}, **READ)
def list_collections(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX)
) -> list[schemas.CollectionOut]:
    """The collections that the caller may read, by name. A page that is not full is the last."""
    rows = Collection.objects.visible_to(request.user).with_counts(request.user).order_by("name").prefetch_related(*GROUP_NAMES)
    shown = list(rows[(page - 1) * per_page : page * per_page])
    managed = set(
        Collection.objects.manageable_by(request.user).filter(pk__in=[row.pk for row in shown]).values_list("pk", flat=True)
    )
    return [serialize_collection(row, is_managed=row.pk in managed, documents=row.answering) for row in shown]  # type: ignore[attr-defined]  # annotated


@router.post("/collections", response={201: schemas.CollectionOut, **schemas.ERRORS}, **MANAGE)
def create_collection(request: ApiRequest, given: schemas.CollectionIn) -> Status[schemas.CollectionOut]:
    """Create a collection; for knowledge admins. Nobody else can read it until it is given to a group."""
    check_admin(request.user)
    saved = services.create_collection(user=request.user, **given.dict(exclude_unset=True))
    return Status(201, serialize_collection(saved, is_managed=True, documents=0))


@router.get("/collections/{slug:slug}", response={200: schemas.CollectionOut, **schemas.ERRORS}, **READ)
def get_collection(request: ApiRequest, slug: str) -> schemas.CollectionOut:
    """One collection."""
    return show_collection(get_object_or_404(Collection.objects.visible_to(request.user), slug=slug), request.user)


@router.patch("/collections/{slug:slug}", response={200: schemas.CollectionOut, **schemas.ERRORS}, **MANAGE)
def change_collection(request: ApiRequest, slug: str, given: schemas.CollectionChange) -> schemas.CollectionOut:
    """Change the fields that are sent, and nothing else; the address stays."""
    row = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    values = given.dict(exclude_unset=True)
    if OWNERS_ALONE & values.keys() and not owns(request.user, row):
        message = _("Only an owner of the collection can change this.")
        raise ValuesRefused({name: [message] for name in sorted(OWNERS_ALONE & values.keys())})
    saved = services.change_collection(collection=row, user=request.user, **values)
    return show_collection(saved, request.user)


@router.delete("/collections/{slug:slug}", response={204: None, **schemas.ERRORS}, **MANAGE)
def remove_collection(request: ApiRequest, slug: str, confirm: str) -> Status[None]:
    """Delete a collection with all its documents. `confirm`: its name, so that a script does not delete the wrong one."""
    row = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    delete_collection(row, confirmation=confirm, user=request.user)
    return Status(204, None)


@router.get("/collections/{slug:slug}/documents", response={200: schemas.DocumentPage, **schemas.ERRORS}, **READ)
def list_documents(
    request: ApiRequest,
    slug: str,
    q: str = "",
    state: str = "",
    tag: str = "",
    owner: str = "",
    folder: UUID | None = None,
    sort: str = "",
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> schemas.DocumentPage:
    """The documents of a collection. `state`: ready, running, failed, upcoming, expired or review; `tag`: a name; `owner`: a user
    name, “-” for none; `sort`: name (the default), title, newest, oldest, expires or review."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    given = {"q": q, "state": state, "tag": tag, "owner": owner, "folder": folder or "", "sort": sort}
    listed = filter_documents(collection, request.user, Filter.read(given))
    pages = Paginator(with_rows(listed, request.user), per_page)
    rows = pages.page(page).object_list if page <= pages.num_pages else []
    is_managed = manages(request.user, collection)
    items = [serialize_document(row, request.user, is_managed=is_managed) for row in rows]
    return schemas.DocumentPage(items=items, count=pages.count, page=page, pages=pages.num_pages)


@router.post("/collections/{slug:slug}/documents", response={202: list[schemas.UploadOut], **schemas.ERRORS}, **UPLOAD)
def upload_documents(request: ApiRequest, slug: str, folder: UUID | None = None) -> Status[list[schemas.UploadOut]]:
    """Upload one or several files. Each is either kept, recorded and queued, or refused on its own; an error if all are refused.
    `folder`: where new documents are put."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    place = get_object_or_404(collection.folders, uid=folder) if folder is not None else None
    with receive_files(request, is_checked=True) as received:
        return Status(202, take_in(collection, received.getlist("files"), user=request.user, folder=place))


def take_in(
    collection: Collection, files: list[ReceivedFile], *, user: User, folder: Folder | None = None
) -> list[schemas.UploadOut]:
    """Return what became of each file. Raises: RequestInvalid: there is none. UploadRefused: all were refused."""
    if not files:
        raise RequestInvalid(_("files: send one or more files as multipart/form-data in the field “files”."))
    results, refusals = [], []
    for file in files:
        try:
            accepted = accept_upload(collection=collection, name=file.name, stream=file, user=user, folder=folder)
        except UploadRefused as refused:
            refusals.append(refused)
            error = schemas.ErrorDetail(code=refused.code, message=refused.message)
            results.append(schemas.UploadOut(name=file.name, outcome="refused", error=error))
        else:
            version = accepted.version
            results.append(
                schemas.UploadOut(
                    name=version.document.name,
                    outcome=accepted.outcome,
                    document=version.document.uid,
                    version=version.number,
                    state=version.status,
                )
            )
    if len(refusals) == len(files):
        raise refusals[0]
    return results


@router.get("/documents/{uuid:uid}", response={200: schemas.DocumentOut, **schemas.ERRORS}, **READ)
def get_document(request: ApiRequest, uid: UUID) -> schemas.DocumentOut:
    """One document with its newest version."""
    return show_document(find_document(request.user, uid), request.user)


@router.patch("/documents/{uuid:uid}", response={200: schemas.DocumentOut, **schemas.ERRORS}, **MANAGE)
def change_document(request: ApiRequest, uid: UUID, given: schemas.DocumentChange) -> schemas.DocumentOut:
    """Set its tags, its owner and its first and last valid day: the fields that are sent, and nothing else."""
    manageable = Document.objects.manageable_by(request.user)
    document = get_object_or_404(manageable.select_related("collection"), uid=uid)
    change_document_values(document=document, user=request.user, **given.dict(exclude_unset=True))
    return show_document(find_document(request.user, uid), request.user)


@router.delete("/documents/{uuid:uid}", response={204: None, **schemas.ERRORS}, **MANAGE)
def remove_document(request: ApiRequest, uid: UUID) -> Status[None]:
    """Delete it: answers no longer use it."""
    manageable = Document.objects.manageable_by(request.user)
    delete_document(get_object_or_404(manageable.select_related("collection"), uid=uid), user=request.user)
    return Status(204, None)


@router.get("/documents/{uuid:uid}/versions/{int:number}", response={200: schemas.VersionOut, **schemas.ERRORS}, **READ)
def get_version(request: ApiRequest, uid: UUID, number: int) -> schemas.VersionOut:
    """How far the processing of a version has come: poll until `is_finished`."""
    return serialize_version(find_version(request.user, uid, number))


@router.post("/documents/{uuid:uid}/versions/{int:number}/retry", response={202: schemas.VersionOut, **schemas.ERRORS}, **MANAGE)
def retry(request: ApiRequest, uid: UUID, number: int) -> Status[schemas.VersionOut]:
    """Process a failed version again."""
    manageable = DocumentVersion.objects.filter(document__in=Document.objects.manageable_by(request.user), document__uid=uid)
    version = get_object_or_404(manageable.select_related("document"), number=min(number, 2**31 - 1))
    retry_version(version, user=request.user)
    version.refresh_from_db()
    return Status(202, serialize_version(version))


@router.get("/documents/{uuid:uid}/pages/{int:number}", response={200: schemas.SourceOut, **schemas.ERRORS}, **READ)
def read_page(request: ApiRequest, uid: UUID, number: int, version: int | None = None) -> schemas.SourceOut:
    """The text of one page of the current version, or of the one named; the view is recorded in the audit."""
    return open_page(request.user, uid, number, version=version)


def open_page(user: User, uid: UUID, number: int, *, version: int | None = None) -> schemas.SourceOut:
    """Return the text of a page, and record who saw it. Raises: Http404: there is none, or it is not theirs to read."""
    document = find_document(user, uid)
    shown = find_version(user, uid, version) if version is not None else document.current_version
    if shown is None:
        raise Http404
    page = shown.pages.defer("boxes", "blocks").filter(number=min(number, 2**31 - 1)).first()
    if page is None:
        raise Http404
    record_view(page, version=shown, document=document, user=user)
    return schemas.SourceOut(
        document=document.uid,
        title=document.title,
        version=shown.number,
        page=page.number,
        label=page.label,
        pages=shown.pages.count(),
        text=page.text,
    )


def find_document(user: User, uid: UUID) -> Document:
    """Return a document as this caller may see it; one that never answered is for who manages it alone."""
    rows = Document.objects.listed_for(user).select_related("collection", "folder", "owner", "current_version")
    rows = rows.prefetch_related("versions", "groups", "people", "tags")
    return get_object_or_404(rows, uid=uid)


def find_version(user: User, uid: UUID, number: int) -> DocumentVersion:
    versions = DocumentVersion.objects.visible_to(user).filter(document__uid=uid)
    return get_object_or_404(versions.select_related("document"), number=min(number, 2**31 - 1))


def show_collection(row: Collection, user: User) -> schemas.CollectionOut:
    documents = Document.objects.visible_to(user).filter(collection=row, current_version__isnull=False).count()
    return serialize_collection(row, is_managed=manages(user, row), documents=documents)


def serialize_collection(row: Collection, *, is_managed: bool, documents: int) -> schemas.CollectionOut:
    values = serialize_values(row)
    if not is_managed:
        values |= dict.fromkeys(schemas.ADMIN_ONLY)
    return schemas.CollectionOut(**values, documents=documents)


def show_document(row: Document, user: User) -> schemas.DocumentOut:
    return serialize_document(row, user, is_managed=manages(user, row.collection))


def serialize_document(row: Document, user: User, *, is_managed: bool) -> schemas.DocumentOut:
    """Args: is_managed: `user` may change the collection, and sees all of it."""
    newest = max(row.versions.all(), key=lambda version: version.number, default=None)
    shown = newest if is_managed else row.current_version
    readers = readers_named_by(row) if is_managed else None
    return schemas.DocumentOut(
        uid=row.uid,
        collection=row.collection.slug,
        name=row.name,
        title=row.title,
        state=shown.status if shown else DocumentVersion.Status.UPLOADED,
        answers=row.current_version.number if row.current_version else None,
        created_at=row.created_at,
        tags=sorted(tag.name for tag in row.tags.all()),
        owner=row.owner.username if row.owner else None,
        valid_from=row.valid_from,
        expires_on=row.expires_on,
        review_by=row.review_by,
        in_force=not row.is_expired and not row.is_upcoming,
        folder=row.folder.uid if row.folder else None,
        origin=words_of_origin(row.origin),
        original_url=row.origin.get("url", ""),
        readers=schemas.ReadersOut(**readers.as_dict()) if readers else None,
        version=serialize_version(shown) if shown else None,
        warnings=serialize_warnings(row.current_version or shown) if shown else [],
        reading_faults=[serialize_fault(fault) for fault in open_faults_of(row, user)],
    )


def open_faults_of(row: Document, user: User) -> Iterable[ReadingFault]:
    """What people reported and nobody has seen to; a list of documents has it read for all of them at once."""
    read: list[ReadingFault] | None = getattr(row, "open_faults", None)
    if read is not None:
        return read
    faults = ReadingFault.objects.visible_to(user).still_open().filter(document=row)
    return faults.select_related("page__version", "reported_by").defer(*PAGE_CONTENT)


def serialize_fault(fault: ReadingFault) -> schemas.ReadingFaultOut:
    return schemas.ReadingFaultOut(
        uid=fault.uid,
        version=fault.page.version.number,
        page=fault.page.number,
        note=fault.note,
        reported_by=fault.reported_by.username if fault.reported_by else "",
        created_at=fault.created_at,
    )


def serialize_version(version: DocumentVersion) -> schemas.VersionOut:
    error = None
    if version.status == version.Status.FAILED:
        error = schemas.ErrorDetail(code=version.error_code, message=message_for(version.error_code))
    return schemas.VersionOut(
        uid=version.uid,
        number=version.number,
        state=cast(schemas.State, version.status),
        is_finished=version.is_finished,
        is_reread=version.is_reread,
        restored_from=version.restored_from,
        pages=version.page_count,
        pages_done=version.pages_done,
        passages=version.chunk_count,
        media_type=version.media_type,
        size=version.size,
        sha256=version.sha256,
        created_at=version.created_at,
        indexed_at=version.indexed_at,
        error=error,
        warnings=serialize_warnings(version),
    )


def serialize_warnings(version: DocumentVersion) -> list[schemas.WarningOut]:
    """What was odd about a version, in the sentences of its page."""
    return [
        schemas.WarningOut(code=row.get("code", ""), message=warning_for(row), pages=row.get("pages", []))
        for row in version.warnings
    ]
