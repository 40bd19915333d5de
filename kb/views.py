"""The library: collections and documents to read, and for knowledge admins to manage."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.db.models import Count, Model, Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import knowledge_admins_only
from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from kb import services
from kb.forms import CollectionForm
from kb.index.editions import serving_edition
from kb.models import Collection, Document, DocumentVersion, ReadingFault
from kb.stages import stages_of
from kb.viewing.marking import Quote, mark_blocks

COLLECTIONS_PER_PAGE = 48
DOCUMENTS_PER_PAGE = 50
VERSIONS_PER_PAGE = 50
PAGES_PER_PAGE = 12
CHUNKS_PER_PAGE = 40
CLOSED_FAULTS = 20  # shown, the newest first
DOWNLOAD_BYTES = 256 * 1024  # read at once
PAGE_CONTENT = ("page__text", "page__boxes", "page__blocks")  # large, and not shown with a report
STATES = ("ready", "running", "failed")

Row = TypeVar("Row", bound=Model)


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """The collections this reader may open."""
    readable = Q(documents__deleted_at=None)
    if not request.user.is_knowledge_admin:
        readable &= Q(documents__current_version__isnull=False)
    collections = (
        Collection.objects.visible_to(request.user)
        .annotate(document_count=Count("documents", filter=readable, distinct=True))
        .order_by("name")  # the model's own order is dropped where rows are grouped
        .prefetch_related("groups")
    )
    page = cut(collections, request, COLLECTIONS_PER_PAGE)
    context = {"page": page, "collections": Collection.objects.visible_to(request.user).for_menu(), "collection": None}
    return render(request, "kb/index.html", context)


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def create_collection(request: SignedInRequest) -> HttpResponseBase:
    """Make a collection."""
    return edit_collection(request, Collection())


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def change_collection(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Change a collection's words and readers."""
    return edit_collection(request, get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug))


def edit_collection(request: SignedInRequest, collection: Collection) -> HttpResponseBase:
    """Show the form, or save it."""

    def save(values: dict[str, Any]) -> HttpResponseBase:
        if collection.pk is None:
            saved = services.create_collection(user=request.user, **values)
        else:
            saved = services.change_collection(collection=collection, user=request.user, **values)
        messages.success(request, _("The collection was saved."))
        return redirect("kb:collection", slug=saved.slug)

    form = CollectionForm(request.POST or None, instance=collection)
    return save_or_show(request, form, save=save, template="kb/collection_form.html", context={"collection": collection})


@require_GET
def collection(request: SignedInRequest, slug: str) -> HttpResponse:
    """The documents of a collection: the page, or the list alone for htmx."""
    current = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    query, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    rows = documents_of(current, request.user, query=query, state=state)
    context = {
        "collection": current,
        "collections": Collection.objects.visible_to(request.user).for_menu(slug=current.slug),
        "query": query,
        "state": state if state in STATES else "",
        "page": cut(rows, request, DOCUMENTS_PER_PAGE),
        "max_bytes": settings.UPLOAD_MAX_BYTES,
    }
    return render(request, "kb/_documents.html" if request.htmx else "kb/collection.html", context)


@require_GET
@knowledge_admins_only
def progress(request: SignedInRequest, slug: str) -> HttpResponse:
    """The rows that were running a moment ago, as they stand now."""
    current = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    uids = [UUID(part) for part in request.GET.get("watch", "").split(",")[:DOCUMENTS_PER_PAGE] if is_uuid(part)]
    rows = documents_of(current, request.user).filter(uid__in=uids)
    return render(request, "kb/_progress.html", {"collection": current, "documents": rows})


def documents_of(collection: Collection, user: User, *, query: str = "", state: str = "") -> QuerySet[Document]:
    """Return the documents this person may see in the list; readers see those that answer, admins all."""
    rows = Document.objects.visible_to(user).filter(collection=collection)
    if not user.is_knowledge_admin:
        rows = rows.filter(current_version__isnull=False)
    if query:
        rows = rows.filter(Q(name__icontains=query) | Q(title__icontains=query))
    finished = [DocumentVersion.Status.INDEXED, DocumentVersion.Status.FAILED]
    if state == "ready":
        rows = rows.filter(current_version__isnull=False)
    elif state == "running":
        rows = rows.filter(versions__in=DocumentVersion.objects.exclude(status__in=finished)).distinct()
    elif state == "failed":
        rows = rows.filter(versions__status=DocumentVersion.Status.FAILED).distinct()
    versions = DocumentVersion.objects.select_related("created_by").order_by("-number")
    faults = ReadingFault.objects.visible_to(user).still_open().select_related("page__version", "reported_by").defer(*PAGE_CONTENT)
    return rows.select_related("current_version", "collection").prefetch_related(
        Prefetch("versions", versions), Prefetch("reading_faults", faults, to_attr="open_faults")
    )


@require_GET
def document(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One document: its pages, its versions, and for admins its passages."""
    current = get_object_or_404(Document.objects.visible_to(request.user).select_related("collection"), uid=uid)
    versions = current.versions.select_related("created_by")
    if not request.user.is_knowledge_admin:
        versions = versions.filter(indexed_at__isnull=False)
    shown = choose_version(request, current, versions)
    tab = request.GET.get("tab", "pages")
    context: dict[str, Any] = {"document": current, "collection": current.collection, "versions": versions, "version": shown}
    context["collections"] = Collection.objects.visible_to(request.user).for_menu(slug=current.collection.slug)
    context["newest"] = versions.first()
    faults = ReadingFault.objects.visible_to(request.user).filter(document=current)
    faults = faults.select_related("page__version", "reported_by", "closed_by").defer(*PAGE_CONTENT)
    context["open_faults"], context["closed_faults"] = faults.still_open(), faults.filter(state="done")[:CLOSED_FAULTS]
    if tab == "passages" and request.user.is_knowledge_admin:
        passages = shown.chunks.filter(edition=serving_edition().number)
        context["page"] = cut(passages.select_related("page"), request, CHUNKS_PER_PAGE)
    elif tab == "stages" and request.user.is_knowledge_admin:
        context["jobs"] = list(shown.jobs.order_by("-created_at"))
        context["stages"] = stages_of(shown, context["jobs"])
        if request.htmx:
            return render(request, "kb/_document_stages.html", context)
    elif tab == "versions":
        context["page"] = cut(versions, request, VERSIONS_PER_PAGE)
    else:
        tab = "pages"
        context["page"] = cut(shown.pages.defer("boxes"), request, PAGES_PER_PAGE)
        for row in context["page"].object_list:
            row.shown_blocks = mark_blocks(row.text, row.blocks, Quote(start=0, end=0))
            row.warnings = [warning for warning in shown.warnings if row.number in (warning.get("pages") or ())]
    return render(request, "kb/document.html", context | {"tab": tab})


def choose_version(request: SignedInRequest, document: Document, versions: QuerySet[DocumentVersion]) -> DocumentVersion:
    """Return the version asked for, else the current one, else the newest."""
    number = request.GET.get("version", "")
    if number:
        return get_object_or_404(versions, number=number if number.isdecimal() and len(number) < 9 else 0)
    current = document.current_version_id
    shown = (versions.filter(pk=current).first() if current is not None else None) or versions.first()
    if shown is None:
        raise Http404
    return shown


@require_GET
@knowledge_admins_only
def original(request: SignedInRequest, uid: UUID) -> StreamingHttpResponse:
    """The file as it was uploaded, always as a download: its content is not ours."""
    documents = Document.objects.visible_to(request.user)
    version = get_object_or_404(DocumentVersion.objects.select_related("document"), uid=uid, document__in=documents)
    path = settings.MEDIA_ROOT / version.storage_path
    if not path.is_file():
        raise Http404
    disposition = content_disposition_header(True, version.document.name.rsplit("/", 1)[-1])
    headers = {"Content-Disposition": disposition, "Content-Length": str(path.stat().st_size)}
    return StreamingHttpResponse(read_file(path), content_type="application/octet-stream", headers=headers)


async def read_file(path: Path) -> AsyncIterator[bytes]:
    """Yield a file piece by piece; under ASGI a FileResponse would be read into memory whole."""
    with await asyncio.to_thread(path.open, "rb") as stream:
        while piece := await asyncio.to_thread(stream.read, DOWNLOAD_BYTES):
            yield piece


def cut(rows: QuerySet[Row], request: SignedInRequest, size: int) -> Slice[Row]:
    """Return the slice of `rows` that the address asks for; the nearest one when it asks for none that exists."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID as the pages write it."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
