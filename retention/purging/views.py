"""Pages of deleted documents, for auditors: what waits for its grace to end, what is gone, and the certificates."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from audit.errors import AuditInvalid
from audit.models import Event
from audit.views import auditors_only
from ingest.documents.held import held_among
from kb.models import Document
from retention.models import Purge
from retention.purging.certificate import export_certificate

PER_PAGE = 50


@require_GET
@auditors_only
def documents(request: SignedInRequest) -> HttpResponse:
    """Deleted documents, the last deleted first."""
    rows = Document.objects.exclude(deleted_at=None).select_related("collection", "purge").order_by(F("deleted_at").desc(), "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    held = dict(held_among(Document.objects.filter(pk__in=[row.pk for row in page.object_list])))
    listed = [(row, getattr(row, "purge", None), held.get(row.pk)) for row in page.object_list]
    return render(request, "retention/documents.html", {"page": page, "rows": listed})


@require_GET
@auditors_only
def certificate(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """The deletion certificate of a purged document, as a ZIP file that stands alone."""
    purge = get_object_or_404(Purge.objects.exclude(certificate=None), document__uid=uid)
    event = get_object_or_404(Event.objects.select_related("payload"), uid=purge.certificate, payload__erased_at=None)
    try:
        content = export_certificate(event, by=request.user)
    except AuditInvalid as error:
        messages.error(request, str(error))
        return redirect("retention:documents")
    headers = {"Content-Disposition": f'attachment; filename="attest-deletion-{event.sequence}.zip"'}
    return HttpResponse(content, content_type="application/zip", headers=headers)
