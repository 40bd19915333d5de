"""An httpx transport that connects to the very addresses that were judged, and judges them at each request.

A name server that answers differently from one moment to the next (DNS rebinding) therefore gains nothing, and neither does a
redirect: should a client follow one, its request comes through here like the first.
"""

import asyncio
import contextlib

import httpx

from outbound.addresses import read_literal
from outbound.errors import HostUnknown
from outbound.hosts import HostRules

PORTS = {"http": 80, "https": 443}


class CheckedTransport(httpx.AsyncBaseTransport):
    """Hands each request to `inner`, with an address in the place of the name; TLS and `Host` keep the name."""

    def __init__(self, rules: HostRules, inner: httpx.AsyncBaseTransport) -> None:
        self._rules = rules
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises: HostRefused, HostUnknown; else what `inner` raises for the last of the name's addresses."""
        last: httpx.TransportError = httpx.ConnectError("no address", request=request)
        for address in await find_addresses(self._rules, request.url):
            try:
                return await self._inner.handle_async_request(directed(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error
        raise last

    async def aclose(self) -> None:
        await self._inner.aclose()


class CheckedByProxy(httpx.AsyncBaseTransport):
    """Hands each request to `inner`, which speaks to the operator's proxy; the proxy makes the connection, and finds the address.

    What can be known of the host here is checked: a name that leads inside is refused, one that only the proxy knows is left to it.
    """

    def __init__(self, rules: HostRules, inner: httpx.AsyncBaseTransport) -> None:
        self._rules = rules
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises: HostRefused; else what `inner` raises."""
        with contextlib.suppress(HostUnknown):
            await find_addresses(self._rules, request.url)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def find_addresses(rules: HostRules, url: httpx.URL) -> tuple[str, ...]:
    """Return what a URL's host may be connected to, without holding up the event loop. Raises: HostRefused, HostUnknown."""
    port = url.port or PORTS.get(url.scheme, 0)
    if read_literal(url.host) is not None:
        return rules.find_addresses(url.host, port)
    return await asyncio.to_thread(rules.find_addresses, url.host, port)


def directed(request: httpx.Request, address: str) -> httpx.Request:
    """Return the request to that address; what it says of itself (`Host`, the name for TLS) stays."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,  # `Host` among them
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
