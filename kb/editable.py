"""What people may set of a collection: the one list behind its form, REST's schemas and what the audit keeps of it."""

from typing import Annotated, Any, TypedDict

from accounts.editable import Mark, readable_names
from kb.models import Collection

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


def serialize_values(row: Collection) -> dict[str, Any]:
    """Return every readable value, as programs write it."""
    values = {name: getattr(row, name) for name in readable_names(CollectionValues) if name not in GROUP_NAMES}
    return values | {name: sorted(group.name for group in getattr(row, name).all()) for name in GROUP_NAMES}
