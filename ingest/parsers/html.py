"""HTML: the words of its main content. Nothing is run, fetched or resolved."""

import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.parsers.content import Opening, ParsedPage
from ingest.parsers.encoding import detect_encoding
from ingest.parsers.flow import Flow
from ingest.parsers.html_tables import read_table

DROPPED_LIST = (
    "script style noscript template nav aside form button select option input textarea iframe frame object embed "
    "svg canvas audio video map head math dialog menu "
)
DROPPED = frozenset(DROPPED_LIST.split())
SITE_PARTS = frozenset(("header", "footer"))  # of the page; those of an article are content
FURNITURE_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary"))
FURNITURE = frozenset(
    (
        *("cookie-banner", "cookie-consent", "cookie-notice", "cookiebar", "cookie-bar", "breadcrumb", "breadcrumbs", "sidebar"),
        *("navbar", "navigation", "site-header", "site-footer", "skip-link", "share-buttons", "social-share", "pagination"),
    )
)
FURNITURE_SHARE = 0.3  # of the page at most: a theme may give such a class to its whole body
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS_LIST = (
    "p div section article main body html ul ol dl dd dt blockquote figure figcaption address details summary "
    "center fieldset header footer tr td th caption hr "
)
BLOCKS = frozenset(BLOCKS_LIST.split())
HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])", re.IGNORECASE
)
DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
# As browsers do: the larger encoding of the family reads what the declared one should.
SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "iso-8859-1": "cp1252"}


def parse_html(path: Path, *, name: str) -> Iterator[Opening | ParsedPage]:
    """Yield headings, paragraphs, lists, tables and code of an HTML file."""
    yield from parse_markup(decode_html(path.read_bytes()))


def decode_html(data: bytes) -> str:
    """Return the text: by its declared encoding where that reads without an error, else by detection."""
    sample = data[: 128 * 1024]
    found = detect_encoding(sample)
    declared = DECLARED.search(sample[:4096])
    if declared and found not in ("utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"):
        label = declared.group(1).decode("ascii", "replace").lower()
        try:
            return data.decode(
                {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "iso-8859-1": "cp1252"}.get(label, label)
            )
        except (UnicodeDecodeError, LookupError):
            pass
    return data.decode(found, "replace")


def parse_markup(markup: str) -> Iterator[Opening | ParsedPage]:
    """Yield the content of HTML that is already text."""
    tree = LexborHTMLParser(markup.replace("\x00", ""))
    flow = Flow()
    title = tree.css_first("title")
    root = _main(tree)
    heading = root.css_first("h1") if root else None
    named = title or heading
    yield Opening(title=flow.cleaner.clean_line(named.text()) if named else "")
    if root is not None:
        yield from _Reader(flow).read(root)
    yield from flow.finish()


def html_to_text(markup: str) -> str:
    """Return the visible text of a fragment, one paragraph a line."""
    pages = [item for item in parse_markup(markup) if isinstance(item, ParsedPage)]
    return "\n".join(page.text for page in pages)


def _main(tree: LexborHTMLParser) -> LexborNode | None:
    """The one element that the page marks as its content, where that holds a fair part of it; else the body."""
    body = tree.body
    for selector in ("main", "[role=main]", "article"):
        found = tree.css(selector)
        if len(found) == 1 and body is not None and len(found[0].text()) > 0.3 * len(body.text()):
            return found[0]
    return body or tree.root


def is_hidden(node: LexborNode) -> bool:
    """True where a browser would not show the element."""
    attributes = node.attributes
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(HIDDEN_STYLE.search(attributes.get("style") or ""))
    )


def is_furniture(node: LexborNode) -> bool:
    """True for a part of the site, not of the page's content: by its role, or by a class that names nothing else."""
    attributes = node.attributes
    if not attributes:
        return False
    classes = (attributes.get("class") or "").lower().split()
    return attributes.get("role") in FURNITURE_ROLES or any(name in FURNITURE for name in (*classes, attributes.get("id") or ""))


class _Reader:
    """Walks the tree without recursion, so that depth cannot end it."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.inline: list[str] = []
        self.lists: list[int | None] = []
        self.marker = ""
        self.quotes = 0
        self.term = ""  # of a definition list, waiting for its definition
        self.in_term = self.in_definition = False

    def read(self, root: LexborNode) -> Iterator[ParsedPage]:
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        in_article = 0
        while stack:
            node, leaving = stack.pop()
            tag = node.tag or ""
            if leaving:
                yield from self._leave(tag)
                in_article -= tag in ("article", "main")
                continue
            if tag == "-text":
                self.inline.append(node.text_content or "")
                continue
            if tag.startswith(("-", "!")) or tag in DROPPED or is_hidden(node):
                continue
            if not in_article and is_furniture(node) and len(node.text()) < FURNITURE_SHARE * len(root.text()):
                continue
            if tag in SITE_PARTS and not in_article and len(stack) < 8:
                continue
            if tag in HEADINGS or tag in ("pre", "table"):
                yield from self._leaf(node, tag)
                continue
            yield from self._enter(node, tag)
            in_article += tag in ("article", "main")
            stack.append((node, True))
            children = list(node.iter(include_text=True))
            stack.extend((child, False) for child in reversed(children))
        yield from self._flush()

    def _leaf(self, node: LexborNode, tag: str) -> Iterator[ParsedPage]:
        yield from self._flush()
        if tag in HEADINGS:
            yield from self.flow.add("heading", self.flow.cleaner.clean_line(node.text()), level=HEADINGS[tag])
        elif tag == "pre":
            yield from self.flow.add("code", self.flow.cleaner.clean(node.text()))
        else:
            text, header = read_table(node, lambda cell: self.flow.cleaner.clean_line(_visible_text(cell)))
            yield from self.flow.add("table" if " | " in text else "paragraph", text, header=header)

    def _enter(self, node: LexborNode, tag: str) -> Iterator[ParsedPage]:
        if tag in BLOCKS or tag == "li":
            yield from self._flush()
        if tag in ("dt", "dd"):
            if tag == "dt":
                yield from self._lone_term()
            self.in_term, self.in_definition = tag == "dt", tag == "dd"
        elif tag in ("ul", "ol"):
            start = (node.attributes.get("start") or "1").strip()
            self.lists.append(
                (int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1) if tag == "ol" else None
            )
        elif tag == "li":
            number = self.lists[-1] if self.lists else None
            self.marker = "- " if number is None else f"{number}. "
            if number is not None:
                self.lists[-1] = number + 1
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "br":
            self.inline.append("\n")
        elif tag == "img":
            self.inline.append(" ")

    def _leave(self, tag: str) -> Iterator[ParsedPage]:
        if tag in BLOCKS or tag == "li":
            yield from self._flush()
        if tag in ("dt", "dd", "dl"):
            self.in_term = self.in_definition = False
            if tag == "dl":
                yield from self._lone_term()
        elif tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "blockquote":
            self.quotes -= 1

    def _lone_term(self) -> Iterator[ParsedPage]:
        term, self.term = self.term, ""
        yield from self.flow.add("paragraph", term)

    def _flush(self) -> Iterator[ParsedPage]:
        text = self.flow.cleaner.clean("".join(self.inline))
        self.inline = []
        text = (
            "\n".join(line for raw in text.split("\n") if (line := " ".join(raw.split())))
            if "\n" in text
            else " ".join(text.split())
        )
        if not text:
            return
        if self.term and self.in_definition:
            term, self.term = self.term, ""
            yield from self.flow.add("list", f"{term}: {text}".replace("\n", " "))
        elif self.in_term:
            self.term = text
        elif self.lists:
            lead = "  " * (len(self.lists) - 1) + (self.marker or "  ")
            self.marker = ""
            yield from self.flow.add("list", lead + text.replace("\n", " "))
        else:
            yield from self.flow.add("quote" if self.quotes else "paragraph", text)


def _visible_text(node: LexborNode) -> str:
    parts: list[str] = []
    stack = [node]
    while stack:
        current = stack.pop()
        tag = current.tag or ""
        if tag == "-text":
            parts.append(current.text_content or "")
        elif not (tag in DROPPED or tag.startswith(("-", "!")) or is_hidden(current)):
            parts.append(" " if tag in BLOCKS or tag in ("br", "li") else "")
            stack.extend(reversed(list(current.iter(include_text=True))))
    return "".join(parts)
