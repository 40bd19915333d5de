"""The edge: every request gets an id; every expected error becomes one JSON shape or one page."""

import logging
import uuid
from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

logger = logging.getLogger(__name__)


@sync_and_async_middleware
def request_id(
    get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Set `request.request_id` and answer with it in `X-Request-ID`, so that a person can quote it."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            request.request_id = uuid.uuid4().hex[:12]
            response = await get_response(request)
            response["X-Request-ID"] = request.request_id
            return response

        return middleware

    def sync_middleware(request: HttpRequest) -> HttpResponseBase:
        request.request_id = uuid.uuid4().hex[:12]
        response = get_response(request)
        response["X-Request-ID"] = request.request_id
        return response

    return sync_middleware
