"""Reporting that a page was misread, and seeing to it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.rates import spend
from accounts.requests import SignedInRequest
from kb.forms import ReadingFaultForm
from kb.models import Page, ReadingFault
from kb.reading_faults import close_fault, report_fault
from kb.viewing.views import readable_version

REPORTS_PER_MINUTE = 20  # of a person


@require_POST
def report(request: SignedInRequest, version_uid: UUID, page_number: int) -> HttpResponseBase:
    """Mark a page that whoever asks may read; the panel gets the answer in place of the form."""
    version = readable_version(request.user, version_uid)
    page = get_object_or_404(version.pages, number=page_number)
    form = ReadingFaultForm(request.POST)
    if form.is_valid():
        spend("reading_faults", request.user.pk, per_minute=REPORTS_PER_MINUTE)
        report_fault(page=page, note=form.cleaned_data["note"], user=request.user)
    if request.htmx:
        context = {"version": version, "page": page, "form": form, "is_reported": form.is_valid()}
        return render(request, "kb/_report_fault.html", context, status=422 if form.errors else 200)
    if form.is_valid():
        messages.success(request, _("Thank you. The people who maintain this collection can see your report."))
    else:
        messages.error(request, " ".join(map(str, form.errors["note"])))
    return redirect(address_of(page))


def address_of(page: Page) -> str:
    """Return where a page stands by itself."""
    return reverse("kb:source", args=[page.version.uid, page.number])


@require_POST
def close(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Say that a fault was seen to."""
    faults = ReadingFault.objects.visible_to(request.user).select_related("document", "page__version")
    fault = get_object_or_404(faults, uid=uid)
    if close_fault(fault=fault, user=request.user):
        messages.success(request, _("The report was marked as done."))
    return redirect("kb:document", uid=fault.document.uid)
