"""As `outbound.transport`, for threads: an httpx transport that connects to the very addresses that were judged."""

import contextlib
import ssl

import httpx

from outbound.errors import HostUnknown
from outbound.hosts import HostRules
from outbound.proxies import proxy_for
from outbound.transport import PORTS, directed


class CheckedBlockingTransport(httpx.BaseTransport):
    """Sends each request to a judged address in the place of its name; TLS and `Host` keep the name.

    Where the operator's proxy stands between, the proxy finds the address: a name that leads inside is refused all the same.
    """

    def __init__(self, rules: HostRules, verify: ssl.SSLContext) -> None:
        self._rules = rules
        self._verify = verify
        self._straight = httpx.HTTPTransport(verify=verify)
        self._proxied: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises: HostRefused, HostUnknown; else what httpx raises for the last of the name's addresses."""
        host, port = request.url.host, request.url.port or PORTS.get(request.url.scheme, 0)
        if proxy := proxy_for(str(request.url)):
            with contextlib.suppress(HostUnknown):
                self._rules.find_addresses(host, port)
            return self._through(proxy).handle_request(request)
        last: httpx.TransportError = httpx.ConnectError("no address", request=request)
        for address in self._rules.find_addresses(host, port):
            try:
                return self._straight.handle_request(directed(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error
        raise last

    def close(self) -> None:
        for transport in (self._straight, *self._proxied.values()):
            transport.close()

    def _through(self, proxy: str) -> httpx.HTTPTransport:
        if proxy not in self._proxied:
            self._proxied[proxy] = httpx.HTTPTransport(verify=self._verify, proxy=httpx.Proxy(proxy))
        return self._proxied[proxy]
