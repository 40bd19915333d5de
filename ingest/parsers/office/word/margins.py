"""Headers and footers: what stands on every page is read once, page numbers not at all."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from lxml import etree

from ingest.parsers.left_out import LeftOut
from ingest.parsers.office.word.names import R, W, switch_of
from ingest.parsers.office.word.tables import read_table
from ingest.parsers.tables.grid import flatten

PAGE_NUMBER = re.compile(
    r"^[\W_]*(?:page|seite|pagina|página|pag|p|第)?[\s.]*\d*\s*(?:页|頁)?[\W_]*(?:of|von|de|/|共)?\s*\d*\s*(?:页|頁)?[\W_]*$",
    re.IGNORECASE,
)
MAX_LINES = 40
MAX_JOINED = 300  # characters
ReadText = Callable[[etree._Element], str]


def margin_lines(
    body: etree._Element, parts: Mapping[str, object], *, read: ReadText, left_out: LeftOut, has_even: bool
) -> Iterator[str]:
    """Yield the lines of all sections' headers, then of their footers, each once.

    Args:
        parts: by relationship id.
        has_even: pages of even numbers have headers of their own, where a section says which.
    """
    seen: set[str] = set()
    for kind in ("headerReference", "footerReference"):
        for reference in body.iter(f"{W}{kind}"):
            if not _shows(reference, has_even=has_even):
                continue
            part = parts.get(reference.get(f"{R}id", ""))
            root = _root(part)
            for line in _lines(root, read=read, left_out=left_out) if root is not None else ():
                if line not in seen and len(seen) < MAX_LINES and not PAGE_NUMBER.match(line):
                    seen.add(line)
                    yield line


def join_lines(lines: Iterable[str]) -> list[str]:
    """Return the lines joined to few: number, owner and date of a document stay together, as a row of a sheet is."""
    joined: list[str] = []
    for line in lines:
        if joined and len(joined[-1]) + len(line) <= MAX_JOINED:
            joined[-1] = f"{joined[-1]}; {line}"
        else:
            joined.append(line)
    return joined


def _shows(reference: etree._Element, *, has_even: bool) -> bool:
    """Tell whether any page has this header: a section keeps the one of its first page also once it is switched off."""
    kind = reference.get(f"{W}type", "default")
    return has_even if kind == "even" else kind != "first" or bool(switch_of(reference.getparent(), "titlePg"))


def _root(part: object) -> etree._Element | None:
    element = getattr(part, "element", None)
    return element if isinstance(element, etree._Element) else None


def _lines(root: etree._Element, *, read: ReadText, left_out: LeftOut) -> Iterator[str]:
    for element in root.iter(f"{W}p", f"{W}tbl"):
        if any(ancestor.tag == f"{W}tbl" for ancestor in element.iterancestors()):
            continue
        if element.tag == f"{W}tbl":
            yield from flatten(read_table(element, read, left_out)).split("; ")
        elif text := "; ".join(part.strip(" ;") for part in read(element).split("\t") if part.strip(" ;")):
            yield " ".join(text.split())
