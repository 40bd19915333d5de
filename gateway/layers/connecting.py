"""The HTTP client for a model's server: where it may connect to is judged at each connection."""

import ssl
from functools import cache

import httpx

from outbound.hosts import HostRules
from outbound.proxies import proxy_for
from outbound.transport import CheckedByProxy, CheckedTransport


@cache
def trusted_certificates() -> ssl.SSLContext:
    """One context for all connections: reading the trusted certificates takes 20 ms."""
    return httpx.create_ssl_context()


def transport_for(base_url: str, rules: HostRules | None) -> httpx.AsyncBaseTransport:
    """Return a transport to the server; `rules` None: the caller vouches for the address, and it is not checked.

    A company's proxy (HTTPS_PROXY) leads out of it, never to the server beside us: http goes past it.
    """
    verify = trusted_certificates()
    proxy = proxy_for(base_url)
    if proxy:
        through = httpx.AsyncHTTPTransport(verify=verify, proxy=httpx.Proxy(proxy))
        return CheckedByProxy(rules, through) if rules else through
    straight = httpx.AsyncHTTPTransport(verify=verify)
    return CheckedTransport(rules, straight) if rules else straight
