"""Owners and editors of a collection: named, changed and dismissed; a collection keeps an owner once it has one."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from kb.models import Collection, Steward


@transaction.atomic
def set_steward(*, collection: Collection, person: User, role: str | None, user: User | None) -> None:
    """Make somebody owner or editor of a collection, at once; None: neither. `user` None: the command line.

    Raises: ValuesRefused: the account cannot sign in, audits or reviews, the role is unknown, or the last owner would go.
    """
    if Collection.objects.live().select_for_update().filter(pk=collection.pk).first() is None:
        raise ValuesRefused({"": [_("This collection was deleted.")]})
    person = User.objects.select_for_update().get(pk=person.pk)
    if role is not None and role not in Steward.Role.values:
        raise ValuesRefused({"role": [_("There is no such role.")]})
    if role is not None and (not person.is_active or person.is_guarded):
        raise ValuesRefused(
            {"person": [_("An auditor, a reviewer, or an account that cannot sign in, cannot own or edit a collection.")]}
        )
    before = Steward.objects.filter(collection=collection, user=person).first()
    if (before.role if before else None) == role:
        return
    if before is not None and before.role == Steward.Role.OWNER:
        others = collection.stewards.filter(role=Steward.Role.OWNER, user__is_active=True).exclude(user=person)
        if not others.exists() and not (user is None or user.is_knowledge_admin):
            raise ValuesRefused({"person": [_("This is the last owner. Make somebody else an owner first.")]})
    if role is None:
        collection.stewards.filter(user=person).delete()
    else:
        Steward.objects.update_or_create(collection=collection, user=person, defaults={"role": role})
    record(
        "collection.steward_changed",
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"collection:{collection.slug}",
        summary=f"{collection.name}: {person.username}",
        payload={"person": person.username, "from": before.role if before else None, "to": role},
    )


@transaction.atomic
def hand_over(*, collection: Collection, to: User, user: User) -> None:
    """Make somebody the owner in place of the acting one, in one step. Raises: ValuesRefused: as `set_steward`; to oneself."""
    if to.pk == user.pk:
        raise ValuesRefused({"person": [_("You own this collection already.")]})
    set_steward(collection=collection, person=to, role=Steward.Role.OWNER, user=user)
    set_steward(collection=collection, person=user, role=None, user=user)


def find_person(name: str) -> User:
    """Return the account of this user name. Raises: ValuesRefused."""
    found = User.objects.filter(username=name.strip(), is_active=True).first() if "\x00" not in name else None
    if found is None:
        raise ValuesRefused({"person": [_("There is no active user with this name.")]})
    return found


def owners_of(collection: Collection) -> QuerySet[User]:
    """Return who owns a collection and can sign in, by name."""
    return User.objects.filter(is_active=True, stewardships__collection=collection, stewardships__role=Steward.Role.OWNER).order_by(
        "last_name", "first_name", "username"
    )
