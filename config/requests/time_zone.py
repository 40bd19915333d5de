"""The reader's time zone: the browser names it in a cookie, and pages show dates and begin days by it."""

import functools
import zoneinfo
from collections.abc import Awaitable, Callable
from typing import cast
from urllib.parse import unquote

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

COOKIE = "time_zone"

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def use_reader_zone(get_response: GetResponse) -> GetResponse:
    """Make the zone that the cookie names the current one; without it, or where it names none, the installation's is."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            # Not set back: the stream of the response runs on in this task.
            timezone.activate(zone_of(request))
            return await cast(Awaitable[HttpResponseBase], get_response(request))

        return middleware

    def sync_middleware(request: HttpRequest) -> HttpResponseBase:
        with timezone.override(zone_of(request)):
            return cast(HttpResponseBase, get_response(request))

    return sync_middleware


def zone_of(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """Return the zone that the request's cookie names, or the installation's."""
    name = unquote(request.COOKIES.get(COOKIE, ""))
    return zoneinfo.ZoneInfo(name) if name in known_zones() else timezone.get_default_timezone()


@functools.cache
def known_zones() -> frozenset[str]:
    """Return the names of all zones; anything else in a cookie is no name of a file."""
    return frozenset(zoneinfo.available_timezones())
