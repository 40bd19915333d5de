"""What a crawl needs of a page: its name, where it leads, and what it asks of crawlers."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from sources.connectors.naming import LONGEST, clean_name
from sources.connectors.web.scope import normalise_url

MOST_LINKS = 2000
CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`links`: normalised, as they stand, each once. `canonical` "": none is named."""

    title: str
    links: tuple[str, ...]
    canonical: str
    is_listed: bool  # no "noindex"
    is_followed: bool  # no "nofollow"
    asks_password: bool


def read_page(content: bytes, url: str) -> Page:
    tree = LexborHTMLParser(content)
    base = _attribute(tree, "base[href]", "href")
    base = normalise_url(base, url) or url if base else url
    wishes = " ".join((node.attributes.get("content") or "").lower() for node in tree.css('meta[name="robots" i]'))
    links: dict[str, None] = {}
    for node in tree.css("a[href], area[href], iframe[src]"):
        if "nofollow" in (node.attributes.get("rel") or "").lower():
            continue
        if found := normalise_url(node.attributes.get("href") or node.attributes.get("src") or "", base):
            links[found] = None
        if len(links) >= MOST_LINKS:
            break
    title = next((node.text(strip=True) for node in tree.css("title, h1") if node.text(strip=True)), "")
    canonical = _attribute(tree, 'link[rel="canonical" i][href]', "href")
    return Page(
        title=" ".join(title.split()),
        links=tuple(links),
        canonical=normalise_url(canonical, base) if canonical else "",
        is_listed="noindex" not in wishes and "none" not in wishes.split(","),
        is_followed="nofollow" not in wishes and "none" not in wishes.split(","),
        asks_password=tree.css_first('input[type="password" i]') is not None,
    )


def name_page(title: str, url: str) -> str:
    """Return a file name for a page."""
    name = title or _last_part(url).removesuffix(".html").removesuffix(".htm") or urlsplit(url).hostname or "page"
    return clean_name(name, "page") + ".html"


def name_file(url: str, ending: str) -> str:
    """Return a file name for what is no page; `ending` where the address has none."""
    name = clean_name(_last_part(url)[-LONGEST:], "file")
    return name if "." in name else name + ending


def folders_of(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    return tuple(unquote(part) for part in parts.path.split("/")[1:-1] if part)


def as_document(content: bytes, content_type: str) -> bytes:
    """Return a page's bytes so that they carry their own coding, where only the answer's head named it.

    A mark of UTF-8 at the beginning counts more than what the page says of itself (HTML standard, "determining the encoding").
    """
    found = CHARSET.search(content_type)
    if found is None or found[1].lower() in ("utf-8", "utf8"):
        return content
    try:
        return content.decode(found[1], errors="replace").encode("utf-8-sig", errors="replace")
    except LookupError:
        return content


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str:
    node = tree.css_first(selector)
    return (node.attributes.get(name) or "") if node is not None else ""


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
