"""The client's address: read in one place, for the audit, the limits and the metrics."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address; "" where the connection has none, such as a socket of this machine.

    `X-Forwarded-For` is trusted as far as ATTEST_TRUSTED_PROXIES reach: it is read from the right, where the nearest proxy wrote,
    up to the first address that is none of theirs. What stands left of that anybody may have written.
    """
    peer = _read(request.META.get("REMOTE_ADDR") or "")
    if peer is None:
        return request.META.get("REMOTE_ADDR") or ""
    found = peer
    for text in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if not is_trusted_proxy(found):
            break
        address = _read(text)
        if address is None:
            break
        found = address
    return str(found)


def is_trusted_proxy(address: Address) -> bool:
    return any(address.version == network.version and address in network for network in settings.TRUSTED_PROXIES)


def _read(text: str) -> Address | None:
    """Read an address as proxies write it: with a port, in brackets, or IPv4 within IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
