"""Equations of Word (OMML) as one line of readable text: "x = (a + b)/2", "√(x)", "∑_(i=1)^(n) i"."""

from collections.abc import Callable

from lxml import etree

from ingest.parsers.office.word.names import M

MAX_DEPTH = 40
Write = Callable[[etree._Element, int], str]


def linear(element: etree._Element, depth: int = 0) -> str:
    """Return the text of an equation or of a part of one; "" where it holds nothing that can be read."""
    if depth > MAX_DEPTH:
        return "".join(element.itertext(f"{M}t"))
    if element.tag == f"{M}t":
        return element.text or ""
    write = WRITERS.get(str(element.tag))
    return write(element, depth + 1) if write else "".join(linear(child, depth + 1) for child in element)


def _part(element: etree._Element, name: str, depth: int) -> str:
    found = element.find(f"{M}{name}")
    return linear(found, depth) if found is not None else ""


def _property(element: etree._Element, group: str, name: str, default: str) -> str:
    found = element.find(f"{M}{group}/{M}{name}")
    return found.get(f"{M}val", "") if found is not None else default


def grouped(text: str) -> str:
    """Return a part in parentheses where it is more than one number or word."""
    text = text.strip()
    return text if len(text) <= 1 or text.replace(".", "").replace(",", "").isalnum() else f"({text})"


def _fraction(element: etree._Element, depth: int) -> str:
    return f"{grouped(_part(element, 'num', depth))}/{grouped(_part(element, 'den', depth))}"


def _power(element: etree._Element, depth: int) -> str:
    return f"{grouped(_part(element, 'e', depth))}^{grouped(_part(element, 'sup', depth))}"


def _index(element: etree._Element, depth: int) -> str:
    return f"{grouped(_part(element, 'e', depth))}_{grouped(_part(element, 'sub', depth))}"


def _index_and_power(element: etree._Element, depth: int) -> str:
    return f"{_index(element, depth)}^{grouped(_part(element, 'sup', depth))}"


def _root(element: etree._Element, depth: int) -> str:
    degree = _part(element, "deg", depth).strip()
    return f"{f'root {degree} of ' if degree else '√'}({_part(element, 'e', depth).strip()})"


def _sum(element: etree._Element, depth: int) -> str:
    sub, sup = _part(element, "sub", depth), _part(element, "sup", depth)
    sign = _property(element, "naryPr", "chr", "∫")
    limits = (f"_{grouped(sub)}" if sub.strip() else "") + (f"^{grouped(sup)}" if sup.strip() else "")
    return f"{sign}{limits} {_part(element, 'e', depth).strip()}"


def _fenced(element: etree._Element, depth: int) -> str:
    inner = _property(element, "dPr", "sepChr", "|").join(linear(child, depth) for child in element.iterchildren(f"{M}e"))
    return f"{_property(element, 'dPr', 'begChr', '(')}{inner}{_property(element, 'dPr', 'endChr', ')')}"


def _function(element: etree._Element, depth: int) -> str:
    return f"{_part(element, 'fName', depth).strip()}({_part(element, 'e', depth).strip()})"


def _limit(element: etree._Element, depth: int) -> str:
    return f"{_part(element, 'e', depth)}_{grouped(_part(element, 'lim', depth))}"


def _limit_above(element: etree._Element, depth: int) -> str:
    return f"{_part(element, 'e', depth)}^{grouped(_part(element, 'lim', depth))}"


def _before(element: etree._Element, depth: int) -> str:
    """An index and a power in front of what they belong to, as of an isotope."""
    sub, sup = _part(element, "sub", depth).strip(), _part(element, "sup", depth).strip()
    return f"{f'_{grouped(sub)}' if sub else ''}{f'^{grouped(sup)}' if sup else ''} {_part(element, 'e', depth).strip()}"


def _accent(element: etree._Element, depth: int) -> str:
    return _marked(_part(element, "e", depth).strip(), _property(element, "accPr", "chr", "\u0302"))


def _bar(element: etree._Element, depth: int) -> str:
    return _marked(_part(element, "e", depth).strip(), "\u0305")


def _marked(text: str, mark: str) -> str:
    """Return a text with a mark above it, where one character stands below that."""
    return f"{text}{mark}" if len(text) == 1 and len(mark) == 1 else text


def _matrix(element: etree._Element, depth: int) -> str:
    rows = (", ".join(linear(cell, depth).strip() for cell in row.iterchildren(f"{M}e")) for row in element.iterchildren(f"{M}mr"))
    return f"[{'; '.join(rows)}]"


def _lines(element: etree._Element, depth: int) -> str:
    return "; ".join(linear(line, depth).strip() for line in element.iterchildren(f"{M}e"))


WRITERS: dict[str, Write] = {
    f"{M}f": _fraction,
    f"{M}sSup": _power,
    f"{M}sSub": _index,
    f"{M}sSubSup": _index_and_power,
    f"{M}rad": _root,
    f"{M}nary": _sum,
    f"{M}d": _fenced,
    f"{M}func": _function,
    f"{M}limLow": _limit,
    f"{M}limUpp": _limit_above,
    f"{M}sPre": _before,
    f"{M}acc": _accent,
    f"{M}bar": _bar,
    f"{M}m": _matrix,
    f"{M}eqArr": _lines,
}
