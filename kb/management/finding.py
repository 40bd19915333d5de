"""What commands name: collections."""

from django.core.management.base import CommandError

from accounts.models import User
from kb.models import Collection


def look_up_collection(named: str, *, reader: User | None = None) -> Collection | None:
    """Return the collection of this address or name, of those that `reader` may read; None where there is none.

    Raises: CommandError: several have the name.
    """
    found = (Collection.objects.visible_to(reader) if reader is not None else Collection.objects.all()).named(named)[:2]
    if len(found) > 1:
        raise CommandError(f"Several collections are named {named!r}. Give the address of one.")
    return found[0] if found else None


def find_collection(named: str, *, reader: User | None = None) -> Collection:
    """Return the collection of this address or name.

    Raises: CommandError: there is none that `reader` may read, or several have the name.
    """
    found = look_up_collection(named, reader=reader)
    if found is None:
        raise CommandError(f"There is no collection {named!r}" + (f" that {reader.username} may read." if reader else "."))
    return found
