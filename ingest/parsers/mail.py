"""EML: who wrote what to whom and when, the body, forwarded messages, and the attachments of kinds that are read."""

import email
import email.errors
import email.policy
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

from ingest.parsers.content import Block, Notice, Opening, ParsedPage
from ingest.parsers.detect import detect_type
from ingest.parsers.encoding import detect_encoding
from ingest.parsers.flow import Flow
from ingest.parsers.html import parse_markup
from ingest.parsers.media_types import EXTENSIONS
from ingest.parsers.refusal import Refusal
from ingest.parsers.text import PARAGRAPH

SHOWN = ("From", "To", "Cc", "Date")
MAX_HEADER_BLOCK = 256 * 1024  # bytes
MAX_HEADER = 2000  # characters
MAX_SHOWN = 500
MAX_PARTS = 1000
MAX_ATTACHMENTS = 50
MAX_DEPTH = 4  # messages in messages
MAX_NAMED = 20
Items = Iterator[Opening | ParsedPage | Notice]
ParseFile = Callable[..., Items]
BROKEN_HEADER = (ValueError, IndexError, AttributeError, TypeError, LookupError, email.errors.MessageError)


def parse_mail(path: Path, *, name: str, parse: ParseFile) -> Items:
    """Yield the message and its attachments. `parse` reads an attachment. Raises: Refusal: damaged, too_nested."""
    with path.open("rb") as stream:
        head = stream.read(MAX_HEADER_BLOCK)
        if len(head) == MAX_HEADER_BLOCK and b"\n\n" not in head.replace(b"\r\n", b"\n"):
            raise Refusal("too_nested", "headers without end")
        stream.seek(0)
        message = email.message_from_binary_file(stream, policy=email.policy.default)
    if not message.keys():
        raise Refusal("damaged", "no headers")
    if sum(1 for _ in message.walk()) > MAX_PARTS:
        raise Refusal("too_nested", f"more than {MAX_PARTS} parts")
    reader = _Mail(parse)
    yield Opening(title=reader.header(message, "Subject"), metadata=reader.metadata(message))
    yield from reader.message(message, depth=1)
    yield from reader.flow.finish()
    yield from reader.notices()


class _Mail:
    def __init__(self, parse: ParseFile) -> None:
        self.parse = parse
        self.flow = Flow()
        self.attachments = 0
        self.unread: list[str] = []
        self.told: dict[str, Notice] = {}

    def metadata(self, message: Message) -> dict[str, str]:
        found = {"author": self.header(message, "From"), "created": self.header(message, "Date")}
        return {key: value for key, value in found.items() if value}

    def header(self, message: Message, name: str) -> str:
        """Return a header decoded, at most MAX_SHOWN characters; as it stands where it is malformed."""
        raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")[:MAX_HEADER]
        try:
            data = raw.encode("ascii", "surrogateescape")
            raw = raw if raw.isascii() else data.decode(detect_encoding(data), "replace")
            raw = str(email.policy.default.header_factory(name, " ".join(raw.split())))
        except (UnicodeError, *BROKEN_HEADER):
            pass  # what stands there is better than nothing
        return self.flow.cleaner.clean_line(raw)[:MAX_SHOWN]

    def message(self, message: Message, *, depth: int) -> Iterator[ParsedPage]:
        subject = self.header(message, "Subject")
        if subject:
            yield from self.flow.add("heading", subject, level=min(depth, 6))
        lines = [f"{name}: {value}" for name in SHOWN if (value := self.header(message, name))]
        yield from self.flow.add("list", "\n".join(lines))
        yield from self._part(message, depth=depth)

    def _part(self, part: Message, *, depth: int) -> Iterator[ParsedPage]:
        kind = part.get_content_type()
        if kind == "message/rfc822" and isinstance(part.get_payload(), list):
            if depth >= MAX_DEPTH:
                self.unread.append(self.header(part.get_payload(0), "Subject") or kind)
            else:
                yield from self.message(part.get_payload(0), depth=depth + 1)
        elif part.is_multipart():
            children = [child for child in part.get_payload() if isinstance(child, Message)]
            for child in [_best(children)] if kind == "multipart/alternative" and children else children:
                yield from self._part(child, depth=depth)
        elif _filename(part) or part.get_content_maintype() not in ("text", "multipart"):
            yield from self._attachment(part, depth=depth)
        else:
            yield from self._body(part, depth=depth)

    def _body(self, part: Message, *, depth: int) -> Iterator[ParsedPage]:
        text = _text(part)
        if part.get_content_type() == "text/html":
            yield from self._take(parse_markup(text), depth=depth)
            return
        for paragraph in PARAGRAPH.split(text.replace("\r\n", "\n")):
            yield from self.flow.add("paragraph", self.flow.cleaner.clean(paragraph))

    def _attachment(self, part: Message, *, depth: int) -> Iterator[ParsedPage]:
        name = self.flow.cleaner.clean_line(_filename(part))[:200] or _guess_name(part)
        data = _payload(part)
        is_inline = part.get_content_disposition() != "attachment" and part.get_content_maintype() == "image"
        self.attachments += 1
        if self.attachments > MAX_ATTACHMENTS:
            self.unread.append(name)
            return
        try:
            with _as_file(data) as path:
                media_type = detect_type(path, name=name)
                yield from self._read(path, name=name, media_type=media_type, depth=depth)
        except Exception as error:  # noqa: BLE001 - whatever a broken attachment raises, the message and the others are read
            if not (is_inline and isinstance(error, Refusal)):  # a logo in a signature is no loss
                self.unread.append(name)

    def _read(self, path: Path, *, name: str, media_type: str, depth: int) -> Iterator[ParsedPage]:
        if media_type == EXTENSIONS[".eml"]:
            with path.open("rb") as stream:
                yield from self.message(email.message_from_binary_file(stream, policy=email.policy.default), depth=depth + 1)
            return
        items = self.parse(path, name=name, media_type=media_type)
        opening = next(items)
        yield from self.flow.add("heading", name, level=min(depth + 1, 6))
        pages = opening.page_count if isinstance(opening, Opening) and opening.is_paged else None
        yield from self._take(items, depth=depth + 1, with_pages=(pages or 0) > 1)

    def _take(
        self, items: Iterator[Opening | ParsedPage | Notice], *, depth: int, with_pages: bool = False
    ) -> Iterator[ParsedPage]:
        """Put the blocks of another document into this one, below its headings."""
        for item in items:
            if isinstance(item, Notice):
                self._tell(item)
            elif isinstance(item, ParsedPage):
                if with_pages:
                    yield from self.flow.add("heading", f"Page {item.label or item.number}", level=min(depth + 1, 6))
                for block in item.blocks:
                    yield from self._block(item, block, depth=depth)

    def _block(self, page: ParsedPage, block: Block, *, depth: int) -> Iterator[ParsedPage]:
        header = page.text[block.start : block.header_end] if block.header_end else ""
        level = min(depth + 1 + block.level, 6) if block.level else 0
        yield from self.flow.add(block.kind, page.text[block.start : block.end], level=level, header=header)

    def _tell(self, notice: Notice) -> None:
        before = self.told.get(notice.code)
        counts = [int(one.values["count"]) for one in (before, notice) if one and "count" in one.values]
        values = {**notice.values, "count": sum(counts)} if counts else notice.values
        self.told[notice.code] = Notice(code=notice.code, values=values)  # its pages are not pages of the message

    def notices(self) -> Iterator[Notice]:
        yield from self.told.values()
        if self.unread:
            names = ", ".join(self.unread[:MAX_NAMED]) + (" …" if len(self.unread) > MAX_NAMED else "")
            yield Notice(code="attachments", values={"names": names})
        if self.flow.cleaner.invisible and "invisible" not in self.told:
            yield Notice(code="invisible", values={"count": self.flow.cleaner.invisible})


def _best(children: list[Message]) -> Message:
    """Of several ways to say the same: plain words where there are some, else the richest, which stands last."""
    for child in children:
        if child.get_content_type() == "text/plain" and _text(child).strip():
            return child
    readable = [child for child in children if child.is_multipart() or child.get_content_type() == "text/html"]
    return (readable or children)[-1]


def _text(part: Message) -> str:
    """The text of a part: by the encoding it declares where that reads without an error, else by detection."""
    data = _payload(part)
    declared = part.get_content_charset() or ""
    try:
        return data.decode(declared)
    except (UnicodeError, LookupError):
        return data.decode(detect_encoding(data), "replace")


def _payload(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _filename(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except BROKEN_HEADER:
        return ""


def _guess_name(part: Message) -> str:
    suffix = next((end for end, kind in EXTENSIONS.items() if kind == part.get_content_type()), "")
    return "attachment" + suffix


@contextmanager
def _as_file(data: bytes) -> Iterator[Path]:
    """Put bytes where a parser can open them: in memory where the system can, so that nothing is left behind on a disk."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("attachment"), "w+b") as stream:
            stream.write(data)
            stream.flush()
            yield Path(f"/proc/self/fd/{stream.fileno()}")
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield Path(file.name)
