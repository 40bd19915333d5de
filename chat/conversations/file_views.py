"""The files of a conversation on its page: attach, see whether they are read, remove."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from chat.conversations.files import any_unread, attach_files, files_of, remove_file
from chat.models import Conversation
from ingest.errors import UploadRefused
from ingest.upload import receive_files, takes_files


@takes_files
@require_POST
def attach_to_new(request: SignedInRequest) -> HttpResponseBase:
    """Attach files to a conversation that begins with them."""
    return _attach(request, None)


@takes_files
@require_POST
def attach(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Attach files to a conversation of one's own."""
    return _attach(request, get_object_or_404(Conversation.objects.visible_to(request.user), uid=uid))


def _attach(request: SignedInRequest, conversation: Conversation | None) -> HttpResponseBase:
    with receive_files(request) as received:
        files = received.getlist("files")
        if not files:
            messages.error(request, _("Choose a file."))
        conversation, refused = attach_files(files, user=request.user, conversation=conversation)
    for one in refused:
        messages.error(request, f"{one.name}: {one.reason.message}")
    return redirect("chat:conversation", uid=conversation.uid) if conversation else redirect("chat:home")


@require_GET
def files(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """The list of the files; it renews itself while one is being read."""
    conversation = get_object_or_404(Conversation.objects.visible_to(request.user), uid=uid)
    attached = files_of(conversation)
    context = {"conversation": conversation, "files": attached, "unread": any_unread(attached)}
    return render(request, "chat/_files.html", context)


@require_POST
def remove(request: SignedInRequest, uid: UUID, document: UUID) -> HttpResponseBase:
    """Take a file out of the conversation."""
    conversation = get_object_or_404(Conversation.objects.visible_to(request.user), uid=uid)
    try:
        remove_file(conversation, document, user=request.user)
    except UploadRefused as refused:
        messages.error(request, refused.message)
    return redirect("chat:conversation", uid=conversation.uid)
