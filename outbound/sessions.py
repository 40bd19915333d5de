"""A `requests` session for libraries that bring that client: it connects to the very addresses that were judged.

As `outbound.transport` does for httpx: TLS and `Host` keep the name, redirects are not followed.
"""

import functools
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy

from outbound.errors import HostUnknown, OutboundError
from outbound.hosts import HostRules
from outbound.transport import PORTS


class CheckedAdapter(HTTPAdapter):
    """Sends each request to a judged address in the place of its name. Through a proxy the name goes on: it finds the address."""

    def __init__(self, rules: HostRules) -> None:
        self._rules = rules
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        """Raises: requests.ConnectionError: also where the host may not be connected to."""
        request.headers["Host"] = urlsplit(str(request.url)).netloc.rpartition("@")[2]
        return super().send(request, *args, **named)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: dict[str, str] | None = None, cert: Any = None
    ) -> Any:
        url = str(request.url)
        if select_proxy(url, proxies):
            self._judge(url, is_proxied=True)
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        return self._straight(url, self._judge(url), verify=verify, cert=cert, request=request)

    def _straight(self, url: str, address: str, *, verify: Any, cert: Any, request: requests.PreparedRequest) -> Any:
        host_params, pool_kwargs = self.build_connection_pool_key_attributes(request, verify, cert)
        if host_params["scheme"] == "https":
            name = urlsplit(url).hostname
            pool_kwargs |= {"server_hostname": name, "assert_hostname": name}
        return self.poolmanager.connection_from_host(**{**host_params, "host": address}, pool_kwargs=pool_kwargs)

    def _judge(self, url: str, *, is_proxied: bool = False) -> str:
        parts = urlsplit(url)
        host = parts.hostname or ""
        try:
            return self._rules.find_addresses(host, parts.port or PORTS.get(parts.scheme, 0))[0]
        except HostUnknown as error:
            if is_proxied:
                return ""
            raise requests.ConnectionError(f"{host}: no such host") from error
        except OutboundError as error:
            raise requests.ConnectionError(f"{host}: may not be connected to") from error


def checked_session(rules: HostRules, *, timeout_s: float) -> requests.Session:
    """Return a session that keeps to the rules at every request, follows no redirect, and gives up after `timeout_s`."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, CheckedAdapter(rules))
    session.max_redirects = 0  # a redirect is an error: requests has no other way to say so once and for all
    session.request = functools.partial(session.request, timeout=timeout_s)  # type: ignore[method-assign]
    return session
