"""What elements show that hold no text: values of a form that was filled in, words in a drawing, the description of a picture."""

import re

from selectolax.lexbor import LexborNode

from ingest.parsers.markup.html_parts import count_words

# Kinds of <input> that show no text of their own; the others do.
SILENT = frozenset(("hidden", "submit", "button", "reset", "image", "password", "file", "color", "range", "search"))
MIN_DESCRIPTION_WORDS = 4  # of a picture; what is shorter names it
MIN_DRAWN_WORDS = 2
WORD = re.compile(r"\w")
SHOWN = frozenset(("input", "select", "textarea", "img", "svg"))


def icon_name(node: LexborNode) -> str:
    """Return what an element without words of its own is called, "" for others: the tick of a cell is its value."""
    is_drawing = node.tag == "svg"
    words = "".join(text.text() for text in node.css("text")) if is_drawing else node.text()
    if WORD.search(words) or (node.tag or "").startswith("-"):
        return ""
    attributes = node.attributes or {}
    title = node.css_first("title") if is_drawing else None
    names = (attributes.get("alt"), attributes.get("aria-label"), title.text() if title else "", attributes.get("title"))
    return next((" ".join(name.split()) for name in names if name and name.strip()), "")


def shown_value(node: LexborNode, tag: str, *, before: str) -> str | None:
    """Return what an element of SHOWN shows, None for others. `before`: the words that stand before it, its label maybe."""
    if tag == "input":
        return _input(node, before)
    if tag == "select":
        chosen = [" ".join(option.text().split()) for option in node.css("option[selected]")]
        return _labelled(", ".join(filter(None, chosen)), before)
    if tag == "textarea":
        return _labelled(node.text().strip(), before)
    if tag == "img":
        description = " ".join((node.attributes.get("alt") or "").split())
        return f" {description} " if count_words(description) >= MIN_DESCRIPTION_WORDS else " "
    if tag == "svg":
        drawn = " ".join(" ".join(text.text().split()) for text in node.css("text"))
        return f" {drawn} " if count_words(drawn) >= MIN_DRAWN_WORDS else ""
    return None


def _input(node: LexborNode, before: str) -> str:
    attributes = node.attributes
    kind = (attributes.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return " ☑ " if "checked" in attributes else " ☐ "
    return "" if kind in SILENT else _labelled((attributes.get("value") or "").strip(), before)


def _labelled(value: str, before: str) -> str:
    if not value:
        return ""
    last = before.rstrip()[-1:]
    return f": {value} " if last.isalnum() or last in (")", "）") else f" {value} "
