"""Crawl an intranet site: breadth first from its start, never off its host, bounded by depth, count and time.

A page's version is the hash of its bytes, a file's its ETag, or its date and length. The cursor holds what waits and what was seen,
so that a crawl goes on after kill -9. A listing that a limit cut off, or that met a fault on the way, deletes nothing.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import BinaryIO

import httpx
from django.utils.translation import gettext as _

from sources.connectors.calling.calls import ANSWER_TIME_S, DOWNLOAD_TIME_S, MOVED, REDIRECTS, Calls, check_item_status, check_size
from sources.connectors.errors import (
    AddressRefused,
    ConnectorError,
    CursorExpired,
    ItemUnreadable,
    SignInRefused,
    SourceAway,
    Throttled,
)
from sources.connectors.port import Changes, Item, Rights
from sources.connectors.web.frontier import Frontier
from sources.connectors.web.page import Page, as_document, folders_of, name_file, name_page, read_page
from sources.connectors.web.robots import Robots, read_sitemaps
from sources.connectors.web.scope import Scope, normalise_url

BATCH, FIRST_BATCH = 50, 20  # items at once; fewer first, for those who want a look
PAGE_BYTES = 8 * 1024 * 1024
KEPT_BYTES = 16 * 1024 * 1024  # of pages that were just listed and may be fetched next
FAILURES = 5  # one after the other: then it is the site, not a page
HTML = ("text/html", "application/xhtml+xml")
FILES = {
    "application/pdf": ".pdf",
    "application/msword": ".doc",
    "application/rtf": ".rtf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    depth: int
    pages: int
    minutes: int


class Site:
    def __init__(
        self, *, starts: tuple[str, ...], scope: Scope, calls: Calls, limits: Limits, with_sitemap: bool, with_robots: bool
    ) -> None:
        self._starts, self._scope, self._calls, self._limits = starts, scope, calls, limits
        self._with_sitemap, self._with_robots = with_sitemap, with_robots
        self._known_robots: Robots | None = None
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def close(self) -> None:
        self._calls.close()

    def check(self) -> None:
        for url in self._starts:
            frontier = Frontier(most=1000)
            if self._visit(url, 0, frontier) is None and not frontier.waiting:
                raise SourceAway(_("There is nothing to read at %(url)s.") % {"url": url})

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        frontier = self._begin(cursor)
        began, batch, failures, size = time.monotonic(), list[Item](), 0, min(FIRST_BATCH, BATCH)
        while frontier.waiting:
            spent_s = time.monotonic() - began
            if frontier.spent_s + spent_s > self._limits.minutes * 60:
                frontier.is_cut = True
                break
            if len(batch) >= size:
                yield Changes(items=tuple(batch), cursor=frontier.write(spent_s))
                batch, size = [], BATCH
            url, depth = frontier.waiting.popleft()
            try:
                item = self._visit(url, depth, frontier)
            except ItemUnreadable:
                item = None
            except ConnectorError as error:
                failures += 1
                if isinstance(error, Throttled) or failures >= FAILURES or not (batch or frontier.is_begun):
                    frontier.waiting.appendleft((url, depth))
                    yield Changes(items=tuple(batch), cursor=frontier.write(spent_s))
                    raise
                frontier.is_cut = True
                continue
            failures = 0
            frontier.is_begun = True
            batch += [item] if item is not None else []
        yield Changes(items=tuple(batch), cursor="", complete=not frontier.is_cut, ended=True)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        if (kept := self._kept.pop(item.id, None)) is not None:
            into.write(kept)
            return
        if not self._scope.holds(item.id):
            raise ItemUnreadable(_("It is outside of what this source is allowed to read."))
        with self._calls.stream("GET", item.id, time_s=DOWNLOAD_TIME_S, follow=False) as (response, chunks):
            check_item_status(response)
            if _media_type(response) in HTML:
                chunks = iter([as_document(_read(chunks), response.headers.get("content-type", ""))])
            size = 0
            for chunk in chunks:
                size += len(chunk)
                check_size(size)
                into.write(chunk)

    def rights_of(self, item: Item) -> Rights | None:
        return None

    @property
    def _robots(self) -> Robots:
        if self._known_robots is None:
            self._known_robots = Robots(self._calls, self._starts[0], are_kept=self._with_robots)
        return self._known_robots

    def _begin(self, cursor: str) -> Frontier:
        if cursor:
            try:
                return Frontier.read(cursor, most=self._limits.pages)
            except (ValueError, KeyError) as error:
                raise CursorExpired(_("Everything is listed again.")) from error
        frontier = Frontier(most=self._limits.pages)
        for url in self._starts:
            frontier.add(url, 0)
        if self._with_sitemap:
            for url in read_sitemaps(self._calls, self._starts[0], self._robots.sitemaps, self._scope):
                frontier.add(url, 1)
        return frontier

    def _visit(self, url: str, depth: int, frontier: Frontier) -> Item | None:
        """Return what lies at an address, None for nothing that is read; what it links waits then."""
        first = url
        for _hop in range(REDIRECTS + 1):
            if not self._may_visit(url, is_start=depth == 0):
                return None
            if self._robots.pause_s:
                time.sleep(self._robots.pause_s)
            with self._calls.stream("GET", url, time_s=ANSWER_TIME_S, follow=False) as (response, chunks):
                if response.status_code in MOVED:
                    url = normalise_url(response.headers.get("location", ""), url)
                    if not frontier.is_new(url) and url != first:
                        return None  # it is listed under that address
                    frontier.see(url)
                    continue
                if response.status_code in (403, 404, 410) and depth:
                    return None
                check_item_status(response)
                if _media_type(response) in HTML:
                    return self._page(url, depth, response, _read(chunks), frontier, was_moved=url != first)
                return _file(url, response, chunks)
        return None

    def _may_visit(self, url: str, *, is_start: bool) -> bool:
        """Raises: ConnectorError: what leads nowhere is where the crawl begins; else the site would seem empty."""
        is_inside, is_allowed = self._scope.holds(url), self._robots.allow(url)
        if is_start and not is_inside:
            raise SourceAway(
                _(
                    "The start page redirects to %(url)s, which is outside of what is read. Usually this means that the site "
                    "requires sign-in elsewhere."
                )
                % {"url": url[:200]}
            )
        if is_start and not is_allowed:
            raise AddressRefused(_("The site's robots.txt does not allow programs to read the start page."))
        return is_inside and is_allowed

    def _page(
        self, url: str, depth: int, response: httpx.Response, content: bytes, frontier: Frontier, *, was_moved: bool
    ) -> Item | None:
        page = read_page(content, url)
        if page.asks_password and was_moved:
            raise SignInRefused(_("The site requires sign-in. Enter a sign-in header."))
        if not frontier.is_new(content):
            return None  # the same page under another address
        frontier.see(content)
        if page.canonical and page.canonical != url and self._scope.holds(page.canonical):
            frontier.add(page.canonical, depth)
            return None
        self._follow(page, depth, frontier)
        if not page.is_listed and self._with_robots:
            return None
        content = as_document(content, response.headers.get("content-type", ""))
        self._keep(url, content)
        return Item(
            id=url,
            name=name_page(page.title, url),
            folders=folders_of(url),
            version=hashlib.sha256(content).hexdigest(),
            media_type="text/html",
            size=len(content),
            url=url,
        )

    def _follow(self, page: Page, depth: int, frontier: Frontier) -> None:
        if depth >= self._limits.depth or (self._with_robots and not page.is_followed):
            return
        for link in page.links:
            if self._scope.holds(link):
                frontier.add(link, depth + 1)

    def _keep(self, url: str, content: bytes) -> None:
        self._kept[url] = content
        while sum(map(len, self._kept.values())) > KEPT_BYTES:
            self._kept.popitem(last=False)


def _read(chunks: Iterator[bytes]) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > PAGE_BYTES:
            raise ItemUnreadable(_("The page is larger than 8 MB."))
    return bytes(content)


def _file(url: str, response: httpx.Response, chunks: Iterator[bytes]) -> Item | None:
    media_type = _media_type(response)
    if media_type not in FILES:
        return None
    size, date = response.headers.get("content-length", ""), response.headers.get("last-modified", "")
    version = response.headers.get("etag", "")
    if not version or version.startswith("W/"):
        version = f"{date} {size}" if date and size else ""
    if not version:
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
        version = digest.hexdigest()
    try:
        modified = parsedate_to_datetime(date)
    except ValueError:
        modified = None
    return Item(
        id=url,
        name=name_file(url, FILES[media_type]),
        folders=folders_of(url),
        version=version,
        media_type=media_type,
        modified=modified if modified is not None and modified.tzinfo else None,
        size=int(size) if size.isdigit() and "content-encoding" not in response.headers else None,
        url=url,
    )


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
