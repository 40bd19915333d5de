"""Somebody arrives from an identity provider: the account that is theirs, and the groups that the provider gives and takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused
from accounts.models import SignInRules, User
from accounts.people.given_groups import give_groups
from accounts.people.naming import free_name
from accounts.services import create_account
from accounts.sign_in.oidc.values import Provider
from audit.actor import actor_of
from audit.services import record

NAME_CHARACTERS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Who a provider says has signed in. `subject`: what it calls them for ever; `claims`: of token and userinfo together."""

    subject: str
    claims: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.claims.get(name)
        return value.replace("\x00", "").strip() if isinstance(value, str) else ""

    @property
    def email(self) -> str:
        """The mail address, where the claim holds one."""
        found = self.text("email")
        try:
            validate_email(found)
        except ValidationError:
            return ""
        return found

    def groups(self, claim: str) -> frozenset[str]:
        """Return what the claim of groups holds: a list of texts, or one text."""
        value = self.claims.get(claim)
        values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return frozenset(one for one in values if isinstance(one, str))


def read_arrival(data: Mapping[str, Any]) -> Arrival:
    """Read what allauth collected. Raises: AccountRefused: the two sources speak of two people."""
    token, info = data.get("id_token") or {}, data.get("userinfo") or {}
    if token and info and token.get("sub") != info.get("sub"):
        raise AccountRefused("provider_mismatch", _("The provider gave two different answers about who signed in."))
    claims = {**token, **info}
    return Arrival(subject=str(claims.get("sub", "")), claims=claims)


def admit(arrival: Arrival, *, provider: Provider, user: User | None) -> User:
    """Return the account of who arrived, with the groups of now. `user`: whom they were linked to before.

    Raises: AccountRefused: there is no account, and the provider makes none; or their address is another account's.
    """
    with transaction.atomic():
        if user is None:
            user = _find_by_email(arrival, provider) or _make(arrival, provider)
            SocialAccount.objects.create(user=user, provider=provider.slug, uid=arrival.subject)
            payload = {"username": user.username, "provider": provider.slug, "subject": arrival.subject}
            record("account.linked", by=actor_of(user), subject=f"user:{user.pk}", summary=user.username, payload=payload)
        claimed = arrival.groups(provider.groups_claim)
        known = {group.name: group for group in Group.objects.all()}
        return give_groups(user, source=provider.slug, claimed=claimed, rules=provider.rules, known=known)


def _find_by_email(arrival: Arrival, provider: Provider) -> User | None:
    """Return the account with this address, where the provider may speak for it. The break-glass account is nobody's to take, and
    an auditor's or reviewer's no single admin's: whoever sets up a provider decides what it says."""
    email = arrival.email
    found = User.objects.filter(Q(email__iexact=email) | Q(username__iexact=email)).first() if email else None
    if found is None:
        return None
    is_vouched = provider.links_by_email and arrival.claims.get("email_verified", True) is True
    is_guarded = found.is_guarded or found.is_service or found.pk == SignInRules.current().break_glass_id
    if not is_vouched or is_guarded:
        raise AccountRefused(
            "provider_email_taken",
            _("An account with your email address already exists. Ask a knowledge admin to connect it."),
        )
    return found


def _make(arrival: Arrival, provider: Provider) -> User:
    if not provider.makes_people:
        raise AccountRefused(
            "provider_unknown_person", _("You do not have an account here yet. Ask a knowledge admin to create one.")
        )
    email = arrival.email
    wanted = arrival.text("preferred_username") or email.partition("@")[0] or arrival.subject
    return create_account(
        username=free_name(wanted),
        first_name=(arrival.text("given_name") or arrival.text("name"))[:NAME_CHARACTERS],
        last_name=arrival.text("family_name")[:NAME_CHARACTERS],
        email=email,
        actor=None,
    )
