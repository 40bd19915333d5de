"""What a widget's frame and its script ask, from other sites: no cookie counts here, a session's key alone."""

import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts.client_address import client_address
from accounts.rates import spend
from chat.errors import QuestionRefused
from chat.flow.asked import Asked
from chat.models import Turn
from chat.services import asked_of, start_turn
from chat.streaming.sse import event_stream
from gateway.threads import run_in_thread
from integrations.asking import json_frames, where_in
from integrations.errors import WidgetRefused
from integrations.widgets.models import Widget, WidgetSession
from integrations.widgets.sessions import check_open, credential_of, find_session, open_session
from kb.viewing.viewed import record_view
from kb.viewing.views import readable_version

AROUND = 600  # characters of a page before and after a quote
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


@login_not_required
@require_GET
@xframe_options_exempt  # frame-ancestors says it for one site, which X-Frame-Options cannot
def frame(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """The page inside the host's frame. The browser shows it on the allowed site alone (frame-ancestors)."""
    widget = _widget(uid)
    origin = request.GET.get("origin", "")
    referrer = urlsplit(request.headers.get("Referer", ""))
    try:
        check_open(widget, origin=origin)
        if referrer.scheme and f"{referrer.scheme}://{referrer.netloc}" not in (origin, f"{request.scheme}://{request.get_host()}"):
            raise WidgetRefused("origin_refused", _("This widget may not be shown on this site."), status=HTTPStatus.FORBIDDEN)
    except WidgetRefused as refused:
        return HttpResponse(refused.message, status=refused.status, content_type="text/plain; charset=utf-8")
    language = request.GET.get("language", "") or widget.language
    with translation.override(language if language in LANGUAGES else translation.get_language()):
        given = request.GET.get("accent", ""), request.GET.get("theme", "")
        accent = given[0] if COLOUR.fullmatch(given[0]) else widget.accent
        theme = given[1] if given[1] in ("light", "dark") else ""
        context = {"widget": widget, "origin": origin, "accent": accent, "theme": theme}
        response = render(request, "integrations/widget.html", context)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # for hosts that isolate themselves (COEP)
    return csp_replace({"frame-ancestors": [origin]})(lambda _request: response)(request)


@login_not_required
@csrf_exempt
@require_POST
def open_(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Exchange the host's token for a session, or let a guest in. Raises: WidgetRefused, TooManyRequests."""
    widget, given = _widget(uid), _body(request)
    token, origin = given.get("token", ""), given.get("origin", "")
    if not (isinstance(token, str) and isinstance(origin, str)):
        raise WidgetRefused("token_invalid", _("This site did not sign you in correctly. Contact its operator."))
    session, key = open_session(widget, token=token, origin=origin, address=client_address(request))
    name = "" if session.is_guest else session.user.get_full_name() or session.user.username
    return JsonResponse({"session": key, "name": name, "expires_at": session.expires_at.isoformat()})


@login_not_required
@csrf_exempt
@require_POST
async def ask(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """Answer a question as a stream of events. The connection is the visitor's: closed, it stops the answering."""
    asked, language = await run_in_thread(_prepare)(request, uid)
    return event_stream(json_frames(asked, language=language))


@login_not_required
@require_GET
def source(request: HttpRequest, uid: UUID, version_uid: UUID, page_number: int) -> HttpResponse:
    """The words around a quote, for who may read them now; on record as every view of a source is."""
    session = _session(request, uid)
    version = readable_version(session.user, version_uid)
    page = version.pages.defer("boxes", "blocks").filter(number=min(page_number, 2**31 - 1)).first()
    if page is None:
        raise Http404
    record_view(page, version=version, document=version.document, user=session.user)
    start, end = (min(_number(request.GET.get(name)), len(page.text)) for name in ("start", "end"))
    shown = {
        "title": version.document.title,
        "version": version.number,
        "page": page.label or str(page.number),
        "before": page.text[max(0, start - AROUND) : start],
        "quote": page.text[start:end],
        "after": page.text[end : end + AROUND],
        "address": "" if session.is_guest else request.build_absolute_uri(reverse("kb:source", args=[version.uid, page.number])),
    }
    return JsonResponse(shown, json_dumps_params={"ensure_ascii": False})


def _prepare(request: HttpRequest, uid: UUID) -> tuple[Asked, str]:
    """Raises: WidgetRefused, QuestionRefused, TooManyRequests."""
    session, given = _session(request, uid), _body(request)
    user, who = session.user, f"widget:{session.pk}" if session.is_guest else session.user_id
    spend("ask", who, per_minute=settings.RATE_ASK_PER_MINUTE)
    if session.is_guest:  # who reloads has another session, and the same address
        spend("ask-guest", client_address(request), per_minute=settings.RATE_ASK_PER_MINUTE)
    question, language = given.get("question", ""), given.get("language", "")
    if not isinstance(question, str):
        raise QuestionRefused("empty", _("Enter a question."))
    where = where_in(session.widget.collections.all(), user=user)
    turn = start_turn(user=user, question=question, conversation=session.conversation, where=where)
    if session.conversation_id != turn.conversation_id:
        WidgetSession.objects.filter(pk=session.pk).update(conversation=turn.conversation_id)
    turn = Turn.objects.select_related("conversation__collection", "conversation__user").get(pk=turn.pk)
    asked = asked_of(turn, credential=credential_of(session), via=f"widget:{session.widget.name}")
    return asked, language if language in LANGUAGES else translation.get_language() or settings.LANGUAGE_CODE


def _widget(uid: UUID) -> Widget:
    return get_object_or_404(Widget.objects.select_related("guest__user"), uid=uid)


def _session(request: HttpRequest, uid: UUID) -> WidgetSession:
    kind, _space, key = request.headers.get("Authorization", "").partition(" ")
    return find_session(_widget(uid), key.strip() if kind.lower() == "bearer" else "")


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        given = json.loads(request.body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise QuestionRefused("empty", _("Send a JSON object."))
    return given


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
