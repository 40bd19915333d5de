"""Insights: what was asked, how it went and how long it took, for whoever runs the collection. Never who asked."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from audit.spreadsheets import write_csv
from curation.access import managed_collection
from curation.insights.figures import DAYS, HEIGHT, SHOWN_DOCUMENTS, as_rows, documents_of, read_insights
from kb.models import Collection

TABLES = ("days", "stages", "languages", "origins", "models", "certainty")
STEP = 10  # units from bar to bar


@require_GET
def insights(request: SignedInRequest, slug: str = "") -> HttpResponse:
    """The figures of one collection, or of all questions for knowledge admins."""
    collection, days = _chosen(request, slug)
    found = read_insights(collection, days=days)
    collections = Collection.objects.filter(pk=collection.pk) if collection else Collection.objects.live()
    used, unused = documents_of(collections)
    context: dict[str, Any] = {
        "collection": collection,
        "insights": found,
        "days": days,
        "choices": DAYS,
        "totals": {name: found.total(name) for name in ("asked", "answered", "refused", "withheld", "helpful", "unhelpful")},
        "width": len(found.days) * STEP,
        "height": HEIGHT,
        "used": used,
        "unused": unused[:SHOWN_DOCUMENTS],
        "unused_count": unused.count(),
    }
    return render(request, "curation/insights.html", context)


@require_GET
def export(request: SignedInRequest, table: str, slug: str = "") -> HttpResponse:
    """One table for a spreadsheet."""
    collection, days = _chosen(request, slug)
    if table not in TABLES:
        raise Http404
    name = f"attest-{table}{f'-{slug}' if slug else ''}.csv"
    return HttpResponse(
        write_csv(as_rows(read_insights(collection, days=days), table)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _chosen(request: SignedInRequest, slug: str) -> tuple[Collection | None, int]:
    """Return the collection, None for all of them, and how many days. Raises: Http404."""
    if not slug and not request.user.is_knowledge_admin:
        raise Http404
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, DAYS) else DAYS[1]
    return (managed_collection(request.user, slug) if slug else None), days
