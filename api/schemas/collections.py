"""Collections, and those that are listed for people who may ask for access."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ninja import Field, Schema

from accounts.editable import Mark
from api.editable import schema_of
from api.strictness import Given
from kb.editable import CollectionValues

if TYPE_CHECKING:  # what is made when it runs has no type of its own

    class CollectionIn(Given): ...

    class CollectionChange(Given): ...
else:
    CollectionIn = schema_of("CollectionIn", CollectionValues, required=["name"])
    CollectionChange = schema_of("CollectionChange", CollectionValues, without=[Mark.ONCE])


ADMIN_ONLY = (
    "groups",
    "download_groups",
    "is_listed",
    "vocabulary",
    "sufficiency_threshold",
    "expired_documents",
)  # null for everyone else


class CollectionOut(Schema):
    slug: str
    name: str
    description: str
    documents: int = Field(description="that answer now")
    suggested_questions: list[str]
    groups: list[str] | None = Field(None, description="who may read it; for knowledge admins only")
    download_groups: list[str] | None = Field(
        None, description="whose members may also download originals; for knowledge admins only"
    )
    is_listed: bool | None = Field(None, description="whether others may know of it and ask for access; for knowledge admins only")
    vocabulary: str | None = Field(None, description="for knowledge admins only")
    sufficiency_threshold: float | None = Field(None, description="null: the default; for knowledge admins only")
    expired_documents: Literal["left_out", "told"] | None = Field(
        None, description="what becomes of documents after their last valid day; for knowledge admins only"
    )


class ListedCollectionOut(Schema):
    """A collection that the caller may not read, and may ask for."""

    slug: str
    name: str
    description: str


class AccessIn(Given):
    reason: str = Field(description="why the caller needs it, for its owner; at most 500 characters")


class AccessDecision(Given):
    days: int | None = Field(description="for how many days access is granted, from 1 to 366; null: it is refused")
    answer: str = Field("", description="for the person who asked; needed where it is refused")


class AccessOut(Schema):
    id: int
    collection: str = Field(description="address")
    person: str = Field(description="user name")
    reason: str
    state: Literal["waiting", "granted", "refused", "withdrawn", "ended", "expired"]
    asked_at: datetime
    decided_at: datetime | None
    answer: str = Field(description="why it was refused or ended")
    until: datetime | None = Field(description="of a granted one")
