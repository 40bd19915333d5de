"""How long requests take, by the name of their address and the class of their status: never by what was asked."""

import time
from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from metrics.buffer import get_buffer
from metrics.instruments import Histogram

SyncResponse = Callable[[HttpRequest], HttpResponseBase]
AsyncResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
GetResponse = SyncResponse | AsyncResponse

REQUEST = Histogram(
    name="attest_request_seconds",
    about="From a request to the begin of its response; static files are not counted",
    labels=("route", "status"),
    bounds=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
INSTRUMENTS = (REQUEST,)


@sync_and_async_middleware
def time_requests(get_response: GetResponse) -> GetResponse:
    """Note each request in this process's buffer: a write of its own would cost more than most requests."""
    if iscoroutinefunction(get_response):
        respond_later = cast(AsyncResponse, get_response)

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            began = time.perf_counter()
            response = await respond_later(request)
            note(request, response, time.perf_counter() - began)
            return response

        return middleware

    respond = cast(SyncResponse, get_response)

    def sync_middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = respond(request)
        note(request, response, time.perf_counter() - began)
        return response

    return sync_middleware


def note(request: HttpRequest, response: HttpResponseBase, took_s: float) -> None:
    route = request.resolver_match.view_name if request.resolver_match else ""
    get_buffer().put(REQUEST.observe(took_s, route or "none", f"{response.status_code // 100}xx"))
