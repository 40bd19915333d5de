"""REST's schemas of what may be set, made from the same lists as the forms (accounts.editable)."""

from collections.abc import Collection

from ninja import Field

from accounts.editable import Mark, read_list
from api.strictness import Given


def schema_of(name: str, values: type, *, required: Collection[str] = (), without: Collection[Mark] = ()) -> type[Given]:
    """Return the schema of a list. What is not sent is not set: services get `dict(exclude_unset=True)`."""
    hints, fields = {}, {}
    for entry in read_list(values):
        if entry.marks & set(without):
            continue
        hints[entry.name] = entry.hint
        about = entry.about or None
        # A factory: the schema then names no default, since leaving a field out is not the same as sending one.
        fields[entry.name] = Field(description=about) if entry.name in required else Field(default_factory=str, description=about)
    return type(name, (Given,), {"__annotations__": hints, "__module__": __name__, **fields})
