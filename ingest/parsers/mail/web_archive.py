"""MHT: a web page with its parts in one file, as browsers, Word and Excel save it, built like a mail. Source: RFC 2557."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import Message
from typing import BinaryIO

from selectolax.lexbor import LexborHTMLParser

from ingest.parsers.content import Items, Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.left_out import LeftOut
from ingest.parsers.mail.eml import MAX_PARTS, part_payload
from ingest.parsers.markup.html import decode_html, parse_markup
from ingest.parsers.refusal import Refusal

SHEETS = "frame[src], link#shLink[href]"  # how Excel names the pages that hold its sheets
MAX_SHEETS = 200
PARAMETER = re.compile(r"[\"'<>\s]")


def parse_web_archive(stream: BinaryIO, *, name: str) -> Items:
    """Yield the page, and the pages in its frames. Raises: Refusal: damaged, too_nested."""
    message = email.message_from_binary_file(stream, policy=email.policy.compat32)
    parts = [part for part in message.walk() if not part.is_multipart()]
    if len(parts) > MAX_PARTS:
        raise Refusal("too_nested", f"more than {MAX_PARTS} parts")
    pages = [part for part in parts if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    if not pages:
        raise Refusal("damaged", "no page in the web archive")
    start = PARAMETER.sub("", str(message.get_param("start", "") or ""))
    root = next((page for page in pages if start and PARAMETER.sub("", page.get("Content-ID", "")) == start), pages[0])
    flow, left_out = Flow(), LeftOut()
    beside = _beside_pages(parts)
    title = ""
    bodies: list[ParsedPage] = []
    for page in [root, *_sheets(root, pages)]:
        for item in parse_markup(decode_html(_text(page)), load=lambda address: _find(address, beside)):
            if isinstance(item, Opening):
                title = title or item.title
            elif isinstance(item, Notice):
                left_out.take(item)
            else:
                bodies.append(item)
    yield Opening(title=title)
    for body in bodies:
        yield from flow.add_page(body)
    yield from flow.finish()
    yield from left_out.notices()


def _sheets(root: Message, pages: list[Message]) -> Iterator[Message]:
    """Yield the pages in the frames of the first; what browsers show in an inner frame is an advertisement mostly."""
    known = {_address(page).rpartition("/")[2]: page for page in pages if page is not root}
    seen: set[str] = set()
    for node in LexborHTMLParser(decode_html(_text(root))).css(SHEETS)[:MAX_SHEETS]:
        address = (node.attributes.get("src") or node.attributes.get("href") or "").rpartition("/")[2]
        if address in known and address not in seen:
            seen.add(address)
            if not address.startswith("tabstrip"):
                yield known[address]


def _beside_pages(parts: list[Message]) -> dict[str, Message]:
    """Return pictures and style sheets by every address under which a page may name them."""
    found: dict[str, Message] = {}
    for part in parts:
        if part.get_content_maintype() == "image" or part.get_content_type() == "text/css":
            named = PARAMETER.sub("", part.get("Content-ID", ""))
            found |= {key: part for key in (_address(part), f"cid:{named}" if named else "") if key}
    return found


def _find(address: str, beside: dict[str, Message]) -> bytes:
    """Return a part of the archive; one with an address of its own may be named by its last part alone."""
    name = address.rpartition("/")[2]
    part = beside.get(address) or next((one for key, one in beside.items() if name and key.rpartition("/")[2] == name), None)
    return part_payload(part) if part is not None else b""


def _address(page: Message) -> str:
    return str(page.get("Content-Location", "")).strip()


def _text(page: Message) -> bytes:
    data = part_payload(page)
    declared = page.get_content_charset()
    if not declared:
        return data
    try:
        return data.decode(declared).encode("utf-8-sig")  # the mark wins over what the page itself declares
    except (UnicodeError, LookupError):
        return data
