"""Groups as SCIM has them."""

from django.contrib.auth.models import Group as Row
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from scim2_models import InvalidValueException, Meta, UniquenessException

from accounts.models import Provisioned, User
from accounts.people.members import change_members
from accounts.services import create_group, delete_group, rename_group
from api.managing.scim.people import find_accounts
from api.managing.scim.resources import Group, Member


def find_groups(*, with_members: bool) -> QuerySet[Row]:
    rows = Row.objects.select_related("provisioned")
    return rows.prefetch_related(Prefetch("user_set", find_accounts().prefetch_related(None))) if with_members else rows


def resource_of(row: Row, *, base: str, with_members: bool = True) -> Group:
    """Return a group as a resource. `with_members` False: they are not asked for."""
    provisioned = getattr(row, "provisioned", None)
    members = [
        Member(value=str(user.pk), ref=f"{base}/Users/{user.pk}", type="User", display=user.get_full_name() or user.username)
        for user in (row.user_set.all() if with_members else ())
    ]
    return Group(
        id=str(row.pk),
        external_id=(provisioned.external_id if provisioned else "") or None,
        display_name=row.name,
        members=members or None,
        meta=Meta(resource_type="Group", location=f"{base}/Groups/{row.pk}"),
    )


@transaction.atomic
def make_group(given: Group, *, actor: User) -> Row:
    """Raises: UniquenessException: there is one of this name. AccountRefused, InvalidValueException."""
    name = " ".join((given.display_name or "").split())
    if Row.objects.filter(name__iexact=name).exists():
        raise UniquenessException(detail=f"there is a group with the name {name} already")
    row = create_group(name=name, actor=actor)
    change_members(group=row, actor=actor, add=_keys_of(given))
    _note(row, given.external_id)
    return row


@transaction.atomic
def change_group(row: Row, given: Group, *, actor: User) -> Row:
    """Bring a group to the state of this resource: its name, and exactly these members."""
    name = " ".join((given.display_name or "").split())
    if Row.objects.exclude(pk=row.pk).filter(name__iexact=name).exists():
        raise UniquenessException(detail=f"there is a group with the name {name} already")
    row = rename_group(group=row, name=name, actor=actor)
    # Programs' accounts, and people whom a program has deleted, are not shown as members, and stay what they are.
    wanted, present = _keys_of(given), set(find_accounts().filter(groups=row).values_list("pk", flat=True))
    change_members(group=row, actor=actor, add=wanted - present, remove=present - wanted)
    _note(row, given.external_id)
    return row


def drop_group(row: Row, *, actor: User) -> None:
    delete_group(group=row, actor=actor)


def _keys_of(given: Group) -> set[int]:
    """Return the keys of the members. Raises: InvalidValueException: one is no account here."""
    keys: set[int] = set()
    for member in given.members or ():
        value = member.value or ""
        if (member.type or "User").lower() != "user" or not (value.isdecimal() and len(value) < 19):
            raise InvalidValueException(detail=f"members are users, by their id: {value} is none")
        keys.add(int(value))
    return keys


def _note(row: Row, external_id: str | None) -> None:
    if external_id is not None and ("\x00" in external_id or len(external_id) > 255):
        raise InvalidValueException(detail="externalId can have at most 255 characters")
    Provisioned.objects.update_or_create(group=row, defaults={"external_id": external_id or ""})
