"""The HTTP client for a model's server: where it may connect to is judged at each connection."""

import ssl
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from outbound.hosts import HostRules
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
    proxy = _proxy_for(base_url)
    if proxy:
        through = httpx.AsyncHTTPTransport(verify=verify, proxy=httpx.Proxy(proxy))
        return CheckedByProxy(rules, through) if rules else through
    straight = httpx.AsyncHTTPTransport(verify=verify)
    return CheckedTransport(rules, straight) if rules else straight


def _proxy_for(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme != "https" or proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
