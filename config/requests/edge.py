"""The edge: every request gets an id; every expected error becomes one JSON shape or one page."""

import uuid
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from django.shortcuts import resolve_url
from django.utils.decorators import sync_and_async_middleware

from accounts.requests import NamedRequest
from config.errors import (
    is_disk_full,
    is_expected,
    render_error,
    render_expected,
    render_full_disk,
    render_not_allowed,
    render_refused_value,
    wants_json,
)
from config.logging import current_request_id
from config.requests.timing import AsyncResponse, GetResponse, SyncResponse

PROBES = frozenset(("/healthz", "/readyz", "/metrics"))
UNUSED_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)


@sync_and_async_middleware
def request_id(get_response: GetResponse) -> GetResponse:
    """Set `request.request_id` and answer with it in `X-Request-ID`, so that a person can quote it.

    Touches the headers only, never the body: an event stream passes through unbuffered.
    """
    if iscoroutinefunction(get_response):
        respond_later = cast(AsyncResponse, get_response)

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            # Not set back: the stream of the response runs on in this task, and its log lines belong to the request too.
            request_id = _name(request)
            current_request_id.set(request_id)
            return _finish(request, await respond_later(request), request_id)

        return middleware

    respond = cast(SyncResponse, get_response)

    def sync_middleware(request: HttpRequest) -> HttpResponseBase:
        request_id = _name(request)
        token = current_request_id.set(request_id)
        try:
            return _finish(request, respond(request), request_id)
        finally:
            current_request_id.reset(token)

    return sync_middleware


class CommonMiddleware(DjangoCommonMiddleware):
    """Django's, which checks the host; but what machines ask of the installation is answered under any name.

    A container's health check calls 127.0.0.1, a load balancer the address of one machine: neither is in ATTEST_ALLOWED_HOSTS, and
    what they are told names no host. Every other path is checked.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info in PROBES else super().process_request(request)


@sync_and_async_middleware
def expected_errors(get_response: GetResponse) -> GetResponse:
    """Answer the errors that our packages raise on purpose, and what has no such method; the rest goes on to `handler500`."""
    if iscoroutinefunction(get_response):
        respond_later = cast(AsyncResponse, get_response)

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            response = await respond_later(request)
            if isinstance(response, HttpResponseNotAllowed):  # on a thread: the page for people reads the session
                return await sync_to_async(render_not_allowed)(request, response)
            return response

        middleware: GetResponse = answer_later
    else:
        respond = cast(SyncResponse, get_response)

        def answer(request: HttpRequest) -> HttpResponseBase:
            response = respond(request)
            return render_not_allowed(request, response) if isinstance(response, HttpResponseNotAllowed) else response

        middleware = answer

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, RequestDataTooBig):
            return render_error(request, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if isinstance(exception, DataError):
            return render_refused_value(request, exception)
        if is_disk_full(exception):
            return render_full_disk(request, exception)
        return render_expected(request, exception) if is_expected(exception) else None

    middleware.process_exception = process_exception  # type: ignore[union-attr]  # where Django looks for it
    return middleware


def _name(request: HttpRequest) -> str:
    """Set the request's id. Returns: the id."""
    named = cast(NamedRequest, request)
    named.request_id = uuid.uuid4().hex[:12]
    return named.request_id


def _finish(request: HttpRequest, response: HttpResponseBase, request_id: str) -> HttpResponseBase:
    response = _without_sign_in_page(request, response)
    response["X-Request-ID"] = request_id
    response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
    response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    # Pages differ by reader: no proxy and no shared browser may keep them. Static files never come this far.
    response.setdefault("Cache-Control", "private, no-store")
    return response


def _without_sign_in_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A redirect to the sign-in page is for people. A fragment's request would put that page into the middle of another, and
    a program would take it for its answer: they get 401, htmx together with the address to go to."""
    if response.status_code != 302 or not response["Location"].startswith(resolve_url(settings.LOGIN_URL)):
        return response
    if "HX-Request" in request.headers:
        return HttpResponse(status=401, headers={"HX-Redirect": _back_to_page(request)})
    if wants_json(request):
        return render_error(request, status=401)
    asked_to_sign_in = parse_qs(urlsplit(response["Location"]).query).get(REDIRECT_FIELD_NAME) == [request.get_full_path()]
    if asked_to_sign_in and request.method not in SAFE_METHODS:  # its own address shows no page: back to the form's
        response["Location"] = _back_to_page(request)
    return response


def _back_to_page(request: HttpRequest) -> str:
    """Return the sign-in address that leads back to the page that the fragment or the form was on."""
    page = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    back = {REDIRECT_FIELD_NAME: urlunsplit(("", "", page.path, page.query, ""))} if page.path else {}
    ended = {} if request.method in SAFE_METHODS else {"ended": "1"}  # something was sent: the sign-in page says that it is kept
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode(back | ended)}"
