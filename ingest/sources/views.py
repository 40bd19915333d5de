"""Pages of the SQL sources, for knowledge admins alone."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import knowledge_admins_only
from ingest.sources import services
from ingest.sources.errors import SourceFault
from ingest.sources.forms import SourceForm
from ingest.sources.models import SqlSource
from kb.models import Collection


def find_source(request: HttpRequest, uid: UUID) -> SqlSource:
    return get_object_or_404(SqlSource.objects.manageable_by(request.user).select_related("collection"), uid=uid)


def beside(request: HttpRequest, **context: Any) -> dict[str, Any]:
    """Add what the page's side shows."""
    return {"collections": Collection.objects.visible_to(request.user), **context}


@require_GET
@knowledge_admins_only
def index(request: HttpRequest) -> HttpResponse:
    """All sources, and how their last runs went."""
    sources = SqlSource.objects.manageable_by(request.user).select_related("collection")
    return render(request, "ingest/sources.html", beside(request, sources=sources))


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def create(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Add a source to a collection."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    return edit(request, SqlSource(collection=collection))


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def change(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Change a source."""
    return edit(request, find_source(request, uid))


def edit(request: HttpRequest, source: SqlSource) -> HttpResponseBase:
    """Show the form, or save it and go on to the first rows."""
    form = SourceForm(request.POST or None, instance=source)
    if request.method == "POST" and form.is_valid():
        fresh = SqlSource.objects.get(pk=source.pk) if source.pk else SqlSource(collection=source.collection)
        try:
            saved = services.save_source(fresh, form.plan(), user=request.user)
        except SourceFault as fault:
            form.blame(fault)
        else:
            return redirect("ingest:source", uid=saved.uid)
    context = beside(request, form=form, source=source, collection=source.collection)
    return render(request, "ingest/source_form.html", context, status=422 if form.errors else 200)


@require_GET
@knowledge_admins_only
def source(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A source: its state, its first rows, its runs."""
    found = find_source(request, uid)
    context = beside(request, source=found, collection=found.collection, row_count=found.rows.count())
    return render(request, "ingest/_source_state.html" if request.htmx else "ingest/source.html", context)


@require_GET
@knowledge_admins_only
def preview(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The first rows as they would be stored, read from the database now."""
    found = find_source(request, uid)
    try:
        context: dict[str, Any] = {"samples": services.sample_source(found)}
    except SourceFault as fault:
        context = {"fault": fault.message}
    return render(request, "ingest/_source_preview.html", {**context, "source": found})


@require_POST
@knowledge_admins_only
def act(request: HttpRequest, uid: UUID, action: str) -> HttpResponseBase:
    """Start, run, pause, or run and delete what is gone."""
    found = find_source(request, uid)
    if action == "start":
        services.start_source(found, user=request.user)
        messages.success(request, _("The source runs now, and then by its schedule."))
    elif action == "pause":
        services.pause_source(found, user=request.user)
        messages.success(request, _("The source is paused. Its documents stay and answer."))
    else:
        services.request_run(found, user=request.user, may_delete_many=action == "prune")
        messages.success(request, _("The source is read as soon as a worker is free."))
    return redirect("ingest:source", uid=found.uid)


@require_http_methods(["GET", "POST"])
@knowledge_admins_only
def remove(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Ask what is to become of the documents, and remove the source."""
    found = find_source(request, uid)
    if request.method == "GET":
        return render(request, "ingest/source_remove.html", {"source": found, "row_count": found.rows.count()})
    slug = found.collection.slug
    services.remove_source(found, user=request.user, with_documents=request.POST.get("documents") != "keep")
    messages.success(request, _("“%(name)s” was removed.") % {"name": found.name})
    return redirect("kb:collection", slug=slug)
