"""What people may set of a collection, and of a document: the lists behind their forms, REST's schemas and what the audit keeps."""

from datetime import date
from typing import Annotated, Any, TypedDict

from accounts.editable import Mark, readable_names
from kb.models import Collection, Document

GROUP_NAMES = frozenset({"groups", "download_groups"})  # of the values that are names of groups
OWNERS_ALONE = GROUP_NAMES | {"name", "is_listed"}  # of the values that editors do not change


class CollectionValues(TypedDict, total=False):
    """`groups`: names. `sufficiency_threshold`: a probability; None is the default of the encoder's calibration."""

    name: str
    slug: Annotated[str, Mark.ONCE, "part of addresses; made from the name where empty"]
    description: str
    groups: Annotated[list[str], "names of the groups that may read it"]
    download_groups: Annotated[list[str], "names of the groups that may also download the originals of what they may read"]
    is_listed: Annotated[bool, "whether everyone who signs in sees its name and description, and can ask for access"]
    suggested_questions: list[str]
    vocabulary: Annotated[str, "words that mean the same, one group a line, joined by “=”"]
    sufficiency_threshold: Annotated[
        float | None, "from 0 to 1: below it a question is refused instead of answered; null: the calibrated default"
    ]
    expired_documents: Annotated[
        str, "“left_out”: answers do not use expired documents; “told”: they may, and say that these have expired"
    ]


class DocumentValues(TypedDict, total=False):
    tags: Annotated[list[str], "names; those that the collection does not have are made"]
    owner: Annotated[str | None, "user name of who answers for what it says; null: nobody"]
    valid_from: Annotated[date | None, "the first day on which answers may use it"]
    expires_on: Annotated[date | None, "the last day on which it holds, in the installation's time zone"]
    review_by: Annotated[date | None, "by when its owner is to look through it again"]


def serialize_values(row: Collection) -> dict[str, Any]:
    """Return every readable value, as programs write it."""
    values = {name: getattr(row, name) for name in readable_names(CollectionValues) if name not in GROUP_NAMES}
    return values | {name: sorted(group.name for group in getattr(row, name).all()) for name in GROUP_NAMES}


def serialize_document_values(row: Document) -> dict[str, Any]:
    """Return every value of a document as JSON has it; days as YYYY-MM-DD."""
    days = {
        name: getattr(row, name).isoformat() if getattr(row, name) else None for name in ("valid_from", "expires_on", "review_by")
    }
    return {"tags": sorted(tag.name for tag in row.tags.all()), "owner": row.owner.username if row.owner else None, **days}
