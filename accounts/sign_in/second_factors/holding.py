"""Second factors: who has one, who must have one, and the record of each change. allauth.mfa makes, keeps and checks them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused
from accounts.models import SignInRules, User
from accounts.sign_in.sessions import describe_client
from audit.actor import actor_of
from audit.services import record

MAIN = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes stand in for one of these
View = Callable[..., HttpResponseBase]
Factor = tuple[int, str, str]  # primary key, type, name


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=MAIN).exists()


def lacks_second_factor(user: User) -> bool:
    """Tell whether the rules demand a second factor of this person, and there is none: then nothing but making one is allowed."""
    return user.role in SignInRules.current().second_factor_roles and not has_second_factor(user)


def find_factors(user: User) -> list[Factor]:
    """Return a person's factors and recovery codes, the oldest first."""
    rows = Authenticator.objects.filter(user=user).order_by("pk")
    return [(row.pk, str(row.type), str(row.data.get("name", ""))) for row in rows]


def remove_factors(*, user: User, actor: User | None, confirmed_by: User | None = None) -> int:
    """Take all second factors from somebody who lost them, and end their sessions. Returns: how many factors there were.

    Args: confirmed_by: the second person, without whom nobody takes an auditor's or reviewer's.
    Raises: AccountRefused: taken alone.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        is_alone = confirmed_by is None or (actor is not None and confirmed_by.pk == actor.pk)
        if user.is_guarded and actor is not None and is_alone:
            raise AccountRefused("second_person", _("Another person has to confirm this."))
        found = find_factors(user)
        Authenticator.objects.filter(user=user).delete()
        if found:
            user.session_generation += 1
            user.save(update_fields=["session_generation"])
            payload = {"username": user.username, "removed": [_described(factor) for factor in found]}
            record("account.factors_removed", by=actor_of(actor), subject=f"user:{user.pk}", summary=user.username, payload=payload)
    return sum(1 for _pk, kind, _name in found if kind in MAIN)


def on_record(view: View) -> View:
    """Record what a view of allauth.mfa changed in its person's factors, in the transaction in which it changes them.

    The first factor ends the person's other sessions: they were let in without one.
    """

    @wraps(view)
    def recorded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        if request.method != "POST" or not request.user.is_authenticated:
            return view(request, *args, **named)
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=request.user.pk)
            before = find_factors(user)
            response = view(request, *args, **named)
            _record_changes(request, user, before=before, after=find_factors(user))
        return response

    return recorded


def _record_changes(request: HttpRequest, user: User, *, before: list[Factor], after: list[Factor]) -> None:
    events = [("account.factor_added", factor) for factor in after if factor not in before]
    events += [("account.factor_removed", factor) for factor in before if factor not in after]
    if not any(kind in MAIN for _pk, kind, _name in before) and any(kind in MAIN for _pk, kind, _name in after):
        user.session_generation += 1
        user.save(update_fields=["session_generation"])
        update_session_auth_hash(request, user)
    for _pk, kind, _name in (factor for factor in after if factor not in before and factor[1] in MAIN):
        record_authentication(request, user, method="mfa", type=kind)  # making it is showing it
    for action, factor in events:
        payload = {"username": user.username, "factor": _described(factor), **describe_client(request)}
        record(action, by=actor_of(user), subject=f"user:{user.pk}", summary=user.username, payload=payload)


def _described(factor: Factor) -> dict[str, str]:
    _pk, kind, name = factor
    return {"type": kind, "name": name}
