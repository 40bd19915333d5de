"""Pages about what is kept of documents: their values, a collection's tags, and what is to be reviewed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.errors import ValuesRefused
from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from kb.keeping.force import today
from kb.keeping.forms import DocumentForm, MergeForm, ReviewedForm, TagForm
from kb.keeping.reviewing import due_for, mark_reviewed
from kb.keeping.tags import managed_tag, merge_tag, remove_tag, rename_tag, tags_for
from kb.keeping.values import change_document
from kb.models import Collection, Document

TAGS_PER_PAGE = 100
DUE_PER_PAGE = 50
SUGGESTED = 200  # names that a form completes
NEXT_REVIEW = timedelta(days=365)


@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """A document's tags, owner and days."""
    documents = Document.objects.manageable_by(request.user).select_related("collection", "owner", "current_version")
    document = get_object_or_404(documents, uid=uid)

    def save(values: dict[str, Any]) -> HttpResponseBase:
        change_document(document=document, user=request.user, **values)
        messages.success(request, _("“%(title)s” was saved.") % {"title": document.title})
        return redirect("kb:document", uid=document.uid)

    context = {
        "document": document,
        "collection": document.collection,
        "people": people_to_name(document.collection),
        "said": said_days(document),
    }
    form = DocumentForm(request.POST or None, instance=document)
    return save_or_show(request, form, save=save, template="kb/document_form.html", context=context)


def people_to_name(collection: Collection) -> list[str]:
    """Return user names that a form completes: of those who may read the collection by their groups, or run it."""
    people = User.objects.filter(is_active=True, is_service=False)
    named = (
        people.filter(groups__collections=collection)
        .values("pk")
        .union(people.filter(stewardships__collection=collection).values("pk"))
    )
    return list(User.objects.filter(pk__in=named).order_by("username").values_list("username", flat=True)[:SUGGESTED])


def said_days(document: Document) -> list[tuple[str, str]]:
    """Return what the file itself says of its validity, as its reader found it: for whoever fills in the days."""
    metadata = document.current_version.metadata if document.current_version else {}
    return [(key, str(value)) for key, value in metadata.items() if "valid" in key.casefold() or "expir" in key.casefold()][:6]


@require_GET
def tags(request: SignedInRequest, slug: str) -> HttpResponse:
    """The tags of a collection."""
    collection = get_object_or_404(Collection.objects.manageable_by(request.user), slug=slug)
    page = Paginator(tags_for(request.user, collection=collection), TAGS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "kb/tags.html", {"collection": collection, "page": page})


@require_http_methods(["GET", "POST"])
def tag(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Rename a tag, or merge it with another one."""
    row = managed_tag(request.user, uid)
    collection, is_merge = row.collection, "into" in request.POST
    form = TagForm(request.POST if request.method == "POST" and not is_merge else None, initial={"name": row.name})
    merge = MergeForm(request.POST if is_merge else None, collection=collection, tag=row)
    asked: TagForm | MergeForm = merge if is_merge else form
    if request.method == "POST" and asked.is_valid():
        try:
            if is_merge:
                merge_tag(tag=row, into=asked.cleaned_data["into"], user=request.user)
            else:
                rename_tag(tag=row, name=asked.cleaned_data["name"], user=request.user)
        except ValuesRefused as refused:
            for name, sentences in refused.problems.items():
                for sentence in sentences:
                    asked.add_error(name if name in asked.fields else None, sentence)
        else:
            messages.success(request, _("The tags were merged.") if is_merge else _("The tag was renamed."))
            return redirect("kb:tags", slug=collection.slug)
    context = {"collection": collection, "tag": row, "form": form, "merge": merge, "count": row.documents.live().count()}
    return render(request, "kb/tag.html", context, status=422 if asked.errors else 200)


@require_POST
def delete_tag(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Take a tag from every document."""
    row = managed_tag(request.user, uid)
    remove_tag(tag=row, user=request.user)
    messages.success(request, _("The tag “%(name)s” was removed.") % {"name": row.name})
    return redirect("kb:tags", slug=row.collection.slug)


@require_GET
def due(request: SignedInRequest) -> HttpResponse:
    """The documents that whoever asks is to look through: their own, and those without an owner in collections that they run."""
    rows = due_for(request.user).select_related("collection", "owner")
    context = {
        "page": Paginator(rows, DUE_PER_PAGE).get_page(request.GET.get("page")),
        "collections": Collection.objects.visible_to(request.user).for_menu(),
        "collection": None,
        "today": today(),
        "next_review": today() + NEXT_REVIEW,
    }
    return render(request, "kb/due.html", context)


@require_POST
def reviewed(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Say that a document was looked through, and when next."""
    document = get_object_or_404(due_for(request.user).select_related("collection"), uid=uid)
    form = ReviewedForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter a date for the next review, or leave it empty."))
        return redirect("kb:due")
    try:
        mark_reviewed(document=document, review_by=form.cleaned_data["review_by"], user=request.user)
    except ValuesRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("“%(title)s” was marked as reviewed.") % {"title": document.title})
    return redirect("kb:due")
