"""Template tags for a document's state: its newest version and its progress."""

import re
from collections.abc import Iterable
from datetime import date

from django import template
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kb.models import Document, DocumentVersion, Page, Tag
from kb.templatetags.moments import format_moment
from kb.viewing.marking import MarkedBlock

register = template.Library()

METADATA = {
    "title": _("Title"),
    "author": _("Author"),
    "subject": _("Subject"),
    "created": _("Created"),
    "creationdate": _("Created"),  # a PDF's name for it
    "modified": _("Modified"),
    "language": _("Language"),
    "producer": _("Application"),
    "encoding": _("Encoding"),
}
KINDS = {
    "paragraph": _("Paragraph"),
    "table": _("Table"),
    "list": _("List"),
    "code": _("Code"),
    "quote": _("Quotation"),
    "note": _("Note"),
}
_MOMENT = re.compile(r"(?:D:(?=\d{4})|(?=\d{4}-\d\d-\d\dT))(\d{4})-?(\d\d)?-?(\d\d)?[\dT:.Z+'-]*$")
# What a stage has behind it when it begins, in percent of the whole; within the first, pages count.
BEHIND = {
    DocumentVersion.Status.UPLOADED: 2,
    DocumentVersion.Status.PARSED: 50,
    DocumentVersion.Status.CHUNKED: 60,
    DocumentVersion.Status.EMBEDDED: 92,
    DocumentVersion.Status.INDEXED: 100,
    DocumentVersion.Status.FAILED: 0,
}
DOING = {  # what happens after the state that was reached
    DocumentVersion.Status.PARSED: _("Splitting into passages"),
    DocumentVersion.Status.CHUNKED: _("Embedding"),
    DocumentVersion.Status.EMBEDDED: _("Indexing"),
}


@register.filter
def newest_version(document: Document) -> DocumentVersion:
    """The version uploaded last; the list has them prefetched, newest first."""
    read: list[DocumentVersion] | None = getattr(document, "newest_first", None)
    return read[0] if read else max(document.versions.all(), key=lambda version: version.number)


@register.filter
def tags_of(document: Document) -> Iterable[Tag]:
    """Its tags; a list has them read."""
    read: list[Tag] | None = getattr(document, "shown_tags", None)
    return read if read is not None else document.tags.all()


@register.filter
def percent(version: DocumentVersion) -> int:
    """How far ingestion is, 0 … 100."""
    done = BEHIND[DocumentVersion.Status(version.status)]
    if version.status == DocumentVersion.Status.UPLOADED and version.page_count:
        share = min(version.pages_done / version.page_count, 1)
        return round(done + share * (BEHIND[DocumentVersion.Status.PARSED] - done))
    return done


@register.filter
def stage(version: DocumentVersion) -> str:
    """What is being done with the version now."""
    if version.status == DocumentVersion.Status.UPLOADED:
        return str(_("Parsing")) if version.pages_done or version.page_count else str(_("Waiting"))
    return str(DOING.get(DocumentVersion.Status(version.status), version.get_status_display()))


@register.filter
def metadata_label(key: str) -> str:
    """What a field of a file's own metadata is called; fields that only machines read keep their names."""
    return str(METADATA.get(key, key))


@register.filter
def metadata_value(value: str) -> str:
    """A moment as the reader's language writes its day, where a file gives one ("D:20240131…" in a PDF); else the words."""
    found = _MOMENT.match(value)
    if found is None:
        return value
    try:
        day = date(*(int(part or 1) for part in found.groups()))
    except ValueError:  # a 13th month: files say anything
        return value
    return format_moment(day, "day")


@register.filter
def block_kind(block: MarkedBlock) -> str:
    """What a block of a page was read as; of a table also how many rows it has."""
    if block.kind == "heading":
        return gettext("Heading %(level)d") % {"level": block.level}
    if block.kind == "table" and block.rows:
        return ngettext("Table, %(count)d row", "Table, %(count)d rows", len(block.rows)) % {"count": len(block.rows)}
    return str(KINDS.get(block.kind, block.kind))


@register.filter
def is_recognized(page: Page, version: DocumentVersion) -> bool:
    """Whether the text of a page, or a part of it, was read from a picture."""
    return any(row.get("code") == "ocr" and page.number in (row.get("pages") or ()) for row in version.warnings)


@register.filter
def unfinished(documents: Iterable[Document]) -> str:
    """The documents whose newest version is waiting or running, as the poller asks for them."""
    return ",".join(str(document.uid) for document in documents if not newest_version(document).is_finished)
