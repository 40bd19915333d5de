"""Pages of the SQL sources, for knowledge admins only."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import knowledge_admins_only
from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from kb.models import Collection
from kb.views import cut
from sources import services
from sources.errors import SourceFault
from sources.forms import SourceForm
from sources.models import SqlSource

SOURCES_PER_PAGE = 50


def find_source(request: SignedInRequest, uid: UUID) -> SqlSource:
    return get_object_or_404(SqlSource.objects.manageable_by(request.user).select_related("collection"), uid=uid)


def beside(request: SignedInRequest, **context: Any) -> dict[str, Any]:
    """Add the context of the sidebar."""
    slug = context["collection"].slug if "collection" in context else ""
    return {"collections": Collection.objects.visible_to(request.user).for_menu(slug=slug), **context}


@require_GET
@knowledge_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """All sources, and how their last runs went."""
    sources = SqlSource.objects.manageable_by(request.user).select_related("collection")
    return render(request, "sources/index.html", beside(request, page=cut(sources, request, SOURCES_PER_PAGE)))


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def create(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Add a source to a collection."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    return edit(request, SqlSource(collection=collection))


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def change(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Change a source."""
    return edit(request, find_source(request, uid))


def edit(request: SignedInRequest, source: SqlSource) -> HttpResponseBase:
    """Show the form, or save it and go on to the first rows."""

    def save(values: dict[str, Any]) -> HttpResponseBase:
        try:
            if source.pk is None:
                saved = services.create_source(collection=source.collection, user=request.user, **values)
            else:
                saved = services.change_source(source=source, user=request.user, **values)
        except SourceFault as fault:  # what became of it since the form was checked
            raise form.refusal(fault) from fault
        return redirect("sources:source", uid=saved.uid)

    form = SourceForm(request.POST or None, instance=source)
    context = beside(request, source=source, collection=source.collection)
    return save_or_show(request, form, save=save, template="sources/form.html", context=context)


@require_GET
@knowledge_admins_only
def source(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """A source: its state, its first rows, its runs."""
    found = find_source(request, uid)
    context = beside(request, source=found, collection=found.collection, row_count=found.rows.count())
    return render(request, "sources/_state.html" if request.htmx else "sources/source.html", context)


@require_GET
@knowledge_admins_only
def preview(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """The first rows as they would be stored, read now: a part of the source's page, or a page without scripts."""
    found = find_source(request, uid)
    try:
        context: dict[str, Any] = {"samples": services.sample_source(found)}
    except SourceFault as fault:
        context = {"fault": fault.message}
    template = "sources/_preview.html" if request.htmx else "ingest/source_preview.html"
    return render(request, template, beside(request, **context, source=found))


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
    return redirect("sources:source", uid=found.uid)


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def remove(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Ask what is to become of the documents, and remove the source."""
    found = find_source(request, uid)
    if request.method == "GET":
        return render(request, "sources/remove.html", {"source": found, "row_count": found.rows.count()})
    slug = found.collection.slug
    services.remove_source(found, user=request.user, with_documents=request.POST.get("documents") != "keep")
    messages.success(request, _("“%(name)s” was removed.") % {"name": found.name})
    return redirect("kb:collection", slug=slug)
