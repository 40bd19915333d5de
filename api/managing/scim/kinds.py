"""People and groups, as the endpoints see them: one shape, so that both are listed, shown and changed by the same code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from api.managing.scim import filters, groups, people
from api.managing.scim.filters import Column
from api.managing.scim.resources import Group, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the endpoints need to know of a kind. `with_members`: whether a group's members are read; people have none."""

    resource: Any  # the class of scim2_models
    columns: Mapping[str, Column]  # what may be filtered and sorted by
    find: Callable[[bool], QuerySet[Any]]  # with_members → rows
    describe: Callable[[Any, str, bool], Any]  # row, base of addresses, with_members → resource
    make: Callable[..., Any]
    change: Callable[..., Any]
    drop: Callable[..., None]


PEOPLE = Kind(
    resource=User,
    columns=filters.PEOPLE,
    find=lambda with_members: people.find_accounts(),
    describe=lambda row, base, with_members: people.resource_of(row, base=base),
    make=people.create_person,
    change=people.change_person,
    drop=people.delete_person,
)
GROUPS = Kind(
    resource=Group,
    columns=filters.GROUPS,
    find=lambda with_members: groups.find_groups(with_members=with_members),
    describe=lambda row, base, with_members: groups.resource_of(row, base=base, with_members=with_members),
    make=groups.make_group,
    change=groups.change_group,
    drop=groups.drop_group,
)
KINDS = {"people": PEOPLE, "groups": GROUPS}  # as the addresses name them
