"""Words of an HTML element on one line: links with their addresses, levels as raised characters, what is struck out left out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from ingest.parsers.left_out import LeftOut, close_gaps
from ingest.parsers.markup.html_parts import DROPPED, is_hidden, is_struck
from ingest.parsers.markup.html_tables import read_table
from ingest.parsers.markup.mathml import linear
from ingest.parsers.tables.grid import flatten
from language.raised import lowered, raised

BLOCKS_LIST = (
    "p div section article main body html ul ol dl dd dt blockquote figure figcaption address details summary "
    "center fieldset header footer tr td th caption hr form aside nav legend dialog "
)
BLOCKS = frozenset(BLOCKS_LIST.split())
LEVEL_STYLE = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
ADDRESS = re.compile(r"^(?:https?://|ftp://|mailto:|tel:|//)", re.IGNORECASE)
MIN_HIDDEN_WORDS = 3


@dataclass(slots=True)
class Words:
    """Reads elements. `styled`: those that the page's own styles strike through, by mem_id."""

    styled: frozenset[int] = frozenset()
    left_out: LeftOut = field(default_factory=LeftOut)

    def is_left_out(self, node: LexborNode, tag: str) -> bool:
        """True for what is not content; counts what a person may miss."""
        if tag in DROPPED or tag.startswith(("-", "!")):
            return True
        if is_hidden(node):
            text = node.text()
            if len(text.split()) >= MIN_HIDDEN_WORDS and node.attributes.get("aria-hidden") != "true":
                self.left_out.add("hidden_parts", place=text)
            return True
        if is_struck(node, tag, self.styled):
            if text := node.text().strip():
                self.left_out.add("struck_out", place=text)
            return True
        return False

    def of(self, node: LexborNode, *, is_inside: bool = False) -> str:
        """Return the words of an element. `is_inside`: its own level is written by the caller."""
        parts: list[str] = []
        stack: list[LexborNode | str] = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, str):
                parts.append(current)
                continue
            tag = current.tag or ""
            if tag == "-text":
                parts.append(current.text_content or "")
            elif tag == "table" and current is not node:
                parts.append(f" {flatten(read_table(current, self.line))} ")
            elif tag == "math":
                parts.append(self.equation(current))
            elif (write := level_of(current, tag)) and not (is_inside and current is node):
                parts.append(write(self.of(current, is_inside=True)))
            elif current is node or not self.is_left_out(current, tag):
                parts.append(" " if tag in BLOCKS or tag in ("br", "li") else "")
                if tag == "a" and (address := address_of(current)):
                    stack.append(address)
                stack.extend(reversed(list(current.iter(include_text=True))))
        return "".join(parts)

    def line(self, node: LexborNode) -> str:
        """Return the words of an element with single spaces."""
        return close_gaps(" ".join(self.of(node).split()))

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


def level_of(node: LexborNode, tag: str) -> Callable[[str], str] | None:
    """Return how the text of an element is written that stands raised or lowered; None for others."""
    if tag in ("sup", "sub"):
        return raised if tag == "sup" else lowered
    match = LEVEL_STYLE.search(node.attributes.get("style") or "") if tag == "span" and node.attributes else None
    return (raised if match[1].lower() == "super" else lowered) if match else None
