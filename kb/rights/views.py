"""Pages about folders and about who may read a document, for those who own the collection."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import ValuesRefused
from accounts.requests import SignedInRequest
from kb.models import Collection, Document, Folder
from kb.rights import folders
from kb.rights.forms import DocumentReadersForm, FolderForm, NarrowForm
from kb.rights.reasons import gates_of, readers_of
from kb.slugs import is_uuid

READERS_PER_PAGE = 100


@require_http_methods(["GET", "POST"])
def create_folder(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Make a folder in a collection, or with `?in=` in another folder."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    above = request.GET.get("in", "")
    parent = get_object_or_404(collection.folders, uid=above) if is_uuid(above) else None
    form = FolderForm(request.POST or None, initial={"who": "all"})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = folders.create_folder(
                    collection=collection, name=form.cleaned_data["name"], parent=parent, user=request.user
                )
                folders.narrow_folder(folder=made, readers=form.readers, user=request.user)
        except ValuesRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The folder %(name)s was created.") % {"name": made.name})
            return redirect(address_of(made))
    return _folder_page(request, form, collection=collection, parent=parent)


@require_http_methods(["GET", "POST"])
def change_folder(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """A folder's name and who may read what is in it."""
    folder = get_object_or_404(Folder.objects.owned_by(request.user).select_related("collection", "parent"), uid=uid)
    form = FolderForm(request.POST or None, initial={"name": folder.name, **NarrowForm.initial_of(folder)})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                folders.rename_folder(folder=folder, name=form.cleaned_data["name"], user=request.user)
                folders.narrow_folder(folder=folder, readers=form.readers, user=request.user)
        except ValuesRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The folder was saved. Its readers change at once."))
            return redirect(address_of(folder))
    return _folder_page(request, form, collection=folder.collection, parent=folder.parent, folder=folder)


@require_POST
def delete_folder(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Remove an empty folder."""
    folder = get_object_or_404(Folder.objects.owned_by(request.user).select_related("collection", "parent"), uid=uid)
    try:
        folders.delete_folder(folder=folder, user=request.user)
    except ValuesRefused as refused:
        messages.error(request, refused.message)
        return redirect("kb:folder", uid=folder.uid)
    messages.success(request, _("The folder %(name)s was deleted.") % {"name": folder.name})
    return redirect(address_of(folder.parent) if folder.parent else reverse("kb:collection", args=[folder.collection.slug]))


@require_http_methods(["GET", "POST"])
def document_readers(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Who may read a document, and through what; put it into a folder, and narrow it."""
    documents = Document.objects.owned_by(request.user).select_related("collection", "folder")
    document = get_object_or_404(documents, uid=uid)
    initial = {"folder": document.folder.uid if document.folder else "", **NarrowForm.initial_of(document)}
    form = DocumentReadersForm(request.POST or None, initial=initial, collection=document.collection)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                folders.file_document(document=document, folder=form.cleaned_data["folder"], user=request.user)
                folders.narrow_document(document=document, readers=form.readers, user=request.user)
        except ValuesRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The readers of “%(title)s” were saved. They change at once.") % {"title": document.title})
            return redirect("kb:document_readers", uid=document.uid)
    gates = gates_of(document)
    page = Paginator(readers_of(gates), READERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "document": document, "collection": document.collection, "gates": gates, "page": page}
    return render(request, "kb/document_readers.html", context, status=422 if form.errors else 200)


def address_of(folder: Folder) -> str:
    """Return the page that lists what is in a folder."""
    return f"{reverse('kb:collection', args=[folder.collection.slug])}?folder={folder.uid}"


def _folder_page(
    request: SignedInRequest, form: FolderForm, *, collection: Collection, parent: Folder | None, folder: Folder | None = None
) -> HttpResponse:
    context = {"form": form, "collection": collection, "folder": folder, "way": parent.way if parent is not None else []}
    return render(request, "kb/folder_form.html", context, status=422 if form.errors else 200)
