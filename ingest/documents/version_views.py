"""Views that change what answers of a document: an earlier version again, passages off or corrected."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from ingest.documents.again import restore_version
from ingest.documents.passages import change_passage, lift_change
from ingest.errors import UploadRefused
from ingest.forms import PassageForm
from ingest.views import manageable_documents
from kb.index.editions import serving_edition
from kb.models import Chunk, DocumentVersion, PassageChange


@require_POST
def restore(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Have an earlier version's original read again, as the next version."""
    versions = DocumentVersion.objects.filter(document__in=manageable_documents(request)).select_related("document")
    earlier = get_object_or_404(versions, uid=uid)
    try:
        restored = restore_version(earlier, user=request.user)
    except UploadRefused as refused:
        messages.error(request, refused.message)
    else:
        message = _(
            "Version %(earlier)d is being processed again as version %(number)d. The current version is used until it is ready."
        )
        messages.success(request, message % {"earlier": earlier.number, "number": restored.number})
    return redirect(f"{reverse('kb:document', args=[earlier.document.uid])}?tab=versions")


@require_http_methods(["GET", "POST"])
def passage(request: SignedInRequest, uid: UUID, ordinal: int) -> HttpResponseBase:
    """Switch a passage of the version that answers off, or correct it."""
    document = get_object_or_404(manageable_documents(request).select_related("collection"), uid=uid)
    rows = Chunk.objects.filter(version=document.current_version_id, edition=serving_edition().number)
    chunk = get_object_or_404(rows.select_related("page", "version", "change"), ordinal=min(ordinal, 2**31 - 1))
    form = PassageForm(request.POST or None, initial=PassageForm.initial_of(chunk))
    if request.method == "POST" and form.is_valid():
        try:
            change_passage(chunk=chunk, user=request.user, **form.cleaned_data)
        except ValuesRefused as refused:
            for name, sentences in refused.problems.items():
                for sentence in sentences:
                    form.add_error(name if name in form.fields else None, sentence)
        else:
            messages.success(request, _("The passage was changed. Answers use it immediately."))
            return redirect(passages_of(chunk))
    context = {"document": document, "collection": document.collection, "chunk": chunk, "form": form}
    return render(request, "ingest/passage.html", context, status=422 if form.errors else 200)


@require_POST
def lift(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Have a passage read again as its page says."""
    changes = PassageChange.objects.filter(document__in=manageable_documents(request)).select_related("document")
    change = get_object_or_404(changes, uid=uid)
    try:
        lift_change(change=change, user=request.user)
    except ValuesRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The passage is used again as it is on the page."))
    return redirect(f"{reverse('kb:document', args=[change.document.uid])}?tab=passages")


def passages_of(chunk: Chunk) -> str:
    """Return where a passage stands among those of its document."""
    return f"{reverse('kb:document', args=[chunk.version.document.uid])}?tab=passages#passage-{chunk.ordinal}"
