"""The pages of one's conversations: the list, keeping them in order, sharing, taking away."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from chat.conversations.arranging import archive_conversation, delete_conversation, pin_conversation, rename_conversation
from chat.conversations.exporting.export import FORMATS, export_conversation
from chat.conversations.searching import FoundConversation, find_conversations
from chat.conversations.sharing import live_share, open_share, revoke_share, share_conversation
from chat.errors import QuestionRefused
from chat.models import Conversation, SharedConversation

ROWS_PER_PAGE = 50


@require_GET
def listing(request: SignedInRequest) -> HttpResponse:
    """All of one's conversations by pages, the archived ones, or those in which words stand."""
    mine = Conversation.objects.visible_to(request.user).select_related("collection")
    query, is_archive = request.GET.get("q", "").strip(), "archived" in request.GET
    rows = mine.archived() if is_archive else mine.kept()
    found = find_conversations(request.user, query) if query else []
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "query": query,
        "is_archive": is_archive,
        "page": None if query else page,
        "found": found if query else [FoundConversation(conversation=row) for row in page],
    }
    return render(request, "chat/conversations.html", context)


@require_POST
def rename(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Give a conversation another title."""
    current = own_conversation(request, uid)
    if title := " ".join(request.POST.get("title", "").split()):
        rename_conversation(current, title=title)
    return back(request, current)


@require_POST
def pin(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Keep a conversation above the others, or no more."""
    return back(request, pin_conversation(own_conversation(request, uid), is_pinned=bool(request.POST.get("on"))))


@require_POST
def archive(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Put a conversation away, or take it out again."""
    current = archive_conversation(own_conversation(request, uid), is_archived=bool(request.POST.get("on")))
    done = _("The conversation was archived.") if current.archived_at else _("The conversation is in the list again.")
    messages.success(request, done)
    return back(request, current)


@require_POST
def delete(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Delete a conversation; the receipts of its answers stay in the audit."""
    current = own_conversation(request, uid)
    try:
        delete_conversation(current)
    except QuestionRefused as refused:
        messages.error(request, refused.message)
        return back(request, current)
    messages.success(request, _("The conversation was deleted."))
    return redirect("chat:conversations" if request.POST.get("from") == "list" else "chat:home")


@require_POST
def share(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Make the link by which colleagues read it, or let the link lead to what was asked since, too."""
    current = own_conversation(request, uid)
    try:
        share_conversation(current, user=request.user)
    except QuestionRefused as refused:
        messages.error(request, refused.message)
    return redirect("chat:sharing", uid=uid)


@require_POST
def unshare(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """End the link."""
    revoke_share(own_conversation(request, uid), user=request.user)
    messages.success(request, _("The link was revoked and no longer works."))
    return redirect("chat:sharing", uid=uid)


@require_GET
def sharing(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """Whether a conversation is shared, with what, and by which link."""
    current = own_conversation(request, uid)
    given = live_share(current)
    later = current.turns.filter(pk__gt=given.last_turn).count() if given else 0
    link = request.build_absolute_uri(reverse("chat:shared", args=[given.uid])) if given else ""
    return render(request, "chat/sharing.html", {"conversation": current, "share": given, "link": link, "later": later})


@require_GET
def shared(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """A conversation that a colleague shares, as far as its reader may read its sources."""
    given = get_object_or_404(
        SharedConversation.objects.open_to(request.user).select_related("conversation__user", "conversation__collection"), uid=uid
    )
    shown = open_share(given, reader=request.user)
    return render(request, "chat/shared.html", {"share": given, "conversation": given.conversation, "turns": shown})


@require_GET
def export(request: SignedInRequest, uid: UUID, kind: str) -> HttpResponse:
    """The conversation as a file."""
    if kind not in FORMATS:
        raise Http404
    current = own_conversation(request, uid)
    made = export_conversation(current, kind=kind, user=request.user, base=request.build_absolute_uri("/").rstrip("/"))
    return HttpResponse(made.data, content_type=made.media_type, headers={"Content-Disposition": made.disposition})


def own_conversation(request: SignedInRequest, uid: UUID) -> Conversation:
    """Raises: Http404: it is somebody else's, or there is none."""
    found: Conversation = get_object_or_404(Conversation.objects.visible_to(request.user).select_related("collection"), uid=uid)
    return found


def back(request: SignedInRequest, current: Conversation) -> HttpResponseBase:
    """Return to the list where the form stood there, else to the conversation."""
    return redirect("chat:conversations") if request.POST.get("from") == "list" else redirect("chat:conversation", uid=current.uid)
