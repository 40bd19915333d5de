"""The page that shows two versions of a document beside each other."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from kb.models import Document, DocumentVersion
from kb.rights.reasons import manages
from kb.viewing.comparing import compare_versions
from kb.viewing.viewed import record_comparison

ROWS_PER_PAGE = 150
CHOICES = 100  # versions to choose from


@require_GET
def compare(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """`?from=` and `?to=` are numbers of versions; else the one that answers, and the one before it."""
    document = get_object_or_404(Document.objects.visible_to(request.user).select_related("collection", "current_version"), uid=uid)
    versions = DocumentVersion.objects.visible_to(request.user).filter(document=document).order_by("-number")
    new = _version(versions, request.GET.get("to", "")) or document.current_version or versions.first()
    if new is None:
        raise Http404
    old = _version(versions, request.GET.get("from", "")) or versions.filter(number__lt=new.number).first()
    if old is None:
        raise Http404  # there is one version
    record_comparison(old, new, document=document, user=request.user)
    found = compare_versions(old, new)
    context = {
        "document": document,
        "collection": document.collection,
        "manages": manages(request.user, document.collection),
        "old": old,
        "new": new,
        "found": found,
        "page": Paginator(found.rows, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "choices": versions[:CHOICES],
    }
    return render(request, "kb/compare.html", context)


def _version(versions: QuerySet[DocumentVersion], number: str) -> DocumentVersion | None:
    """Return the version of this number, None where none is named. Raises: Http404: there is no such version."""
    if not number:
        return None
    return get_object_or_404(versions, number=number if number.isdecimal() and len(number) < 9 else 0)
