"""Documents, their versions, what was wrong with a file, uploads."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ninja import Field, Schema

from api.editable import schema_of
from api.schemas.errors import ErrorDetail
from api.schemas.rights import ReadersOut
from api.strictness import Given
from kb.editable import DocumentValues


class WarningOut(Schema):
    """What was left out of a file that was read, or is to be taken with care."""

    code: str = Field(description="stable, for programs")
    message: str = Field(description="for people, in their language")
    pages: list[int] = Field([], description="physical, from 1; empty where it is of the whole file")


State = Literal["uploaded", "parsed", "chunked", "embedded", "indexed", "failed"]


class VersionOut(Schema):
    uid: UUID
    number: int
    state: State
    is_finished: bool = Field(description="neither waiting nor running")
    is_reread: bool = Field(False, description="the same bytes as the version before, read again")
    restored_from: int | None = Field(None, description="number of the earlier version whose original this is, after a roll-back")
    pages: int | None
    pages_done: int
    passages: int
    media_type: str
    size: int = Field(description="bytes")
    sha256: str
    created_at: datetime
    indexed_at: datetime | None
    error: ErrorDetail | None
    warnings: list[WarningOut] = Field(
        [], description="the warnings of its page: attachments, sheets or pictures that were not read …"
    )


class ReadingFaultOut(Schema):
    uid: UUID
    version: int
    page: int
    note: str = Field(description="what is wrong, in the reader's words")
    reported_by: str = Field(description="user name; empty where the account is gone")
    created_at: datetime


class DocumentOut(Schema):
    uid: UUID
    collection: str
    name: str
    title: str
    folder: UUID | None = Field(None, description="that it lies in")
    origin: str = Field("", description="where its source has it: “Share › Finance › 2026”; empty where it was uploaded")
    original_url: str = Field("", description="of the original at its source, if it has one")
    readers: ReadersOut | None = Field(
        None, description="who may read it, where it is narrowed; for those who may change the collection alone"
    )
    state: str = Field(description="of the newest version that the caller may see")
    answers: int | None = Field(description="number of the version that answers now; null until the first is indexed")
    created_at: datetime
    tags: list[str] = Field([], description="names")
    owner: str | None = Field(None, description="user name of who answers for what it says")
    valid_from: date | None = Field(None, description="the first day on which answers may use it")
    expires_on: date | None = Field(None, description="the last day on which it holds, in the installation's time zone")
    review_by: date | None = Field(None, description="by when it is to be looked through again")
    in_force: bool = Field(True, description="its first valid day has come, and its last is not over")
    version: VersionOut | None
    warnings: list[WarningOut] = Field([], description="of the version that answers; of `version` until one does")
    reading_faults: list[ReadingFaultOut] = Field(
        [], description="open reports of misread pages, for those who may change the collection; empty for everyone else"
    )


class DocumentPage(Schema):
    items: list[DocumentOut]
    count: int
    page: int
    pages: int


class MoveIn(Given):
    collection: str = Field(description="address of the collection that it is to go to")


class UploadOut(Schema):
    name: str
    outcome: Literal["new", "new_version", "unchanged", "refused"]
    document: UUID | None = None
    version: int | None = None
    state: str | None = None
    error: ErrorDetail | None = None


class SourceOut(Schema):
    document: UUID
    title: str
    version: int
    page: int
    label: str
    pages: int
    text: str


if TYPE_CHECKING:  # what is made when it runs has no type of its own

    class DocumentChange(Given): ...
else:
    DocumentChange = schema_of("DocumentChange", DocumentValues)
