"""Tags, reviews, changed passages, work on many documents."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from api.schemas.errors import ErrorDetail
from api.schemas.places import CorrectionOut
from api.schemas.rights import ReadersIn
from api.strictness import Given


class TagOut(Schema):
    uid: UUID
    name: str
    documents: int = Field(description="that the caller sees and that have it")


class TagChange(Given):
    name: str | None = Field(None, description="its new name")
    into: UUID | None = Field(None, description="of the tag that takes its place: the two are merged")


class ReviewedIn(Given):
    review_by: date | None = Field(description="by when it is to be looked through again; null: not again")


class BulkFilter(Given):
    """What /collections/{slug}/documents takes, all parts together."""

    q: str = ""
    state: str = ""
    tag: str = ""
    owner: str = ""
    folder: UUID | None = None


class BulkIn(Given):
    action: Literal["move", "file", "delete", "retry", "reread", "tag", "untag", "narrow", "owner", "days"]
    documents: list[UUID] | None = Field(None, description="uids; either these or `filter`", max_length=50_000)
    filter: BulkFilter | None = Field(None, description="all documents of the collection that it finds; {}: all")
    to: str | None = Field(None, description="of “move”: address of the target collection")
    folder: UUID | None = Field(None, description="of “file”: of the same collection; null: none")
    tags: list[str] | None = Field(None, description="of “tag” and “untag”: names")
    owner: str | None = Field(None, description="of “owner”: user name; null: nobody")
    readers: ReadersIn | None = Field(None, description="of “narrow”: who may read them; null: all who may read what they lie in")
    valid_from: date | None = Field(None, description="of “days”: what is not sent stays, null takes it away")
    expires_on: date | None = None
    review_by: date | None = None


class BulkFailure(Schema):
    document: UUID
    name: str
    error: ErrorDetail


class BulkOut(Schema):
    uid: UUID
    action: str
    state: Literal["waiting", "running", "done"]
    asked_at: datetime
    ended_at: datetime | None
    total: int
    done: int
    failed: int
    failures: list[BulkFailure] = Field(description="a page of them")


class PassageChangeIn(Given):
    kind: Literal["off", "corrected"]
    reason: str
    text: str = Field("", description="of a corrected one: what is to be read in its place")


class ChunkOut(Schema):
    ordinal: int = Field(description="of the passage within the version, from 0")
    page: int
    start: int = Field(description="characters into the page's text")
    end: int
    heading_path: list[str]
    text: str = Field(description="as it is searched and quoted")
    is_off: bool
    change: UUID | None = Field(None, description="to take it back: DELETE /passage-changes/{uid}")
    correction: CorrectionOut | None = Field(None, description="of a corrected one")
