"""EML: who wrote what to whom and when, the body, forwarded messages, and the attachments of kinds that are read."""

import email
import email.errors
import email.policy
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

from ingest.parsers.attachments import Attachments
from ingest.parsers.content import Items, Notice, Opening, ParsedPage, ParseFile
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
MAX_DEPTH = 4  # messages in messages
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
        self.flow = Flow()
        self.attachments = _Attached(self, parse)

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
                self.attachments.unread.append(self.header(part.get_payload(0), "Subject") or kind)
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
            yield from self.attachments.take(parse_markup(text), depth=depth)
            return
        for paragraph in PARAGRAPH.split(text.replace("\r\n", "\n")):
            yield from self.flow.add("paragraph", self.flow.cleaner.clean(paragraph))

    def _attachment(self, part: Message, *, depth: int) -> Iterator[ParsedPage]:
        name = self.flow.cleaner.clean_line(_filename(part))[:200] or _guess_name(part)
        is_inline = part.get_content_disposition() != "attachment" and part.get_content_maintype() == "image"
        yield from self.attachments.add(name, _payload(part), depth=depth, is_decoration=is_inline)

    def notices(self) -> Iterator[Notice]:
        yield from self.attachments.notices()
        if self.flow.cleaner.invisible and "invisible" not in self.attachments.told:
            yield Notice(code="invisible", values={"count": self.flow.cleaner.invisible})


class _Attached(Attachments):
    """Messages among the attachments are read by the mail itself, which counts how deep they lie in each other."""

    def __init__(self, mail: _Mail, parse: ParseFile) -> None:
        super().__init__(mail.flow, parse)
        self.mail = mail

    def read(self, path: Path, *, name: str, media_type: str, depth: int) -> Iterator[ParsedPage]:
        if media_type == EXTENSIONS[".eml"]:
            with path.open("rb") as stream:
                yield from self.mail.message(email.message_from_binary_file(stream, policy=email.policy.default), depth=depth + 1)
            return
        yield from super().read(path, name=name, media_type=media_type, depth=depth)


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
