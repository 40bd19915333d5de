"""How a document's state is told: its newest version and how far that one is."""

import re
from collections.abc import Iterable
from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kb.models import Document, DocumentVersion

register = template.Library()

FILE_TYPES: dict[str, str | Promise] = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "text/csv": "CSV",
    "text/tab-separated-values": "TSV",
    "message/rfc822": _("E-mail"),
    "application/jsonl": "JSON",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "text/plain": _("Text"),
    "application/vnd.attest.sql-row+json": _("Database row"),
    "image/png": _("Picture"),
    "image/jpeg": _("Picture"),
    "image/tiff": _("Picture"),
}
METADATA = {
    "title": _("Title"),
    "author": _("Author"),
    "subject": _("Subject"),
    "created": _("Written"),
    "creationdate": _("Written"),  # a PDF's name for it
    "modified": _("Changed"),
    "language": _("Language"),
    "producer": _("Made with"),
    "encoding": _("Encoding"),
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
    DocumentVersion.Status.PARSED: _("Cutting into passages"),
    DocumentVersion.Status.CHUNKED: _("Understanding"),
    DocumentVersion.Status.EMBEDDED: _("Publishing"),
}


@register.filter
def newest_version(document: Document) -> DocumentVersion:
    """The version uploaded last; the list has them prefetched, newest first."""
    return max(document.versions.all(), key=lambda version: version.number)


@register.filter
def file_type(media_type: str) -> str:
    """A word for a media type."""
    return str(FILE_TYPES.get(media_type, media_type.rpartition("/")[2].upper()))


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
        return str(_("Reading")) if version.pages_done or version.page_count else str(_("Waiting"))
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
    return date_format(day)


@register.filter
def unfinished(documents: Iterable[Document]) -> str:
    """The documents whose newest version is waiting or running, as the poller asks for them."""
    return ",".join(str(document.uid) for document in documents if not newest_version(document).is_finished)
