"""The address that a chat program calls. Its signature admits it; the answer comes later, from a worker."""

import logging
from http import HTTPStatus
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from accounts.client_address import client_address
from accounts.errors import TooManyRequests
from accounts.rates import spend
from audit.actor import SYSTEM
from audit.services import record
from integrations.chat_apps.answering import answer_message, take_message
from integrations.chat_apps.incoming import read_request
from integrations.chat_apps.models import ChatApp
from integrations.chat_apps.sending import Reply, as_teams
from integrations.chat_apps.signing import ChatRefused, check_signature
from integrations.tasks import answer

logger = logging.getLogger(__name__)
RECEIVED_PER_MINUTE = 300  # of one program
REFUSALS_NOTED_PER_MINUTE = 10


@login_not_required
@csrf_exempt
@require_POST
def receive(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take a question, and say so at once: Slack waits 3 s. Teams takes its answer from the response alone.

    Raises: ChatRefused, TooManyRequests.
    """
    app = get_object_or_404(ChatApp, uid=uid)
    try:
        check_signature(app, request.headers, request.body)
        if not app.is_enabled:
            raise ChatRefused("chat_app_disabled", _("This chat program is disabled."), status=HTTPStatus.FORBIDDEN)
    except (ChatRefused, ValueError) as refused:
        _note_refusal(app, refused, address=client_address(request))
        if isinstance(refused, ValueError):
            raise ChatRefused("signature_invalid", _("The signature does not match this program.")) from refused
        raise
    spend("chat-app", app.pk, per_minute=RECEIVED_PER_MINUTE)
    received = read_request(app, request.body, content_type=request.content_type or "")
    if received.challenge:
        return JsonResponse({"challenge": received.challenge})
    message = take_message(app, received) if received.event_id else None
    if message is None:  # nothing to answer, or a copy
        return JsonResponse({})
    if app.kind == ChatApp.Kind.TEAMS and not app.reply_url:
        reply = answer_message(message.pk)
        return JsonResponse(as_teams(for_channel(app, reply)) if reply else {})
    try:
        answer.delay(message.pk)
    except (OperationalError, OSError):  # the sweep finds it
        logger.warning("no worker could be told of a chat message; the sweep answers it")
    return JsonResponse({"response_type": "ephemeral", "text": _("Looking it up…")} if "response_url" in received.reply_to else {})


def for_channel(app: ChatApp, reply: Reply) -> Reply:
    """Return what everybody in a channel may read: without leave to post openly, only where the asker finds the answer."""
    if app.posts_openly or not reply.address:
        return reply
    return Reply(text=_("Your answer is in Attest, where only you can read it."), address=reply.address)


def _note_refusal(app: ChatApp, refused: Exception, *, address: str) -> None:
    try:
        spend("chat-refused", address, per_minute=REFUSALS_NOTED_PER_MINUTE)
    except TooManyRequests:
        return
    payload = {"reason": getattr(refused, "code", "signature_invalid"), "address": address}
    record("chat_app.refused", by=SYSTEM, subject=f"chat_app:{app.uid}", summary=app.name, payload=payload)
