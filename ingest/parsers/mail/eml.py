"""EML: who wrote what to whom and when, the body apart from the mails that it quotes, forwarded messages, and attachments."""

import email
import email.errors
import email.policy
import re
from collections.abc import Iterator
from email.message import Message
from typing import BinaryIO, cast

from ingest.parsers.attachments import Attachments
from ingest.parsers.content import Items, Notice, Opening, ParsedPage, ParseFile
from ingest.parsers.flow import Flow
from ingest.parsers.formats.registry import BY_TYPE, CALENDAR, EMAIL
from ingest.parsers.mail.calendar import calendar_lines
from ingest.parsers.mail.thread import MAX_FIELDS, is_field, is_marker, paragraphs, read_attribution, split_thread, unflow
from ingest.parsers.mail.thread import Message as ThreadMessage
from ingest.parsers.mail.tnef import BROKEN as BROKEN_TNEF
from ingest.parsers.mail.tnef import is_tnef, read_tnef
from ingest.parsers.markup.html import parse_markup
from ingest.parsers.plain.encoding import detect_encoding
from ingest.parsers.plain.wrapped import Unwrapper
from ingest.parsers.refusal import Refusal

CALENDARS = (CALENDAR.media_type, "application/ics")
SHOWN = ("From", "To", "Cc", "Date")
MAX_HEADER_BLOCK = 256 * 1024  # bytes
MAX_HEADER = 2000  # characters
MAX_SHOWN = 500
MAX_PARTS = 1000
MAX_DEPTH = 4  # messages in messages
COVERED = 0.5  # of the words of plain text that a page beside it has: else it may say less
FEWER = 2  # times the words of a page that plain text has which says more
TAG = re.compile(r"<[^<>]*>")
WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")
BROKEN_HEADER = (ValueError, IndexError, AttributeError, TypeError, LookupError, email.errors.MessageError)


def parse_mail(stream: BinaryIO, *, name: str, parse: ParseFile | None) -> Items:
    """Yield the message and its attachments, which `parse` reads; None: they are left. Raises: Refusal: damaged, too_nested."""
    head = stream.read(MAX_HEADER_BLOCK)
    if len(head) == MAX_HEADER_BLOCK and b"\n\n" not in head.replace(b"\r\n", b"\n"):
        raise Refusal("too_nested", "headers without end")
    message = _message(stream)
    if not message.keys():
        raise Refusal("damaged", "no headers")
    yield from read_message(message, parse=parse)


def read_message(message: Message, *, parse: ParseFile | None) -> Items:
    """Yield a message that is in memory, as `parse_mail` does. Raises: Refusal: too_nested."""
    if sum(1 for _ in message.walk()) > MAX_PARTS:
        raise Refusal("too_nested", f"more than {MAX_PARTS} parts")
    reader = _Mail(parse)
    yield Opening(title=reader.header(message, "Subject"), metadata=reader.metadata(message))
    yield from reader.message(message, depth=1)
    yield from reader.flow.finish()
    yield from reader.notices()


class _Mail:
    def __init__(self, parse: ParseFile | None) -> None:
        self.flow = Flow()
        self.attachments = _Attached(self, parse)
        self.has_body = False
        self.invitations: set[str] = set()

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
                self.attachments.unread.append(self.header(cast(Message, part.get_payload(0)), "Subject") or kind)
            else:
                yield from self.message(cast(Message, part.get_payload(0)), depth=depth + 1)
        elif part.is_multipart():
            children = [child for child in part.get_payload() if isinstance(child, Message)]
            for child in _ways_to_say(children) if kind == "multipart/alternative" and children else children:
                yield from self._part(child, depth=depth)
        elif kind in CALENDARS or _is_calendar_file(part):
            yield from self._invitation(part, depth=depth)
        elif _filename(part) or part.get_content_maintype() not in ("text", "multipart"):
            yield from self._attachment(part, depth=depth)
        else:
            yield from self._body(part, depth=depth)

    def _invitation(self, part: Message, *, depth: int) -> Iterator[ParsedPage]:
        """An invitation, or a calendar that is attached; programs attach another copy of what stands beside the words."""
        lines = self.flow.cleaner.clean("\n".join(calendar_lines(_text(part))))
        if lines in self.invitations:
            return
        self.invitations.add(lines)
        if _is_calendar_file(part):
            yield from self._attachment(part, depth=depth)
        else:
            yield from self.flow.add("list", lines)

    def _body(self, part: Message, *, depth: int) -> Iterator[ParsedPage]:
        text = _text(part)
        self.has_body = self.has_body or bool(text.strip())
        if part.get_content_type() == "text/html":
            yield from self._page(parse_markup(text), depth=depth)
            return
        text = self.flow.cleaner.clean(text.replace("\r\n", "\n"))
        if str(part.get_param("format", "")).lower() == "flowed":
            text = unflow(text, joins=str(part.get_param("delsp", "")).lower() == "yes")
        messages = split_thread(text)
        wrapped = Unwrapper()
        for message in messages:
            wrapped.learn(message.text)
        for message in messages:
            if message.is_quoted:
                yield from self._quoted(message, depth=depth)
            for paragraph in paragraphs(message):
                yield from self.flow.add("quote" if message.is_quoted else "paragraph", wrapped.join(paragraph))
        self.flow.leave(_quoted_level(depth))

    def _quoted(self, message: ThreadMessage, *, depth: int) -> Iterator[ParsedPage]:
        yield from self.flow.add("heading", message.heading, level=_quoted_level(depth))

    def _page(self, items: Items, *, depth: int) -> Iterator[ParsedPage]:
        """A body in HTML: what it quotes stands in block quotes, or behind the header fields of the quoted mail."""
        in_block, is_open = False, False
        for item in items:
            if not isinstance(item, ParsedPage):
                yield from self.attachments.take(iter((item,)), depth=depth)
                continue
            after = 0  # of the blocks that were read as the head of a quoted mail
            for position, block in enumerate(item.blocks):
                if position < after:
                    continue
                taken, found = _head_of_quoted(item, position)
                if found is not None:
                    yield from self._quoted(found, depth=depth)
                    is_open, in_block, after = True, False, position + taken
                    continue
                if block.kind == "quote" and not is_open:
                    yield from self._quoted(ThreadMessage(is_quoted=True), depth=depth)
                    is_open = True
                elif in_block and block.kind != "quote":
                    self.flow.leave(_quoted_level(depth))
                    is_open = False
                in_block = block.kind == "quote"
                yield from self.attachments.take_block(item, block, depth=depth + is_open)
        self.flow.leave(_quoted_level(depth))

    def _attachment(self, part: Message, *, depth: int) -> Iterator[ParsedPage]:
        name = self.flow.cleaner.clean_line(_filename(part))[:200] or _guess_name(part)
        if is_tnef(part_payload(part)):
            yield from self._packed(part_payload(part), name=name, depth=depth)
            return
        is_inline = part.get_content_disposition() != "attachment" and part.get_content_maintype() == "image"
        yield from self.attachments.add(name, part_payload(part), depth=depth, is_decoration=is_inline)

    def _packed(self, data: bytes, *, name: str, depth: int) -> Iterator[ParsedPage]:
        """The files in a winmail.dat, and the words in it where the mail has none beside it."""
        try:
            message = read_tnef(data, with_body=not self.has_body, depth=MAX_DEPTH - depth)
        except BROKEN_TNEF:
            self.attachments.unread.append(name)
            return
        yield from self._part(message, depth=depth)

    def notices(self) -> Iterator[Notice]:
        yield from self.attachments.notices()
        if self.flow.cleaner.invisible and "invisible" not in self.attachments.reported:
            yield Notice(code="invisible", values={"count": self.flow.cleaner.invisible})


class _Attached(Attachments):
    """Messages among the attachments are read by the mail itself, which counts how deep they lie in each other."""

    def __init__(self, mail: _Mail, parse: ParseFile | None) -> None:
        super().__init__(mail.flow, parse)
        self.mail = mail

    def read(self, stream: BinaryIO, *, name: str, media_type: str, depth: int) -> Iterator[ParsedPage]:
        if media_type == EMAIL.media_type:
            yield from self.mail.message(_message(stream), depth=depth + 1)
            return
        yield from super().read(stream, name=name, media_type=media_type, depth=depth)


def _message(stream: BinaryIO) -> Message:
    stream.seek(0)
    return email.message_from_binary_file(stream, policy=email.policy.default)


def _quoted_level(depth: int) -> int:
    return min(depth + 1, 6)


def _head_of_quoted(page: ParsedPage, position: int) -> tuple[int, ThreadMessage | None]:
    """Return how many blocks of a page introduce a quoted mail, and the mail: in one paragraph, or in one for each field."""
    lines: list[str] = []
    for block in page.blocks[position : position + MAX_FIELDS]:
        text = page.text[block.start : block.end]
        if block.kind == "table" and (not lines or is_marker(lines[0])):  # one row a field
            text = text.replace(": | ", ": ").replace("： | ", "：")
        elif block.kind not in ("paragraph", "quote") or (lines and not is_field(text)):
            break
        lines.append(text)
        if not is_field(text) and not is_marker(text):
            break
    found = read_attribution("\n".join(lines)) if lines else None
    return len(lines), found


def _ways_to_say(children: list[Message]) -> list[Message]:
    """Return the best of several ways to say the same; an invitation says more than the words beside it."""
    events = [child for child in children if child.get_content_type() == "text/calendar"]
    others = [child for child in children if child not in events]
    return [*(_best(others) if others else []), *events]


def _best(children: list[Message]) -> list[Message]:
    """Of several ways to say the same: the page, which stands last, as programs for mail show it.

    Only there does it show what is struck out or raised and what stands in a table. Where it says less than the plain words, as one
    that has broken or holds a picture alone, these stand for it, with the files that lie beside it.
    """
    readable = [child for child in children if child.is_multipart() or child.get_content_type() == "text/html"]
    if not readable:
        return children[-1:]
    richest = readable[-1]
    for child in children:
        if child.get_content_type() == "text/plain" and (plain := _text(child)).strip():
            pages = [part for part in richest.walk() if _is_page(part)]
            if _says_less(pages, plain):
                return [child, *(part for part in richest.walk() if not (part.is_multipart() or part in pages))]
    return [richest]


def _is_page(part: Message) -> bool:
    return part.get_content_type() == "text/html" and not _filename(part)


def _says_less(pages: list[Message], plain: str) -> bool:
    """Tell whether pages lack most of the words beside them and have far fewer of their own, or nothing that can be read."""
    words, shown, written = set(WORD.findall(plain.lower())), set(), set()
    for page in pages:
        markup = _text(page)
        for item in parse_markup(markup):
            if isinstance(item, ParsedPage):
                shown.update(WORD.findall(item.text.lower()))
        written.update(WORD.findall(TAG.sub(" ", markup).lower()))
    covered = len(words & (shown | written)) >= COVERED * len(words)
    return not shown or (not covered and FEWER * len(shown) < len(words))


def _text(part: Message) -> str:
    """The text of a part: by the encoding it declares where that reads without an error, else by detection."""
    data = part_payload(part)
    declared = part.get_content_charset() or ""
    try:
        return data.decode(declared)
    except (UnicodeError, LookupError):
        return data.decode(detect_encoding(data), "replace")


def part_payload(part: Message) -> bytes:
    """Return what a part holds, decoded; nothing where it holds other parts."""
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _filename(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except BROKEN_HEADER:
        return ""


def _is_calendar_file(part: Message) -> bool:
    return _filename(part).lower().endswith(CALENDAR.endings)


def _guess_name(part: Message) -> str:
    known = BY_TYPE.get(part.get_content_type())
    return "attachment" + (known.endings[0] if known and known.endings else "")
