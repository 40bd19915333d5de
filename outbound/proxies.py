"""The operator's proxy (HTTPS_PROXY): which addresses lead through it."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(url: str) -> str:
    """Return the proxy's address, "" for none. It leads out of the company, never to the server beside us: http goes past it."""
    parts = urlsplit(url)
    if parts.scheme != "https" or proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
