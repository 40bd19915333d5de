"""Pages of the sources: the list, adding one, its state, what it would do."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import knowledge_admins_only
from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from kb.models import Collection
from kb.views import cut
from sources.connectors.errors import ConnectorError
from sources.connectors.registry import find_kind, read_kinds
from sources.pages.forms import SourceForm
from sources.sync import services
from sources.sync.models import Source, SourceItem
from sources.sync.preview import dry_run, preview
from sources.sync.words import fault_words
from sources.views import beside

SOURCES_PER_PAGE = 50
RUNS_SHOWN = 8


def find_source(request: SignedInRequest, uid: UUID) -> Source:
    rows = Source.objects.manageable_by(request.user).select_related("collection", "run")
    return get_object_or_404(rows, uid=uid)


def with_state_counts(rows: Any) -> Any:
    """Each with `kept`, `waiting` and `failed`: how many of its items are so."""
    return rows.annotate(
        **{
            name: Count("items", filter=Q(items__state=state))
            for name, state in (
                ("kept", SourceItem.State.KEPT),
                ("waiting", SourceItem.State.WAITING),
                ("failed", SourceItem.State.FAILED),
            )
        }
    )


@require_GET
@knowledge_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """All sources, and how they are."""
    rows = with_state_counts(Source.objects.manageable_by(request.user).select_related("collection"))
    rows = rows.order_by("collection__name", "name", "pk")
    return render(request, "sources/documents/index.html", beside(request, page=cut(rows, request, SOURCES_PER_PAGE)))


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def create(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Choose a kind, then say what and where."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    kind = request.GET.get("kind", "")
    manifest = find_kind(kind)
    if manifest is None:
        kinds, missing = read_kinds()
        context = beside(request, collection=collection, kinds=kinds.values(), missing=missing)
        return render(request, "sources/documents/kinds.html", context)
    form = SourceForm(request.POST or None, source=Source(collection=collection, kind=kind), manifest=manifest)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_source(collection=collection, user=request.user, **form.values())
        except ValuesRefused as refused:
            form.refuse(refused)
        else:
            return redirect("sources:documents_people" if manifest.has_rights else "sources:documents_source", uid=made.uid)
    context = beside(request, collection=collection, form=form, manifest=manifest)
    return render(request, "sources/documents/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def change(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Change what and where."""
    found = find_source(request, uid)
    manifest = find_kind(found.kind)
    if manifest is None:
        messages.error(request, fault_words("kind_missing", found.kind))
        return redirect("sources:documents_source", uid=found.uid)
    form = SourceForm(request.POST or None, source=found, manifest=manifest)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_source(source=found, user=request.user, **form.values())
        except ValuesRefused as refused:
            form.refuse(refused)
        else:
            return redirect("sources:documents_source", uid=found.uid)
    context = beside(request, source=found, collection=found.collection, form=form, manifest=manifest)
    return render(request, "sources/documents/form.html", context, status=422 if form.errors else 200)


@require_GET
@knowledge_admins_only
def source(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """A source: how it is, its first items, its runs."""
    found = get_object_or_404(
        with_state_counts(Source.objects.manageable_by(request.user).select_related("collection", "run")), uid=uid
    )
    manifest = find_kind(found.kind)
    context = beside(
        request,
        source=found,
        collection=found.collection,
        manifest=manifest,
        fault=fault_words(found.error_code, found.error_detail),
        left_out=found.items.filter(state=SourceItem.State.LEFT_OUT).count(),
        runs=list(found.runs.exclude(ended_at=None)[:RUNS_SHOWN]),
    )
    template = "_state" if request.htmx else "source"
    return render(request, f"sources/documents/{template}.html", context)


@require_GET
@knowledge_admins_only
def show_preview(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """The first items with their rights, read now; `?all` counts what a run would do instead."""
    found = find_source(request, uid)
    try:
        context: dict[str, Any] = {"plan": dry_run(found)} if "all" in request.GET else {"samples": preview(found)}
    except ConnectorError as error:
        context = {"fault": fault_words(error.code, error.message)}
    template = "_preview" if request.htmx else "preview"
    return render(
        request, f"sources/documents/{template}.html", beside(request, **context, source=found, collection=found.collection)
    )


@require_POST
@knowledge_admins_only
def act(request: SignedInRequest, uid: UUID, action: str) -> HttpResponseBase:
    """Start, run, pause, or run and delete what is gone."""
    found = find_source(request, uid)
    if action == "start":
        services.start_source(found, user=request.user)
        messages.success(request, _("The source is running now. Further runs follow its schedule."))
    elif action == "pause":
        services.pause_source(found, user=request.user)
        messages.success(request, _("The source is paused. Answers still use its documents."))
    else:
        services.request_run(found, user=request.user, may_delete_many=action == "prune")
        messages.success(request, _("The source will run as soon as a worker is free."))
    return redirect("sources:documents_source", uid=uid)


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def remove(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Ask what is to become of the documents, and remove the source."""
    found = find_source(request, uid)
    count = found.items.filter(document__deleted_at=None, document__isnull=False).count()
    choice = request.POST.get("documents", "")
    if request.method == "GET" or choice not in ("keep", "delete"):
        context = beside(request, source=found, collection=found.collection, count=count, is_asked=request.method == "POST")
        return render(request, "sources/documents/remove.html", context, status=200 if request.method == "GET" else 422)
    services.remove_source(found, user=request.user, with_documents=choice == "delete")
    messages.success(request, _("“%(name)s” was removed.") % {"name": found.name})
    return redirect("sources:documents")
