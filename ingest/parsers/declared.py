"""What a file declares of itself, as a line that can be found and cited: "Author: Ines Duarte; Keywords: hull, sail"."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.content import Block, Items, Opening, ParsedPage

NAMES = {
    "author": "Author",
    "subject": "Subject",
    "keywords": "Keywords",
    "category": "Category",
    "status": "Status",
    "description": "Description",
}
MAX_VALUE = 300  # characters
# What programs write where nobody filled anything in.
OF_PROGRAMS = re.compile(
    r"\W*(?:python-docx.*|generated (?:by|using) .*|openpyxl"
    r"|anonymous|unspecified|unknown|untitled|none|null|user|administrator|admin"
    r"|author|(?:microsoft )?office[- ]user|microsoft(?: corporation)?|windows[- ]user|steve canny|normal\.dotm?"
    r"|powerpoint presentation|默认|用户)?\W*",
    re.IGNORECASE,
)


def with_declared(items: Items) -> Items:
    """Add to the first page that has words what the file declares and the page does not say already."""
    lines: list[str] = []
    for item in items:
        if isinstance(item, Opening):
            lines = list(_lines(item.metadata))
        elif isinstance(item, ParsedPage) and item.text.strip() and lines:
            item, lines = _added(item, lines), []
        yield item


def _lines(metadata: Mapping[str, str]) -> Iterator[str]:
    cleaner = Cleaner()
    for key, name in NAMES.items():
        value = cleaner.clean_line(metadata.get(key, ""))[:MAX_VALUE].replace("; ", ", ")
        if value and not OF_PROGRAMS.fullmatch(value):
            yield f"{name}: {value}"


def _added(page: ParsedPage, lines: list[str]) -> ParsedPage:
    new = [line for line in lines if line.partition(": ")[2] not in page.text]
    if not new:
        return page
    start = len(page.text) + 2
    text = f"{page.text}\n\n{'; '.join(new)}"
    # Under the last heading: a passage of two parts would lose the name of its own.
    path = page.blocks[-1].heading_path if page.blocks else ()
    block = Block(kind="list", start=start, end=len(text), heading_path=path)
    return replace(page, text=text, blocks=(*page.blocks, block))
