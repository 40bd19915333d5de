"""Members of a group, many at once: one event for them all, and their rights follow at once."""

import re
from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused
from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record

AT_ONCE = 1000  # people in one event
SHOWN = 10  # unknown names in a sentence


def change_members(
    *, group: Group, actor: User | None, add: Collection[int] = (), remove: Collection[int] = ()
) -> tuple[list[str], list[str]]:
    """Put accounts into a group and take others out; those that are in, or not, already are no change. `actor` None: a command.

    Args: add, remove: keys of accounts; what is in both is added.
    Returns: the user names of those who joined, and of those who left.
    Raises: AccountRefused: an unknown account; a group that is gone; the acting system admin among those who change.
    """
    wanted = set(add)
    with transaction.atomic():
        if Group.objects.select_for_update().filter(pk=group.pk).first() is None:
            raise AccountRefused("group_invalid", _("This group no longer exists."))
        through = User.groups.through.objects.filter(group=group)
        present = set(through.values_list("user_id", flat=True))
        joining, leaving = wanted - present, (set(remove) - wanted) & present
        _check_own(actor, joining | leaving)
        names = _names_of(joining | leaving)
        if missing := (joining | leaving) - names.keys():
            raise AccountRefused("account_invalid", _("There is no account with the number %(number)s.") % {"number": min(missing)})
        rows = [User.groups.through(user_id=pk, group_id=group.pk) for pk in sorted(joining)]
        User.groups.through.objects.bulk_create(rows, batch_size=AT_ONCE)
        for batch in _batches(sorted(leaving)):
            through.filter(user__in=batch).delete()
        joined, left = sorted(names[pk] for pk in joining), sorted(names[pk] for pk in leaving)
        for start in range(0, max(len(joined), len(left)), AT_ONCE):
            record(
                "group.members_changed",
                by=actor_of(actor, otherwise=COMMAND_LINE),
                subject=f"group:{group.pk}",
                summary=group.name,
                payload={"name": group.name, "joined": joined[start : start + AT_ONCE], "left": left[start : start + AT_ONCE]},
            )
    return joined, left


def _check_own(actor: User | None, changed: Collection[int]) -> None:
    if actor is not None and actor.role == User.Role.SYSTEM_ADMIN and actor.pk in changed:
        raise AccountRefused("own_account", _("Only another admin can change your groups: they determine what you can read."))


def _names_of(keys: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for batch in _batches(sorted(keys)):
        found.update(User.objects.filter(pk__in=batch).values_list("pk", "username"))
    return found


def _batches(keys: list[int]) -> list[list[int]]:
    """Return slices that a query may name."""
    return [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]


def find_named(text: str) -> list[int]:
    """Return the keys of the accounts that stand in a text by user name or mail address, separated by lines, commas or semicolons.

    Raises: AccountRefused: nobody is named, or somebody who is not here.
    """
    names = list(dict.fromkeys(filter(None, (name.strip() for name in re.split(r"[\n,;]", text.replace("\x00", ""))))))
    if not names:
        raise AccountRefused("account_invalid", _("Enter at least one user name."))
    found: dict[str, int] = {}
    for start in range(0, len(names), AT_ONCE):
        batch = [name.lower() for name in names[start : start + AT_ONCE]]
        rows = User.objects.people().annotate(name=Lower("username"), address=Lower("email"))
        for pk, name, address in rows.filter(Q(name__in=batch) | Q(address__in=batch)).values_list("pk", "name", "address"):
            found |= {name: pk} | ({address: pk} if address else {})
    if missing := [name for name in names if name.lower() not in found]:
        shown = ", ".join(missing[:SHOWN]) + (" …" if len(missing) > SHOWN else "")
        raise AccountRefused("account_invalid", _("Unknown user names: %(names)s.") % {"names": shown})
    return [found[name.lower()] for name in names]
