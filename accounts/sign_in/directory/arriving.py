"""The account of somebody in a directory: found, connected or made, and kept in step with what the directory says."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused
from accounts.models import DirectoryEntry, SignInRules, User
from accounts.people.given_groups import give_groups
from accounts.people.naming import free_name
from accounts.services import change_account, create_account, reset_password
from accounts.sign_in.directory.people import Person
from accounts.sign_in.directory.values import Directory
from audit.actor import actor_of
from audit.services import record


def known_groups() -> dict[str, Group]:
    """Return every group here, by its name."""
    return {group.name: group for group in Group.objects.all()}


@transaction.atomic
def admit(person: Person, *, directory: Directory, known: Mapping[str, Group], makes: bool) -> User:
    """Return the account of somebody in the directory, with the names, the address and the groups of now.

    Args: makes: an account, where there is none.
    Raises: AccountRefused: there is no account and none is made, or their name is another account's.
    """
    entry = DirectoryEntry.objects.select_for_update().filter(directory=directory.slug, uid=person.uid).first()
    if entry is None:
        entry = _connect(person, directory=directory, makes=makes)
    entry.dn, entry.seen_at = person.dn, timezone.now()
    user = entry.user
    if entry.left_at is not None and not person.is_disabled:
        if not user.is_active:
            user = change_account(user=user, actor=None, is_active=True)
        entry.left_at = None
    entry.save(update_fields=["dn", "seen_at", "left_at"])
    user = change_account(user=user, actor=None, **values_for(user, person))
    return give_groups(user, source=directory.source, claimed=person.groups, rules=directory.rules, known=known)


@transaction.atomic
def dismiss(entry: DirectoryEntry) -> None:
    """Disable the account of somebody who left the directory: sessions and keys end, what runs stops.

    Raises: AccountRefused: it is the last admin of people and sign-in, or the emergency account.
    """
    change_account(user=entry.user, actor=None, is_active=False)
    DirectoryEntry.objects.filter(pk=entry.pk).update(left_at=timezone.now())


def values_for(user: User, person: Person) -> dict[str, Any]:
    """Return what an account takes over from the directory. What is no address, or another account's, is left as it is; so is an
    auditor's and a reviewer's, by which nobody alone asks for a new password."""
    values = {"first_name": person.first_name, "last_name": person.last_name}
    if not user.is_guarded and is_free_address(person.email, user=user):
        values["email"] = person.email
    return values


def is_free_address(email: str, *, user: User | None) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    others = User.objects.exclude(pk=user.pk) if user is not None else User.objects.all()
    return not others.filter(Q(email__iexact=email) | Q(username__iexact=email)).exists()


def is_kept_elsewhere(user: User) -> bool:
    """Tell whether this account's password is a directory's."""
    return DirectoryEntry.objects.filter(user=user).exists()


def _connect(person: Person, *, directory: Directory, makes: bool) -> DirectoryEntry:
    """Return a new connection: with the account of this name, where the operator lets the directory have it, or a new one.

    The emergency account is nobody's to take, and an auditor's or reviewer's no single admin's."""
    if person.is_disabled:
        raise AccountRefused("directory_disabled", _("Your account in the company directory is disabled."))
    user = User.objects.filter(Q(username__iexact=person.username) | Q(email__iexact=person.username)).first()
    if user is not None:
        is_guarded = user.is_guarded or user.is_service or user.pk == SignInRules.current().break_glass_id
        left = DirectoryEntry.objects.filter(user=user, directory=directory.slug, left_at__isnull=False).first()
        if not directory.links_by_name or is_guarded or (left is None and is_kept_elsewhere(user)):
            raise AccountRefused(
                "directory_name_taken",
                _("An account with your user name already exists. Ask a knowledge admin to connect it."),
            )
        if user.has_usable_password():
            user = reset_password(user=user, actor=None)
    elif not makes:
        raise AccountRefused(
            "directory_unknown_person", _("You do not have an account here yet. Ask a knowledge admin to create one.")
        )
    else:
        user = create_account(
            username=free_name(person.username),
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email if is_free_address(person.email, user=None) else "",
            actor=None,
        )
    values = {"directory": directory.slug, "uid": person.uid, "dn": person.dn, "seen_at": timezone.now()}
    entry, _is_new = DirectoryEntry.objects.update_or_create(user=user, defaults=values)  # of who left: another entry is theirs
    payload = {"username": user.username, "directory": directory.slug, "dn": person.dn}
    record("account.linked", by=actor_of(user), subject=f"user:{user.pk}", summary=user.username, payload=payload)
    return entry
