"""Which addresses a crawl may visit, and one spelling for each of them."""

import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urljoin, urlsplit, urlunsplit

from outbound.transport import PORTS
from sources.connectors.calling.addresses import origin_of

LONGEST = 1000  # characters; what is longer is made by a machine that counts
REPEATS = 3  # of one part of a path: /a/b/a/b/a/b… comes from relative links that are wrong
MOST_PARAMETERS = 6
# What says who visits, or by which link, not what is shown.
NOISE = re.compile(r"utm_\w+|fbclid|gclid|phpsessid|jsessionid|sessionid", re.IGNORECASE)
SESSION_IN_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`origin`: scheme, host and port. `below`: how paths begin. `without`: parts that no address may have."""

    origin: tuple[str, str, int]
    below: tuple[str, ...]
    without: tuple[str, ...] = ()

    def holds(self, url: str) -> bool:
        """Tell whether an address, normalised, may be visited."""
        if len(url) > LONGEST or origin_of(url) != self.origin:
            return False
        parts = urlsplit(url)
        if not any(parts.path.startswith(below) for below in self.below) or any(text in url for text in self.without):
            return False
        repeated = Counter(part for part in parts.path.split("/") if part)
        return max(repeated.values(), default=0) <= REPEATS and len(parse_qsl(parts.query)) <= MOST_PARAMETERS


def normalise_url(link: str, base: str = "") -> str:
    """Return the address that a link on the page `base` leads to, without fragment and session; "" for what is no web address."""
    try:
        parts = urlsplit(urljoin(base, link.strip()))
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.password:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.lower()
    place = host if port in (None, PORTS[parts.scheme]) else f"{host}:{port}"
    path = quote(SESSION_IN_PATH.sub("", parts.path) or "/", safe="/%:@!$&'()*+,;=~-._")
    pairs = [pair for pair in parts.query.split("&") if pair and not NOISE.fullmatch(pair.partition("=")[0])]
    query = quote("&".join(pairs), safe="/?%:@!$&'()*+,;=~-._")  # as it stands: it may be coded otherwise than in UTF-8
    return urlunsplit((parts.scheme, place, path, query, ""))
