"""HTML: the words of its main content. Nothing is run, fetched or resolved."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.parsers.cleaning import join_wide
from ingest.parsers.content import Items, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.left_out import close_gaps
from ingest.parsers.markup.html_lists import OpenList, open_list
from ingest.parsers.markup.html_parts import ARTICLES, FEW_LINKS, SIDEBARS, is_question, is_site_part, link_share, says_something
from ingest.parsers.markup.html_pictures import PagePictures
from ingest.parsers.markup.html_styles import Load, read_styles
from ingest.parsers.markup.html_tables import is_layout, is_table
from ingest.parsers.markup.html_text import BLOCKS, Words, address_of
from ingest.parsers.markup.html_values import SHOWN, shown_value
from ingest.parsers.markup.office_html import holds_comments, is_title, item_level, item_text
from ingest.parsers.plain.encoding import detect_encoding

LISTS = frozenset(("ul", "ol", "menu"))
HEADINGS = {f"h{level}": level for level in range(1, 7)}
FOLDED_LEVEL = 6  # of the head of a part that opens: below whatever stands above it
DECLARATIONS = {
    **dict.fromkeys(("author", "dc.creator", "dcterms.creator", "article:author"), "author"),
    **dict.fromkeys(("date", "dc.date", "dcterms.date", "dcterms.created", "article:published_time"), "created"),
}
DECLARATIONS |= {
    **dict.fromkeys(("description", "dc.description", "dcterms.description", "og:description"), "description"),
    **dict.fromkeys(("keywords", "dc.subject", "dcterms.subject"), "keywords"),
}
MAX_DECLARED = 500  # characters
SPACE = re.compile(r"[ \t\r\n\f]+")
DIGITS = re.compile(r"[\d\s]*")
MAIN_SHARE = 0.5  # of the page's words outside of links, at least
DECLARED = re.compile(rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,80}?encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
XHTML = re.compile(r"^\s*<\?xml|<html[^>]{0,300}\sxmlns\s*=", re.IGNORECASE)
# What XHTML may write as <title/>, and HTML takes for the beginning of one that lasts to the page's end.
EMPTY = re.compile(r"<(title|script|style|iframe|textarea|a|p|div|span|td|th|li|i|b|em|strong|h[1-6])\b([^<>]*)/>", re.IGNORECASE)
# As browsers do: the larger encoding of the family reads what the declared one should.
SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "iso-8859-1": "cp1252"}


def parse_html(stream: BinaryIO, *, name: str) -> Items:
    """Yield headings, paragraphs, lists, tables and code of an HTML file."""
    yield from parse_markup(decode_html(stream.read()))


def decode_html(data: bytes) -> str:
    """Return the text: by its declared encoding where that reads without an error, else by detection."""
    sample = data[: 128 * 1024]
    found = detect_encoding(sample)
    declared = DECLARED.search(sample[:4096])
    if declared and found not in ("utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"):
        label = declared.group(1).decode("ascii", "replace").lower()
        try:
            return data.decode(SUPERSETS.get(label, label))
        except (UnicodeDecodeError, LookupError):
            pass
    return data.decode(found, "replace")


def parse_markup(markup: str, *, load: Load | None = None) -> Items:
    """Yield the content of HTML that is already text, and what was left out of it. `load`: gives what lies beside it in a file."""
    markup = markup.replace("\x00", "")
    if XHTML.search(markup[:4096]):
        markup = EMPTY.sub(r"<\1\2></\1>", markup)
    tree = LexborHTMLParser(markup)
    flow = Flow()
    title = tree.css_first("title")
    root = _main(tree)
    heading = root.css_first("h1") if root else None
    named = title or heading
    yield Opening(title=flow.cleaner.clean_line(named.text()) if named else "", metadata=_metadata(tree, flow))
    pictures = PagePictures(flow.cleaner, load)
    words = Words(styles=read_styles(tree, load), picture=pictures.text)
    if root is not None:
        reader = _Reader(flow, words, pictures)
        yield from reader.read(root)
        for aside in _asides(tree, root):
            yield from reader.read(aside)
    yield from flow.finish()
    yield from pictures.notices()
    yield from words.left_out.notices()


def _metadata(tree: LexborHTMLParser, flow: Flow) -> dict[str, str]:
    """Return who wrote the page and when, as it declares them."""
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        name = (node.attributes.get("name") or node.attributes.get("property") or "").lower()
        if key := DECLARATIONS.get(name):
            found.setdefault(key, flow.cleaner.clean_line(node.attributes.get("content") or "")[:MAX_DECLARED])
    return {key: value for key, value in found.items() if value}


def _main(tree: LexborHTMLParser) -> LexborNode | None:
    """The one element that the page marks as its content, where that holds most of what is no link; else the body."""
    body = tree.body
    for selector in ("main", "[role=main]", "article"):
        found = tree.css(selector)
        if len(found) == 1 and body is not None and _prose(found[0]) > MAIN_SHARE * _prose(body):
            return found[0]
    return body or tree.root


def _asides(tree: LexborHTMLParser, root: LexborNode) -> Iterator[LexborNode]:
    """Yield what stands beside the page's one marked content and says something in sentences, whatever leads elsewhere left out."""
    if root.tag == "body" or tree.body is None:
        return
    length = len(tree.body.text())
    seen = {node.mem_id for node in root.css(SIDEBARS)}
    for node in tree.css(SIDEBARS):
        if node.mem_id in seen or not says_something(node) or link_share(node) >= FEW_LINKS:
            continue
        if not is_site_part(node, node.tag or "", page_length=length):
            seen.update(inner.mem_id for inner in node.css(SIDEBARS))
            yield node


def _prose(node: LexborNode) -> float:
    """Letters of an element outside of its links."""
    return len(node.text()) * (1 - link_share(node))


class _Reader:
    """Walks the tree without recursion, so that depth cannot end it."""

    def __init__(self, flow: Flow, words: Words, pictures: PagePictures) -> None:
        self.flow, self.words, self.pictures = flow, words, pictures
        self.inline: list[str] = []
        self.lists: list[OpenList] = []
        self.marker = ""
        self.quotes = 0
        self.term = ""  # of a definition list, waiting for its definition
        self.defined = ""  # the term that was defined last: it may have more definitions
        self.in_term = self.in_definition = False
        self.item_level = 0  # of a paragraph that Word saved as an item of a list

    def read(self, root: LexborNode) -> Iterator[ParsedPage]:
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        in_article = int(root.tag in ARTICLES)
        length = len(root.text())
        while stack:
            node, leaving = stack.pop()
            tag = node.tag or ""
            if leaving:
                yield from self._leave(node, tag)
                in_article -= tag in ARTICLES
                continue
            if tag == "-text":
                self.inline.append(SPACE.sub(" ", join_wide(node.text_content or "")))
                continue
            if node is not root and self._is_left_out(node, tag, in_article=in_article, page_length=length):
                continue
            if self._is_written(node, tag):
                continue
            if is_title(node, tag):
                yield from self._leaf(node, "h1")
                continue
            if tag in HEADINGS or tag == "pre" or (is_table(node, tag) and not is_layout(node)) or _is_folded_head(node, tag):
                yield from self._leaf(node, tag)
                continue
            if tag == "button":
                continue  # a command of the site
            if tag == "img" and (text := self.pictures.text(node)):
                yield from self._flush()
                yield from self.flow.add("paragraph", text)
                continue
            if tag in SHOWN:
                self.inline.append(shown_value(node, tag, before="".join(self.inline[-3:])) or "")
                continue
            yield from self._enter(node, tag)
            in_article += tag in ARTICLES
            stack.append((node, True))
            children = list(node.iter(include_text=True))
            stack.extend((child, False) for child in reversed(children))
        yield from self._flush()

    def _is_left_out(self, node: LexborNode, tag: str, *, in_article: int, page_length: int) -> bool:
        if self.words.is_left_out(node, tag):
            return True
        return (not in_article or tag == "nav") and is_site_part(node, tag, page_length=page_length)

    def _is_written(self, node: LexborNode, tag: str) -> bool:
        """Write an element whose whole text becomes something else: a formula, a raised mark."""
        if tag == "math":
            self.inline.append(self.words.equation(node))
            return True
        if write := self.words.level_of(node, tag):
            self.inline.append(write(self.words.of(node, is_inside=True)))
            return True
        return False

    def _leaf(self, node: LexborNode, tag: str) -> Iterator[ParsedPage]:
        yield from self._flush()
        if tag == "pre":
            code = self.flow.cleaner.clean(_code(node))
            yield from self.flow.add("code", "" if DIGITS.fullmatch(code) else code)  # the numbers of a listing's lines
        elif is_table(node, tag):
            for caption in node.css("caption")[:1]:
                yield from self.flow.add("paragraph", self._line(caption))
            yield from self.flow.add_table(self.words.table(node))
        else:
            yield from self.flow.add("heading", self._line(node), level=HEADINGS.get(tag, FOLDED_LEVEL))

    def _line(self, node: LexborNode) -> str:
        return close_gaps(self.flow.cleaner.clean_line(self.words.of(node)))

    def _enter(self, node: LexborNode, tag: str) -> Iterator[ParsedPage]:
        if tag in BLOCKS or tag == "li":
            yield from self._flush()
        if tag in ("dt", "dd"):
            if tag == "dd":
                self.term = self.term or self.defined
            self.in_term, self.in_definition = tag == "dt", tag == "dd"
        elif tag in LISTS:
            self.lists.append(open_list(node, self.words.styles))
        elif tag == "li":
            self.marker = self.lists[-1].mark(node) if self.lists else "- "
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "p":
            self.item_level = item_level(node, tag)
        elif holds_comments(node, tag):
            yield from self.flow.add("heading", "Comments", level=1)
        elif tag == "br":
            self.inline.append("\n")

    def _leave(self, node: LexborNode, tag: str) -> Iterator[ParsedPage]:
        if tag == "a" and (address := address_of(node)):
            self.inline.append(address)
        if tag in BLOCKS or tag == "li":
            yield from self._flush()
            self.item_level = 0
            if any(_is_folded_head(child, child.tag or "") for child in node.iter()):
                self.flow.leave(FOLDED_LEVEL)
        if tag in ("dt", "dd", "dl"):
            self.in_term = self.in_definition = False
            if tag == "dl":
                self.defined = ""
                yield from self._lone_term()
        elif tag in LISTS and self.lists:
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
        text = close_gaps(text)
        if not text:
            return
        if self.term and self.in_definition:
            term, self.term, self.defined = self.term, "", self.term
            yield from self.flow.add("list", f"{term}: {text}".replace("\n", " "))
        elif self.in_term:
            self.term = f"{self.term}, {text}" if self.term else text  # several terms may share a definition
        elif self.lists:
            lead = "  " * (len(self.lists) - 1) + (self.marker or "  ")
            self.marker = ""
            yield from self.flow.add("list", lead + text.replace("\n", " "))
        elif self.item_level:
            yield from self.flow.add("list", item_text(text, level=self.item_level))
        else:
            yield from self.flow.add("quote" if self.quotes else "paragraph", text)


def _is_folded_head(node: LexborNode, tag: str) -> bool:
    """True for what opens a part of the page: it is that part's heading, unless it holds one."""
    return (tag == "summary" or (tag == "button" and is_question(node))) and node.css_first("h1, h2, h3, h4, h5, h6, p, ul") is None


def _code(node: LexborNode) -> str:
    """Return code letter for letter; some pages end its lines with elements."""
    if node.css_first("br") is None:
        return node.text()
    return "".join(
        "\n" if part.tag == "br" else part.text_content or ""
        for part in node.traverse(include_text=True)
        if part.tag in ("br", "-text")
    )
