"""Where the links of a PDF page lead: the address behind their words, as the other formats have it."""

import re
from dataclasses import replace
from itertools import pairwise

from ingest.parsers.pdf.forms.annotations import Rectangle
from ingest.parsers.pdf.page import Line, RawPage, Word

OUTWARD = re.compile(r"^(?:https?://|ftp://|mailto:|tel:)\S", re.IGNORECASE)
MAX_ADDRESS = 300  # characters
COVERED = 0.5  # of a word's height


def write_addresses(page: RawPage) -> None:
    """Put the address of each link behind its words, in place, unless they are the address."""
    links = [link for link in page.annotations.links if OUTWARD.match(link.address) and len(link.address) <= MAX_ADDRESS]
    if not links:
        return
    behind: dict[int, str] = {}
    for number, link in enumerate(links):
        goes_on = any(one is link and other.address == link.address for one, other in pairwise(links[number : number + 2]))
        words = [word for line in page.lines for word in _inside(line, link.box)]
        said = "".join(
            word.text for one in links if one.address == link.address for line in page.lines for word in _inside(line, one.box)
        )
        bare = link.address.removeprefix("mailto:").removeprefix("tel:")
        if words and not goes_on and _differs(said, bare):
            behind[id(words[-1])] = f"({bare})"
    if behind:
        page.lines = [_written(line, behind) for line in page.lines]


def _differs(said: str, bare: str) -> bool:
    plain = re.sub(r"^https?://(?:www\.)?", "", bare).rstrip("/").lower()
    return plain not in said.lower() and re.sub(r"^https?://(?:www\.)?", "", said).lower().rstrip("/.,") not in ("", plain)


def _inside(line: Line, box: Rectangle) -> list[Word]:
    """Return the words of a line that a link covers."""
    left, top, right, bottom = box
    if line.apart or line.turn or line.bottom <= top or line.top >= bottom:
        return []
    return [
        word
        for word in line.words
        if left <= (word.left + word.right) / 2 <= right
        and min(bottom, word.bottom) - max(top, word.top) > COVERED * (word.bottom - word.top)
    ]


def _written(line: Line, behind: dict[int, str]) -> Line:
    if not any(id(word) in behind for word in line.words):
        return line
    words: list[Word] = []
    for word in line.words:
        words.append(word)
        if id(word) in behind:
            end = len(word.text.rstrip(".,;:!?。，；"))
            stop = word.text[end:] if word is not line.words[0] or end else ""
            if stop and end:
                words[-1] = replace(word, text=word.text[:end])
            words.append(replace(word, text=f"{behind[id(word)]}{stop if end else ''}", spaced=True))
    return replace(line, words=words)
