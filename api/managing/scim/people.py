"""Accounts as SCIM has them."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from scim2_models import InvalidValueException, Meta, MutabilityException, UniquenessException

from accounts.models import Provisioned
from accounts.models import User as Account
from accounts.services import change_account, create_account
from api.managing.scim.resources import Email, Membership, Name, User


def find_accounts() -> QuerySet[Account]:
    """Return the accounts that programs see: all but those that one has deleted. Programs' own accounts are not people."""
    rows = Account.objects.people().exclude(provisioned__deleted_at__isnull=False)
    return rows.select_related("provisioned").prefetch_related("groups")


def resource_of(account: Account, *, base: str) -> User:
    """Return an account as a resource. `base`: the address of this service, without a slash at its end."""
    provisioned = getattr(account, "provisioned", None)
    return User(
        id=str(account.pk),
        external_id=(provisioned.external_id if provisioned else "") or None,
        user_name=account.username,
        name=Name(given_name=account.first_name or None, family_name=account.last_name or None),
        active=account.is_active,
        emails=[Email(value=account.email, type="work", primary=True)] if account.email else None,
        groups=[Membership(value=str(group.pk), display=group.name) for group in account.groups.all()] or None,
        meta=Meta(resource_type="User", created=account.date_joined, location=f"{base}/Users/{account.pk}"),
    )


@transaction.atomic
def create_person(given: User, *, actor: Account) -> Account:
    """Make an account, or take one up again that a program had deleted.

    Raises: UniquenessException: somebody has this name. AccountRefused: it will not do.
    """
    name = (given.user_name or "").strip()
    taken = Account.objects.select_for_update().filter(Q(username__iexact=name) | Q(email__iexact=name)).first()
    if taken is not None:
        provisioned = Provisioned.objects.filter(user=taken, deleted_at__isnull=False).first()
        if provisioned is None:
            raise UniquenessException(detail=f"there is an account with the user name {name} already")
        provisioned.deleted_at = None
        provisioned.save(update_fields=["deleted_at"])
        return change_person(taken, given, actor=actor)
    email = _email_of(given)
    if email and Account.objects.filter(Q(email__iexact=email) | Q(username__iexact=email)).exists():
        raise UniquenessException(detail=f"there is an account with the email address {email} already")
    account = create_account(username=name, email=email, **_names_of(given), actor=actor)
    if given.active is False:
        account = change_account(user=account, is_active=False, actor=actor)
    _note(account, given.external_id)
    return account


@transaction.atomic
def change_person(account: Account, given: User, *, actor: Account) -> Account:
    """Bring an account to the state of this resource; what it leaves out is empty, but `active`, which is then true.

    Raises: MutabilityException: another user name. AccountRefused: an admin may not do it either.
    """
    if (given.user_name or "").strip().lower() != account.username.lower():
        raise MutabilityException(
            detail="userName cannot be changed", attribute="userName", mutability="immutable", operation="replace"
        )
    email = _email_of(given)
    others = Account.objects.exclude(pk=account.pk)
    if email and others.filter(Q(email__iexact=email) | Q(username__iexact=email)).exists():
        raise UniquenessException(detail=f"there is an account with the email address {email} already")
    is_active = given.active is not False
    account = change_account(user=account, actor=actor, email=email, is_active=is_active, **_names_of(given))
    _note(account, given.external_id)
    return account


@transaction.atomic
def delete_person(account: Account, *, actor: Account) -> None:
    """Take the access away for good: sessions and keys end, and the program sees it no more. Its past stays in the audit.

    Raises: AccountRefused: the last admin, the emergency account, or the acting admin's own.
    """
    change_account(user=account, actor=actor, is_active=False)
    Provisioned.objects.update_or_create(user=account, defaults={"deleted_at": timezone.now()})


def _note(account: Account, external_id: str | None) -> None:
    if external_id is not None and ("\x00" in external_id or len(external_id) > 255):
        raise InvalidValueException(detail=_("externalId can have at most 255 characters"))
    Provisioned.objects.update_or_create(user=account, defaults={"external_id": external_id or ""})


def _names_of(given: User) -> dict[str, Any]:
    name = given.name or Name()
    return {"first_name": (name.given_name or "")[:150], "last_name": (name.family_name or "")[:150]}


def _email_of(given: User) -> str:
    """Return the primary address, else the first."""
    emails = [one for one in given.emails or () if one.value]
    chosen = next((one for one in emails if one.primary), emails[0] if emails else None)
    return str(chosen.value) if chosen is not None else ""
