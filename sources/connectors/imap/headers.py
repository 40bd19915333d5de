"""Name a message by what it is about: its subject without "Re:", its day and its sender, so that a thread stands together."""

import re
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr

from django.utils.translation import gettext as _

from sources.connectors.naming import clean_name

REPLY = re.compile(
    r"^\s*(?:(?:re|aw|sv|fwd?|wg|回复|答复|转发|回覆|轉寄)\s*(?:\[\d+\])?\s*[:：]\s*|\[[^\]]{1,40}\]\s*(?=re\s*:))+", re.IGNORECASE
)


def name_message(header: bytes, arrived: datetime | None) -> str:
    """Return a file name that ends with .eml."""
    message = BytesParser(policy=compat32).parsebytes(header, headersonly=True)
    subject = REPLY.sub("", decoded(message, "Subject")).strip() or _("No subject")
    sender = parseaddr(decoded(message, "From"))
    who = sender[0] or sender[1]
    parts = [clean_name(subject), arrived.strftime("%Y-%m-%d") if arrived else "", clean_name(who)[:40]]
    return " – ".join(part for part in parts if part) + ".eml"


def decoded(message: "Message[str, str]", name: str) -> str:
    """Return a header's text; as it stands where its coding is broken."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    value = _unescaped(str(raw))
    try:
        text = str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, ValueError, MessageError):
        text = value
    return " ".join(text.encode(errors="replace").decode().split())


def _unescaped(value: str) -> str:
    """Return a header whose bytes were sent as they are, which RFC 6532 allows as UTF-8 and others do in their own coding."""
    content = value.encode(errors="surrogateescape")
    for coding in ("utf-8", "gb18030"):
        try:
            return content.decode(coding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")
