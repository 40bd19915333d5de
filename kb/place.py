"""Where a stretch of text stands in the documents: what search hits, evidence and citations have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # models need Django's set-up, a place does not
    from kb.models import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A passage was corrected by those who run its collection; the page still says something else."""

    by: str  # as people call them
    on: str  # the day, YYYY-MM-DD
    reason: str
    page_says: str  # the passage as it was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stretch of one version's text. Its fields are those of the JSON that programs, receipts and pages read."""

    document: str  # its name, e.g. "travel-and-leave/leave.md"
    document_uid: str
    title: str
    version: int
    version_uid: str
    page: int | None = None  # physical page from 1; None where the format has no pages
    page_number: int = 1  # row of kb.Page, always there: what the viewer opens
    page_label: str = ""
    start: int  # in the page's text, in characters
    end: int
    origin: str = ""  # where its source has it, for people: "Share › Finance › 2026"; "": nobody keeps it in step
    original_url: str = ""  # of the original there, http or https; "": nowhere
    expired_on: str = ""  # the document's last valid day, where it was over; its collection tells expired documents as such
    correction: Correction | None = None  # of the passage that it stands in


def words_of_origin(origin: Mapping[str, Any]) -> str:
    """Return `Document.origin` as people read it, "" where there is none."""
    return " › ".join([origin["source"], *origin.get("folders", ())]) if origin.get("source") else ""


def place_of(chunk: "Chunk") -> Place:
    """Return the place of a chunk that comes with its version, document and page."""
    version, document, page = chunk.version, chunk.version.document, chunk.page
    return Place(
        document=document.name,
        document_uid=str(document.uid),
        title=document.title,
        version=version.number,
        version_uid=str(version.uid),
        page=page.number if version.is_paged else None,
        page_number=page.number,
        page_label=page.label,
        start=chunk.start,
        end=chunk.end,
        origin=words_of_origin(document.origin),
        original_url=document.origin.get("url", ""),
        expired_on=document.expires_on.isoformat() if document.is_expired and document.expires_on else "",
        correction=correction_of(chunk),
    )


def correction_of(chunk: "Chunk") -> Correction | None:
    """Return how a chunk was corrected; None where it reads as its page says. A query for each that was changed: there are few."""
    change = chunk.change if chunk.change_id is not None else None
    if change is None or not change.corrected_text:
        return None
    on = change.made_at.date().isoformat()
    return Correction(by=change.made_by_name, on=on, reason=change.reason, page_says=change.original_text)
