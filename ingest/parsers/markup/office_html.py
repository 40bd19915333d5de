"""What Word writes into pages that it saves: lists without list elements, titles without heading elements, comments at the end."""

import re

from selectolax.lexbor import LexborNode

# "mso-list:l0 level2 lfo1" on a paragraph; its mark, a child, has "mso-list:Ignore".
ITEM = re.compile(r"mso-list\s*:\s*l\d+\s+level(\d)", re.IGNORECASE)
COMMENTS = re.compile(r"mso-element\s*:\s*comment-list", re.IGNORECASE)
BULLET = re.compile(r"^[·•§oØüv¨–\uf000-\uf0ff]\s+")
TITLE = "MsoTitle"


def item_level(node: LexborNode, tag: str) -> int:
    """Return how deep a paragraph lies as an item of a list, from 1; 0 where it is none."""
    if tag != "p":
        return 0
    found = ITEM.search(node.attributes.get("style") or "")
    return max(1, int(found.group(1))) if found else 0


def item_text(text: str, *, level: int) -> str:
    """Return an item with its number as it is printed, or with a dash for its bullet."""
    return "  " * (level - 1) + BULLET.sub("- ", text.replace("\n", " "))


def is_title(node: LexborNode, tag: str) -> bool:
    """True for the title of the document."""
    return tag == "p" and TITLE in (node.attributes.get("class") or "").split()


def holds_comments(node: LexborNode, tag: str) -> bool:
    """True for the part in which the comments stand, which are no part of the text."""
    return tag == "div" and bool(COMMENTS.search(node.attributes.get("style") or ""))
