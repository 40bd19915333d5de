"""The library: collections and documents to read, and for knowledge admins to manage."""

from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import knowledge_admins_only
from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from kb import services
from kb.forms import CollectionForm
from kb.index.editions import serving_edition
from kb.keeping.listing import PAGE_CONTENT, Filter, filter_documents, with_shown_rows
from kb.keeping.passages import unmet_changes
from kb.keeping.reviewing import due_for
from kb.keeping.tags import tags_for
from kb.models import Collection, Document, DocumentVersion, ReadingFault
from kb.rights.access import requests_of, waiting_for
from kb.rights.reasons import gates_of, has_owner, manages, owns, reasons_for
from kb.slugs import is_uuid
from kb.stages import stages_of
from kb.viewing.marking import Quote, mark_blocks
from kb.viewing.originals import send_original

COLLECTIONS_PER_PAGE = 48
DOCUMENTS_PER_PAGE = 50
VERSIONS_PER_PAGE = 50
PAGES_PER_PAGE = 12
CHUNKS_PER_PAGE = 40
FOLDERS_PER_PAGE = 60
LISTED_PER_PAGE = 24
ASKED_SHOWN, WAITING_SHOWN = 5, 20  # requests for access, on the page of the library
OPEN_FAULTS, CLOSED_FAULTS = 100, 20  # shown, the newest first
UNMET_SHOWN = 20  # changes of passages that the present version has not
TAGS_SHOWN = 200  # to filter the list by

Row = TypeVar("Row", bound=Model)


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """The collections this reader may open."""
    visible = Collection.objects.visible_to(request.user)
    # The model's own order is dropped where rows are grouped.
    collections = visible.with_counts(request.user).with_owner().order_by("name").prefetch_related("groups")
    page = cut(collections, request, COLLECTIONS_PER_PAGE)
    managed = set(
        Collection.objects.manageable_by(request.user).filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True)
    )
    listed = Collection.objects.listed_for(request.user).order_by("name")
    asked = requests_of(request.user)
    context = {
        "page": page,
        "collections": visible.for_menu(),
        "collection": None,
        "managed": managed,
        "listed": Paginator(listed, LISTED_PER_PAGE).get_page(request.GET.get("listed")),
        "asked_for": set(asked.filter(state="waiting").values_list("collection_id", flat=True)),
        "asked": asked.exclude(state="withdrawn")[:ASKED_SHOWN],
        "waiting": waiting_for(request.user).order_by("asked_at")[:WAITING_SHOWN],
        "due_count": due_for(request.user).count(),
    }
    return render(request, "kb/index.html", context)


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def create_collection(request: SignedInRequest) -> HttpResponseBase:
    """Make a collection."""
    return edit_collection(request, Collection())


@require_http_methods(["GET", "POST"])
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
        if values.get("sufficiency_threshold", saved.sufficiency_threshold) != saved.sufficiency_threshold:
            messages.info(
                request, _("The answer threshold is tried on the golden questions first, and is applied if none gets worse.")
            )
        return redirect("kb:collection", slug=saved.slug)

    is_owner = collection.pk is None or owns(request.user, collection)
    form = CollectionForm(request.POST or None, instance=collection, is_owner=is_owner)
    return save_or_show(
        request, form, save=save, template="kb/collection_form.html", context={"collection": collection, "owns": is_owner}
    )


@require_GET
def collection(request: SignedInRequest, slug: str) -> HttpResponse:
    """The documents of a collection: the page, or the list alone for htmx."""
    current = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    wanted = Filter.read(request.GET.dict())
    folders = current.folders.visible_to(request.user)
    folder = get_object_or_404(folders, uid=wanted.folder) if wanted.folder else None
    context = {
        "collection": current,
        "manages": manages(request.user, current),
        "owns": owns(request.user, current),
        "has_owner": has_owner(current),
        "folder": folder,
        "way": folder.way if folder is not None else [],
        "folders": Paginator(folders.filter(parent=folder).order_by("name"), FOLDERS_PER_PAGE).get_page(request.GET.get("folders")),
        "collections": Collection.objects.visible_to(request.user).for_menu(slug=current.slug),
        "wanted": wanted,
        "tags": tags_for(request.user, collection=current)[:TAGS_SHOWN],
        "page": cut_listed(filter_documents(current, request.user, wanted), request),
        "max_bytes": settings.UPLOAD_MAX_BYTES,
    }
    return render(request, "kb/_documents.html" if request.htmx else "kb/collection.html", context)


@require_GET
def progress(request: SignedInRequest, slug: str) -> HttpResponse:
    """The rows that were running a moment ago, as they stand now."""
    current = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    uids = [UUID(part) for part in request.GET.get("watch", "").split(",")[:DOCUMENTS_PER_PAGE] if is_uuid(part)]
    rows = with_shown_rows(filter_documents(current, request.user, Filter()).filter(uid__in=uids), request.user)
    return render(request, "kb/_progress.html", {"collection": current, "documents": rows, "manages": True})


@require_GET
def document(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One document: its pages, its versions, and for admins its passages."""
    current = get_object_or_404(Document.objects.visible_to(request.user).select_related("collection", "folder", "owner"), uid=uid)
    versions = DocumentVersion.objects.visible_to(request.user).filter(document=current).select_related("created_by")
    is_managed = manages(request.user, current.collection)
    shown = choose_version(request, current, versions)
    tab = request.GET.get("tab", "pages")
    context: dict[str, Any] = {"document": current, "collection": current.collection, "versions": versions, "version": shown}
    gates = gates_of(current)
    context |= {
        "manages": is_managed,
        "owns": owns(request.user, current.collection),
        "gates": gates,
        "reasons": reasons_for(request.user, gates),
    }
    context["may_download"] = is_managed or Document.objects.downloadable_by(request.user).filter(pk=current.pk).exists()
    context["collections"] = Collection.objects.visible_to(request.user).for_menu(slug=current.collection.slug)
    context["newest"] = versions.first()
    if is_managed:
        context["unmet"] = unmet_changes(current, edition=serving_edition().number)[:UNMET_SHOWN]
    faults = ReadingFault.objects.visible_to(request.user).filter(document=current)
    faults = faults.select_related("page__version", "reported_by", "closed_by").defer(*PAGE_CONTENT)
    context["open_faults"] = faults.still_open()[:OPEN_FAULTS]
    context["closed_faults"] = faults.filter(state="done")[:CLOSED_FAULTS]
    if tab == "passages" and is_managed:
        edition = serving_edition().number
        passages = shown.chunks.filter(edition=edition).select_related("page", "change__made_by")
        if request.GET.get("changed"):
            passages = passages.filter(change__isnull=False)
        context["page"] = cut(passages, request, CHUNKS_PER_PAGE)
        context["only_changed"] = bool(request.GET.get("changed"))
    elif tab == "stages" and is_managed:
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
def original(request: SignedInRequest, uid: UUID) -> StreamingHttpResponse:
    """The file as it was uploaded, for whoever may have it."""
    documents = Document.objects.downloadable_by(request.user)
    versions = DocumentVersion.objects.visible_to(request.user).filter(document__in=documents)
    return send_original(get_object_or_404(versions.select_related("document"), uid=uid), user=request.user)


def cut(rows: QuerySet[Row], request: SignedInRequest, size: int) -> Slice[Row]:
    """Return the slice of `rows` that the address asks for; the nearest one when it asks for none that exists."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def cut_listed(rows: QuerySet[Document], request: SignedInRequest) -> Slice[Document]:
    """Return the slice of a list of documents with what its rows show: the page is cut by keys alone, and read then."""
    page: Slice[Any] = cut(rows.values_list("pk", flat=True), request, DOCUMENTS_PER_PAGE)  # keys, no rows
    keys = list(page.object_list)
    found = with_shown_rows(Document.objects.filter(pk__in=keys), request.user).in_bulk()
    page.object_list = [found[key] for key in keys if key in found]
    return page
