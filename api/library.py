"""Collections and documents for programs: read with the rights of the caller, changed through the same services as the pages."""

from uuid import UUID

from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from accounts.models import ApiKey, User
from api import schemas
from api.access import scoped
from api.errors import RequestInvalid
from audit.services import record
from ingest.deletion import delete_collection
from ingest.errors import UploadRefused, message_for
from ingest.services import accept_upload, delete_document, retry_version
from kb.forms import CollectionForm
from kb.models import Collection, Document, DocumentVersion
from kb.services import save_collection
from kb.views import documents_of

router = Router(tags=["library"])
READ, MANAGE = scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.MANAGE)
PER_PAGE_MAX = 200


@router.get("/collections", response={200: list[schemas.CollectionOut], **schemas.ERRORS}, **READ)
def list_collections(request: HttpRequest) -> list[schemas.CollectionOut]:
    """The collections that the caller may read."""
    answering = Count("documents", filter=Q(documents__deleted_at=None, documents__current_version__isnull=False), distinct=True)
    rows = Collection.objects.visible_to(request.user).annotate(answering=answering).order_by("name").prefetch_related("groups")
    return [tell_collection(row, request.user, documents=row.answering) for row in rows]


@router.post("/collections", response={201: schemas.CollectionOut, **schemas.ERRORS}, **MANAGE)
def create_collection(request: HttpRequest, given: schemas.CollectionIn) -> Status:
    """Make a collection. Nobody but knowledge admins reads it until it is given to a group."""
    saved = save(Collection(), given.dict(), request.user)
    return Status(201, tell_collection(saved, request.user, documents=0))


@router.get("/collections/{slug:slug}", response={200: schemas.CollectionOut, **schemas.ERRORS}, **READ)
def get_collection(request: HttpRequest, slug: str) -> schemas.CollectionOut:
    """One collection."""
    return tell_collection(get_object_or_404(Collection.objects.visible_to(request.user), slug=slug), request.user)


@router.patch("/collections/{slug:slug}", response={200: schemas.CollectionOut, **schemas.ERRORS}, **MANAGE)
def change_collection(request: HttpRequest, slug: str, given: schemas.CollectionChange) -> schemas.CollectionOut:
    """Change what is given; its address stays."""
    row = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    now = {
        "name": row.name,
        "description": row.description,
        "groups": list(row.groups.values_list("name", flat=True)),
        "suggested_questions": row.suggested_questions,
    }
    return tell_collection(save(row, now | given.dict(exclude_none=True), request.user), request.user)


@router.delete("/collections/{slug:slug}", response={204: None, **schemas.ERRORS}, **MANAGE)
def remove_collection(request: HttpRequest, slug: str, confirm: str) -> Status:
    """Delete a collection with all its documents. `confirm`: its name, so that no slip of a script deletes another one."""
    row = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    delete_collection(row, confirmation=confirm, user=request.user)
    return Status(204, None)


@router.get("/collections/{slug:slug}/documents", response={200: schemas.DocumentPage, **schemas.ERRORS}, **READ)
def list_documents(
    request: HttpRequest,
    slug: str,
    q: str = "",
    state: str = "",
    page: int = Query(1, ge=1, le=1_000_000),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> schemas.DocumentPage:
    """The documents of a collection, by name. `state`: ready, running or failed."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    pages = Paginator(documents_of(collection, request.user, query=q, state=state), per_page)
    rows = pages.page(page).object_list if page <= pages.num_pages else []
    items = [tell_document(row, request.user) for row in rows]
    return schemas.DocumentPage(items=items, count=pages.count, page=page, pages=pages.num_pages)


@router.post("/collections/{slug:slug}/documents", response={202: list[schemas.UploadOut], **schemas.ERRORS}, **MANAGE)
def upload_documents(request: HttpRequest, slug: str, files: File[list[UploadedFile]]) -> Status:
    """Take in one or several files. Each is kept, recorded and queued, or refused by itself; an error where all are."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    told, refusals = [], []
    for file in files:
        try:
            accepted = accept_upload(collection=collection, name=file.name, stream=file, user=request.user)
        except UploadRefused as refused:
            refusals.append(refused)
            error = schemas.ErrorDetail(code=refused.code, message=refused.message)
            told.append(schemas.UploadOut(name=file.name, outcome="refused", error=error))
        else:
            version = accepted.version
            told.append(
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
    return Status(202, told)


@router.get("/documents/{uuid:uid}", response={200: schemas.DocumentOut, **schemas.ERRORS}, **READ)
def get_document(request: HttpRequest, uid: UUID) -> schemas.DocumentOut:
    """One document with its newest version."""
    return tell_document(find_document(request.user, uid), request.user)


@router.delete("/documents/{uuid:uid}", response={204: None, **schemas.ERRORS}, **MANAGE)
def remove_document(request: HttpRequest, uid: UUID) -> Status:
    """Delete it: from now on no answer uses it."""
    manageable = Document.objects.live().filter(collection__in=Collection.objects.manageable_by(request.user))
    delete_document(get_object_or_404(manageable.select_related("collection"), uid=uid), user=request.user)
    return Status(204, None)


@router.get("/documents/{uuid:uid}/versions/{int:number}", response={200: schemas.VersionOut, **schemas.ERRORS}, **READ)
def get_version(request: HttpRequest, uid: UUID, number: int) -> schemas.VersionOut:
    """How far reading a version has come: ask until `is_finished`."""
    return tell_version(find_version(request.user, uid, number))


@router.post("/documents/{uuid:uid}/versions/{int:number}/retry", response={202: schemas.VersionOut, **schemas.ERRORS}, **MANAGE)
def retry(request: HttpRequest, uid: UUID, number: int) -> Status:
    """Read a failed version again."""
    version = find_version(request.user, uid, number)
    retry_version(version, user=request.user)
    version.refresh_from_db()
    return Status(202, tell_version(version))


@router.get("/documents/{uuid:uid}/pages/{int:number}", response={200: schemas.SourceOut, **schemas.ERRORS}, **READ)
def read_page(request: HttpRequest, uid: UUID, number: int, version: int | None = None) -> schemas.SourceOut:
    """The text of one page of the version that answers, or of the one named; the view is in the audit."""
    return open_page(request.user, uid, number, version=version)


def open_page(user: User, uid: UUID, number: int, *, version: int | None = None) -> schemas.SourceOut:
    """Return the text of a page, and record who saw it. Raises: Http404: there is none, or it is not theirs to read."""
    document = find_document(user, uid)
    shown = find_version(user, uid, version) if version is not None else document.current_version
    page = shown.pages.defer("boxes", "blocks").filter(number=min(number, 2**31 - 1)).first() if shown else None
    if page is None:
        raise Http404
    record(
        "source.viewed",
        actor_id=user.pk,
        actor_name=user.get_username(),
        subject=f"version:{shown.uid}",
        summary=f"{document.title} v{shown.number}, page {page.number}",
        payload={
            "document": document.name,
            "document_uid": document.uid,
            "version": shown.number,
            "page_number": page.number,
            "start": 0,
            "end": 0,
        },
    )
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
    """Return a document as this caller may see it; one that never answered is for admins alone."""
    rows = Document.objects.visible_to(user).select_related("collection", "current_version").prefetch_related("versions")
    if not user.is_knowledge_admin:
        rows = rows.filter(current_version__isnull=False)
    return get_object_or_404(rows, uid=uid)


def find_version(user: User, uid: UUID, number: int) -> DocumentVersion:
    versions = DocumentVersion.objects.filter(document__in=Document.objects.visible_to(user), document__uid=uid)
    if not user.is_knowledge_admin:
        versions = versions.filter(indexed_at__isnull=False)
    return get_object_or_404(versions.select_related("document"), number=min(number, 2**31 - 1))


def save(row: Collection, given: dict, user: User) -> Collection:
    """Save through the pages' form. Raises: RequestInvalid: what the form refuses, an unknown group."""
    groups = {group.name: group.pk for group in Group.objects.filter(name__in=given["groups"])}
    if missing := [name for name in given["groups"] if name not in groups]:
        raise RequestInvalid(_("There is no group named %(names)s.") % {"names": ", ".join(missing)})
    data = given | {"groups": list(groups.values()), "questions": "\n".join(given["suggested_questions"])}
    form = CollectionForm(data, instance=row)
    if not form.is_valid():
        raise RequestInvalid(" ".join(f"{name}: {' '.join(errors)}" for name, errors in form.errors.items()))
    return save_collection(form=form, user=user)


def tell_collection(row: Collection, user: User, *, documents: int | None = None) -> schemas.CollectionOut:
    if documents is None:
        documents = row.documents.live().filter(current_version__isnull=False).count()
    return schemas.CollectionOut(
        slug=row.slug,
        name=row.name,
        description=row.description,
        documents=documents,
        suggested_questions=row.suggested_questions,
        groups=sorted(group.name for group in row.groups.all()) if user.is_knowledge_admin else None,
    )


def tell_document(row: Document, user: User) -> schemas.DocumentOut:
    newest = max(row.versions.all(), key=lambda version: version.number, default=None)
    shown = newest if user.is_knowledge_admin else row.current_version
    return schemas.DocumentOut(
        uid=row.uid,
        collection=row.collection.slug,
        name=row.name,
        title=row.title,
        state=shown.status if shown else DocumentVersion.Status.UPLOADED,
        answers=row.current_version.number if row.current_version else None,
        created_at=row.created_at,
        version=tell_version(shown) if shown else None,
    )


def tell_version(version: DocumentVersion) -> schemas.VersionOut:
    error = None
    if version.status == version.Status.FAILED:
        error = schemas.ErrorDetail(code=version.error_code, message=message_for(version.error_code))
    return schemas.VersionOut(
        uid=version.uid,
        number=version.number,
        state=version.status,
        is_finished=version.is_finished,
        is_reread=version.is_reread,
        pages=version.page_count,
        pages_done=version.pages_done,
        passages=version.chunk_count,
        media_type=version.media_type,
        size=version.size,
        sha256=version.sha256,
        created_at=version.created_at,
        indexed_at=version.indexed_at,
        error=error,
    )
