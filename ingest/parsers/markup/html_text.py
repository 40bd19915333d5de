"""Words of an HTML element on one line: links with their addresses, levels as raised characters, what is struck out left out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from ingest.parsers.cleaning import join_wide
from ingest.parsers.left_out import LeftOut, close_gaps
from ingest.parsers.markup.html_parts import DROPPED, MIN_SHOWN_WORDS, count_words, floats, is_hidden, is_struck
from ingest.parsers.markup.html_styles import PageStyles
from ingest.parsers.markup.html_tables import is_table, read_table
from ingest.parsers.markup.html_values import SHOWN, icon_name, shown_value
from ingest.parsers.markup.mathml import linear
from ingest.parsers.tables.grid import Table, flatten
from language.raised import lowered, raised

BLOCKS_LIST = (
    "p div section article main body html ul ol menu dl dd dt blockquote figure figcaption address details summary "
    "center fieldset header footer tr td th caption hr form aside nav legend dialog "
)
BLOCKS = frozenset(BLOCKS_LIST.split())
NO_LEVEL = frozenset(("td", "th", "tr", "table", "img", "svg", "input", *BLOCKS))
NOTE_REFERENCE = "noteref"  # as role="doc-noteref" and epub:type="noteref" say
ADDRESS = re.compile(r"^(?:https?://|ftp://|mailto:|tel:|//)", re.IGNORECASE)
MIN_MISSED_WORDS = 12  # of what stands in for scripts: less asks to turn them on


def no_picture(_node: LexborNode) -> str:
    return ""


@dataclass(slots=True)
class Words:
    """Reads elements. `styles`: what the page's own rules say of them. `picture`: gives the words of an <img>, or ""."""

    styles: PageStyles = field(default_factory=PageStyles)
    left_out: LeftOut = field(default_factory=LeftOut)
    picture: Callable[[LexborNode], str] = no_picture

    def is_left_out(self, node: LexborNode, tag: str) -> bool:
        """True for what is not content; counts what a person may miss."""
        if tag in DROPPED or tag.startswith(("-", "!")):
            if tag == "noscript" and count_words(node.text()) >= MIN_MISSED_WORDS:
                self.left_out.add("hidden_parts", place=node.text())
            return True
        if is_hidden(node, tag, self.styles):
            text = node.text()
            is_ornament = node.attributes.get("aria-hidden") == "true" and not floats(node)
            if count_words(text) >= MIN_SHOWN_WORDS and not is_ornament:
                self.left_out.add("hidden_parts", place=text)
            return True
        if is_struck(node, tag, self.styles):
            if text := node.text().strip():
                self.left_out.add("struck_out", place=text)
            return True
        return False

    def of(self, node: LexborNode, *, is_inside: bool = False, is_cell: bool = False) -> str:
        """Return the words of an element. `is_inside`: its own level is written by the caller. `is_cell`: an icon is a value."""
        parts: list[str] = []
        stack: list[LexborNode | str] = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, str):
                parts.append(current)
                continue
            tag = current.tag or ""
            if tag == "-text":
                parts.append(join_wide(current.text_content or ""))
            elif tag == "math":
                parts.append(self.equation(current))
            elif current is not node and self.is_left_out(current, tag):
                continue
            elif is_table(current, tag) and current is not node:
                parts.append(f" {flatten(self.table(current))} ")
            elif tag == "img" and (seen := self.picture(current)):
                parts.append(f" {seen} ")
            elif is_cell and current is not node and (name := icon_name(current)):
                parts.append(f" {name} ")
            elif tag in SHOWN:
                parts.append(shown_value(current, tag, before="".join(parts[-3:])) or "")
            elif (write := self.level_of(current, tag)) and not (is_inside and current is node):
                parts.append(write(self.of(current, is_inside=True, is_cell=is_cell)))
            else:
                parts.append(" " if tag in BLOCKS or tag in ("br", "li") else "")
                if tag == "a" and (address := address_of(current)):
                    stack.append(address)
                stack.extend(reversed(list(current.iter(include_text=True))))
        return "".join(parts)

    def line(self, node: LexborNode) -> str:
        """Return the words of an element with single spaces."""
        return close_gaps(" ".join(self.of(node).split()))

    def cell(self, node: LexborNode) -> str:
        """Return the words of a table's cell, and what its icons are called, with single spaces."""
        return close_gaps(" ".join(self.of(node, is_cell=True).split()))

    def table(self, node: LexborNode) -> Table:
        """Return a table's text, without the rows and cells that do not hold or do not show."""
        return read_table(node, self.cell, is_left_out=lambda part: self.is_left_out(part, part.tag or ""))

    def level_of(self, node: LexborNode, tag: str) -> Callable[[str], str] | None:
        """Return how the text of an element is written that stands raised or lowered; None for others."""
        if tag in ("sup", "sub"):
            return raised if tag == "sup" else lowered
        if tag in NO_LEVEL or tag.startswith("-"):
            return None
        attributes = node.attributes or {}
        level = self.styles.level(node, attributes.get("style") or "")
        if not level and tag == "a" and NOTE_REFERENCE in f"{attributes.get('role') or ''} {attributes.get('epub:type') or ''}":
            level = int(node.css_first("sup") is None)
        return (raised if level > 0 else lowered) if level else None

    def equation(self, node: LexborNode) -> str:
        """Return a formula as a line of text; one that holds nothing to read is counted."""
        text = " ".join(linear(node).split())
        if not text:
            self.left_out.add("equations")
        return f" {text} " if text else ""


def address_of(link: LexborNode) -> str:
    """Return how the address of a link is written behind its words; "" for a place on the same site, or where it is the words."""
    target = (link.attributes.get("href") or "").strip()
    bare = target.removeprefix("mailto:").removeprefix("tel:")
    words = " ".join(link.text().split())
    if not ADDRESS.match(target) or not words or bare.rstrip("/") in words or words in (bare, bare.split("://")[-1].rstrip("/")):
        return ""
    return f" ({bare})"
