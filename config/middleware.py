"""The edge: every request gets an id; every expected error becomes one JSON shape or one page."""

import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode, urlsplit, urlunsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.decorators import sync_and_async_middleware

from config.errors import is_expected, render_error, render_expected, render_refused_value, wants_json
from config.logging import current_request_id

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]

UNUSED_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)


@sync_and_async_middleware
def request_id(get_response: GetResponse) -> GetResponse:
    """Set `request.request_id` and answer with it in `X-Request-ID`, so that a person can quote it.

    Touches the headers only, never the body: an event stream passes through unbuffered.
    """
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            # Not set back: the stream of the response runs on in this task, and its log lines belong to the request too.
            request.request_id = _new_id()
            current_request_id.set(request.request_id)
            return _finish(request, await get_response(request))

        return middleware

    def sync_middleware(request: HttpRequest) -> HttpResponseBase:
        request.request_id = _new_id()
        token = current_request_id.set(request.request_id)
        try:
            return _finish(request, get_response(request))
        finally:
            current_request_id.reset(token)

    return sync_middleware


@sync_and_async_middleware
def expected_errors(get_response: GetResponse) -> GetResponse:
    """Answer the errors that our packages raise on purpose; anything else goes on to `handler500`."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            return await get_response(request)
    else:

        def middleware(request: HttpRequest) -> HttpResponseBase:
            return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, DataError):
            return render_refused_value(request, exception)
        return render_expected(request, exception) if is_expected(exception) else None

    middleware.process_exception = process_exception
    return middleware


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def _finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response = _without_sign_in_page(request, response)
    response["X-Request-ID"] = request.request_id
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
    return response


def _back_to_page(request: HttpRequest) -> str:
    """Return the sign-in address that leads back to the page the fragment was for."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    query = urlencode({REDIRECT_FIELD_NAME: urlunsplit(("", "", page.path, page.query, ""))}) if page.path else ""
    return f"{resolve_url(settings.LOGIN_URL)}?{query}"
