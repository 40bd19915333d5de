"""Formulas of a web page (MathML) as one line of readable text."""

from selectolax.lexbor import LexborNode

MAX_DEPTH = 40
FENCED = frozenset(("mfrac", "msup", "msub", "msubsup", "munder", "mover", "munderover", "mroot"))


def linear(node: LexborNode, depth: int = 0) -> str:
    """Return the text of a formula: what its author wrote of it, else its parts; "" where it holds nothing."""
    tag = (node.tag or "").lower()
    if tag == "-text":
        return (node.text_content or "").strip()
    if tag.startswith(("-", "annotation")):
        return ""
    if tag == "math":
        alternative = node.attributes.get("alttext") or ""
        if alternative:
            return alternative
    if depth > MAX_DEPTH:
        return node.text()
    parts = [linear(child, depth + 1) for child in node.iter(include_text=True) if not (child.text_content or "-").isspace()]
    return _written(tag, [part for part in parts if part]) if tag in FENCED or tag == "msqrt" else " ".join(filter(None, parts))


def _written(tag: str, parts: list[str]) -> str:
    if tag == "msqrt":
        return f"√({' '.join(parts)})"
    grouped = [part if len(part) <= 1 or part.isalnum() else f"({part})" for part in parts]
    if tag == "mfrac" and len(parts) == 2:
        return "/".join(grouped)
    if tag == "mroot" and len(parts) == 2:
        return f"root {parts[1]} of ({parts[0]})"
    marks = {"msup": "^", "mover": "^", "msub": "_", "munder": "_"}
    if tag in marks and len(parts) == 2:
        return marks[tag].join(grouped)
    if tag in ("msubsup", "munderover") and len(parts) == 3:
        return f"{grouped[0]}_{grouped[1]}^{grouped[2]}"
    return " ".join(parts)
