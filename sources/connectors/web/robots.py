"""What a site tells crawlers: robots.txt (RFC 9309) and sitemaps (sitemaps.org)."""

import gzip
import io
from collections.abc import Iterator
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from lxml import etree

from sources.connectors.calling.calls import Calls
from sources.connectors.errors import ConnectorError, Throttled
from sources.connectors.web.scope import Scope, normalise_url

AGENT = "Attest"
MOST_SITEMAPS = 50
SITEMAP_BYTES = 50 * 1024 * 1024  # the most that sitemaps.org allows
LONGEST_PAUSE_S = 10.0


class Robots:
    """The rules of a site; none where it has no robots.txt."""

    def __init__(self, calls: Calls, root: str, *, are_kept: bool) -> None:
        self._rules = RobotFileParser()
        text = _read(calls, urljoin(root, "/robots.txt"), 512 * 1024)
        self._rules.parse((text or b"").decode(errors="replace").splitlines())
        self._are_kept = are_kept
        self.sitemaps = tuple(self._rules.site_maps() or ())
        pause = self._rules.crawl_delay(AGENT) if are_kept else None
        self.pause_s = min(float(pause or 0), LONGEST_PAUSE_S)

    def allow(self, url: str) -> bool:
        return not self._are_kept or self._rules.can_fetch(AGENT, url)


def read_sitemaps(calls: Calls, root: str, named: tuple[str, ...], scope: Scope) -> Iterator[str]:
    """Yield the addresses of a site's sitemaps that lie in the scope; a sitemap itself must lie at the site too."""
    waiting = [normalise_url(text, root) for text in named] or [urljoin(root, "/sitemap.xml")]
    seen: set[str] = set()
    site = Scope(origin=scope.origin, below=("/",))
    while waiting and len(seen) < MOST_SITEMAPS:
        url = waiting.pop(0)
        if url in seen or not site.holds(url):
            continue
        seen.add(url)
        for is_sitemap, found in _entries(_read(calls, url, SITEMAP_BYTES) or b""):
            address = normalise_url(found, url)
            if is_sitemap:
                waiting.append(address)
            elif scope.holds(address):
                yield address


def _entries(content: bytes) -> Iterator[tuple[bool, str]]:
    """Yield whether it is a sitemap, and its address."""
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(SITEMAP_BYTES)
        except (OSError, EOFError):
            return
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True)) if content else None
    except etree.XMLSyntaxError:
        return
    if root is None:
        return
    for kind in ("sitemap", "url"):
        for element in root.iterfind(f"{{*}}{kind}/{{*}}loc"):
            yield kind == "sitemap", (element.text or "").strip()


def _read(calls: Calls, url: str, limit: int) -> bytes | None:
    """Return a small file, None where it cannot be had: neither robots.txt nor a sitemap must be there."""
    try:
        response = calls.ask("GET", url, limit=limit)
    except Throttled:
        raise
    except ConnectorError:
        return None
    return response.content if response.is_success else None
