"""The page that a citation opens: one page of one version, with the quoted words marked."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.requests import SignedInRequest
from kb.models import Collection, DocumentVersion, Page, PassageChange
from kb.viewing.marking import Quote, mark_blocks, mark_boxes
from kb.viewing.rendering import PictureUnavailable, page_picture
from kb.viewing.viewed import record_view

CHANGES_SHOWN = 10
THUMBNAIL_WIDTH = 480  # pixels: twice the column, for dense screens


def readable_version(user: User, uid: UUID) -> DocumentVersion:
    """Return a version of a live document that `user` may read; one that never answered is for who manages it alone."""
    versions = DocumentVersion.objects.visible_to(user, while_read=True)
    return get_object_or_404(versions.select_related("document__collection", "document__current_version"), uid=uid)


def requested_quote(request: SignedInRequest, page: Page) -> Quote:
    """Return the characters that the address asks to mark, cut to the page's text; none where it asks for nonsense."""
    start, end = (request.GET.get(name, "") for name in ("start", "end"))
    if not (start.isdecimal() and end.isdecimal() and len(start) < 10 and len(end) < 10):
        return Quote(start=0, end=0)
    return Quote(start=min(int(start), len(page.text)), end=min(int(end), len(page.text)))


@require_GET
def source(request: SignedInRequest, version_uid: UUID, page_number: int) -> HttpResponse:
    """Show a page with a quote marked: a page of its own, or the panel beside an answer."""
    version = readable_version(request.user, version_uid)
    page = get_object_or_404(version.pages, number=page_number)
    quote = requested_quote(request, page)
    document = version.document
    record_view(page, version=version, document=document, user=request.user, quote=quote)
    context: dict[str, Any] = {
        "document": document,
        "collection": document.collection,
        "collections": Collection.objects.visible_to(request.user).for_menu(slug=document.collection.slug),
        "version": version,
        "is_current": document.current_version_id == version.pk,
        "page": page,
        "quote": quote,
        "boxes": mark_boxes(page, quote) if version.is_paged else (),
        "blocks": mark_blocks(page.text, page.blocks, quote),
        "changes": changes_on(page, quote),
        "previous": version.pages.filter(number__lt=page.number).values_list("number", flat=True).last(),
        "next": version.pages.filter(number__gt=page.number).values_list("number", flat=True).first(),
    }
    return render(request, "kb/_source.html" if request.htmx else "kb/source.html", context)


def changes_on(page: Page, quote: Quote) -> list[PassageChange]:
    """Return the changes of the quoted passages, or without a quote of the page's, that differ from what stands there."""
    rows = page.chunks.filter(change__isnull=False)
    if not quote.is_empty:
        rows = rows.filter(start__lt=quote.end, end__gt=quote.start)
    return list(PassageChange.objects.filter(pk__in=rows.values("change"))[:CHANGES_SHOWN])


@require_GET
def page_image(request: SignedInRequest, version_uid: UUID, page_number: int) -> HttpResponseBase:
    """Show the picture of a page; `?size=thumbnail` for the small one.

    The browser may keep it but asks each time, so that whoever loses the right to read it loses the picture too.
    """
    version = readable_version(request.user, version_uid)
    wanted = {"width": THUMBNAIL_WIDTH} if request.GET.get("size") == "thumbnail" else {}
    tag = f'"{version.sha256[:32]}-{page_number}-{wanted.get("width", "full")}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers=headers)
    try:
        picture = page_picture(version=version, page_number=page_number, **wanted)
    except PictureUnavailable as error:
        raise Http404 from error
    return HttpResponse(picture, content_type="image/webp", headers=headers)
