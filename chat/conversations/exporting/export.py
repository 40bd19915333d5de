"""A conversation as a file, in one of three formats. Each export is in the audit."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from chat.conversations.exporting.markdown import as_markdown
from chat.conversations.exporting.pdf import as_pdf
from chat.conversations.exporting.script import Script, write_script
from chat.conversations.exporting.word import as_word
from chat.models import Conversation
from chat.services import list_turns

MOST_TURNS = 500  # of one export, the last ones
FORMATS: dict[str, tuple[str, Callable[[Script], bytes]]] = {
    "md": ("text/markdown; charset=utf-8", as_markdown),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", as_word),
    "pdf": ("application/pdf", as_pdf),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file to hand out."""

    name: str
    media_type: str
    data: bytes

    @property
    def disposition(self) -> str:
        return content_disposition_header(as_attachment=True, filename=self.name) or ""


def export_conversation(conversation: Conversation, *, kind: str, user: User, base: str) -> Export:
    """Return a conversation as its owner may read it now, in the active language, and record that it was taken away.

    Args:
        kind: one of FORMATS.
        base: what the addresses of sources begin with.
    """
    media_type, write = FORMATS[kind]
    shown = list_turns(conversation, user=user, limit=MOST_TURNS).turns
    moment = date_format(timezone.localtime(), "DATETIME_FORMAT")
    head = _("Exported from Attest by %(name)s on %(moment)s") % {"name": user.get_full_name() or user.username, "moment": moment}
    data = write(write_script(conversation.title, shown, head=head, base=base))
    receipts = [turn.receipt for turn, _answer in shown if turn.receipt]
    record(
        "conversation.exported",
        by=actor_of(user),
        subject=f"conversation:{conversation.uid}",
        summary=conversation.title,
        payload={"conversation": conversation.uid, "format": kind, "receipts": receipts},
    )
    return Export(name=f"{_file_name(conversation.title)}.{kind}", media_type=media_type, data=data)


def _file_name(title: str) -> str:
    kept = "".join(mark if unicodedata.category(mark)[0] in "LN" or mark in " -_" else " " for mark in title)
    return " ".join(kept.split())[:80] or "conversation"
