"""Receipts to take away."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from audit.errors import AuditInvalid
from audit.models import Event
from audit.views import auditors_only
from reviews.exporting import export_receipts


@require_GET
@auditors_only
def export(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """One receipt as a ZIP file that stands alone."""
    event = get_object_or_404(Event.objects.select_related("payload"), uid=uid, payload__isnull=False)
    try:
        content = export_receipts([event], by=request.user)
    except AuditInvalid as error:
        messages.error(request, str(error))
        return redirect("audit:receipt", uid)
    name = f"attest-receipt-{event.sequence}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/zip", headers=headers)
