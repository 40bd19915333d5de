"""Who may read a document, and why: what has to be passed, one after the other, and by whom it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from accounts.models import User
from kb.models import AccessRequest, Collection, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a reader has to pass: the collection, a narrowed folder, the document's own narrowing. One of the names is enough.

    `is_open`: nobody has to be named. Denied: who does not pass, whatever else names them.
    """

    kind: Literal["collection", "folder", "document"]
    name: str
    groups: tuple[Group, ...]
    people: tuple[User, ...] = ()
    is_open: bool = False
    denied_groups: tuple[Group, ...] = ()
    denied_people: tuple[User, ...] = ()

    @property
    def is_shut(self) -> bool:
        """Whether it names nobody."""
        return not (self.groups or self.people or self.is_open)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """How somebody passes one gate."""

    gate: Gate
    group: str = ""  # "": by name


def gates_of(document: Document) -> tuple[Gate, ...]:
    """Return what a reader of this document has to pass, from the outside in."""
    collection = document.collection
    let_in = User.objects.filter(pk__in=collection.access_requests.filter(AccessRequest.holding()).values("user"))
    gates = [
        Gate(
            kind="collection",
            name=collection.name,
            groups=tuple(collection.groups.order_by("name")),
            people=tuple(let_in.order_by("username")),
        )
    ]
    rows: list[tuple[Literal["folder"], str, object]] = []
    if document.folder is not None:
        rows += [("folder", folder.name, folder) for folder in document.folder.way if folder.is_narrowed]
    for kind, name, row in rows:
        groups, people = tuple(row.groups.order_by("name")), tuple(row.people.order_by("username"))  # type: ignore[attr-defined]  # both have them
        gates.append(Gate(kind=kind, name=name, groups=groups, people=people))
    if document.is_narrowed or document.has_denied:
        gates.append(
            Gate(
                kind="document",
                name=document.title,
                groups=tuple(document.groups.order_by("name")),
                people=tuple(document.people.order_by("username")),
                is_open=not document.is_narrowed,
                denied_groups=tuple(document.denied_groups.order_by("name")),
                denied_people=tuple(document.denied_people.order_by("username")),
            )
        )
    return tuple(gates)


def reasons_for(user: User, gates: Sequence[Gate]) -> tuple[Reason, ...]:
    """Return how somebody passes each gate; none where they do not pass all of them."""
    mine = set(user.groups.values_list("pk", flat=True))
    found = []
    for gate in gates:
        if user in gate.denied_people or any(group.pk in mine for group in gate.denied_groups):
            return ()
        if gate.is_open:
            continue
        group = next((group for group in gate.groups if group.pk in mine), None)
        if group is None and user not in gate.people:
            return ()
        found.append(Reason(gate=gate, group=group.name if group is not None else ""))
    return tuple(found)


def readers_of(gates: Sequence[Gate]) -> QuerySet[User]:
    """Return who passes all gates and may sign in. Who manages the collection reads it besides."""
    people = User.objects.filter(is_active=True)
    for gate in gates:
        if gate.denied_groups or gate.denied_people:
            people = people.exclude(_among(gate.denied_groups, gate.denied_people))
        if not gate.is_open:
            people = people.filter(_among(gate.groups, gate.people))
    return people.order_by("username")


def _among(groups: Sequence[Group], people: Sequence[User]) -> Q:
    by_group = Q(pk__in=User.groups.through.objects.filter(group__in=groups).values("user"))
    return by_group | Q(pk__in=[person.pk for person in people])


def has_owner(collection: Collection) -> bool:
    """Tell whether anybody who owns a collection can still sign in."""
    return Collection.objects.with_owner().filter(Q(has_owner=True), pk=collection.pk).exists()


def owns(user: User, collection: Collection) -> bool:
    """Tell whether somebody may change who reads, owns and edits a collection."""
    return Collection.objects.owned_by(user).filter(pk=collection.pk).exists()


def manages(user: User, collection: Collection) -> bool:
    """Tell whether somebody may change a collection, and reads all of it for that."""
    return Collection.objects.manageable_by(user).filter(pk=collection.pk).exists()
