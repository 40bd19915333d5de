"""Where a stretch of text stands in the documents: what search hits, evidence and citations have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # models need Django's set-up, a place does not
    from kb.models import Chunk


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
    )
