"""Views for one document or a whole collection: move, replace, read again, delete."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import SignedInRequest
from ingest.documents.again import reread_document
from ingest.documents.deletion import delete_collection
from ingest.documents.moving import move_document
from ingest.errors import UploadRefused
from ingest.forms import ReplacementForm
from ingest.services import accept_upload
from ingest.upload import receive_files, takes_files
from ingest.views import manageable_documents, outcome_text
from kb.models import Collection, Document


@require_http_methods(["GET", "POST"])
def move(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Ask where a document is to go, and move it there: other people read it then, so this is for owners."""
    document = get_object_or_404(Document.objects.owned_by(request.user).select_related("collection"), uid=uid)
    targets = Collection.objects.manageable_by(request.user).exclude(pk=document.collection_id).prefetch_related("groups")
    context = {"document": document, "collection": document.collection, "targets": targets}
    if request.method == "GET":
        return render(request, "ingest/move.html", context)
    target = targets.filter(slug=request.POST.get("to", "")).first()
    try:
        if target is None:
            raise UploadRefused("no_target")
        moved = move_document(document, to=target, user=request.user)
    except UploadRefused as refused:
        return render(request, "ingest/move.html", context | {"error": refused.message, "chosen": target}, status=422)
    values = {"title": moved.title, "collection": target.name}
    messages.success(request, _("“%(title)s” was moved to “%(collection)s”.") % values)
    return redirect("kb:document", uid=moved.uid)


@require_POST
def reread(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Read the file again, as the next version."""
    document = get_object_or_404(manageable_documents(request), uid=uid)
    try:
        version = reread_document(document, user=request.user)
    except UploadRefused as refused:
        messages.error(request, refused.message)
    else:
        message = _("The file is being processed again as version %(number)d. The current version is used until it is ready.")
        messages.success(request, message % {"number": version.number})
    return redirect("kb:document", uid=document.uid)


@takes_files
@require_POST
def replace(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Take in a file as the next version of this document, whatever the file is called."""
    document = get_object_or_404(manageable_documents(request).select_related("collection"), uid=uid)
    with receive_files(request) as received:
        form = ReplacementForm({}, cast("MultiValueDict[str, UploadedFile[Any]]", received))
        if not form.is_valid():
            messages.error(request, " ".join(map(str, form.errors.get("file", [_("Choose a file.")]))))
            return redirect("kb:document", uid=document.uid)
        try:
            file = form.cleaned_data["file"]
            accepted = accept_upload(collection=document.collection, name=document.name, stream=file, user=request.user)
        except UploadRefused as refused:
            messages.error(request, f"{form.cleaned_data['file'].name}: {refused.message}")
        else:
            messages.success(request, outcome_text(accepted))
    return redirect("kb:document", uid=document.uid)


@require_http_methods(["GET", "POST"])
def remove_collection(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Ask for the collection's name, and delete it with all that is in it."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    context = {"collection": collection, "count": collection.documents.live().count()}
    if request.method == "GET":
        return render(request, "ingest/delete_collection.html", context)
    try:
        delete_collection(collection, confirmation=request.POST.get("name", ""), user=request.user)
    except UploadRefused as refused:
        return render(request, "ingest/delete_collection.html", context | {"error": refused.message}, status=422)
    messages.success(request, _("“%(name)s” was deleted. Answers no longer use it.") % {"name": collection.name})
    return redirect("kb:index")
