"""The rules of signing in, which a knowledge admin sets on a page: each change is in the audit."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused
from accounts.models import SignInRules, User
from accounts.sign_in.oidc.providers import find_providers
from accounts.sign_in.second_factors.holding import has_second_factor
from audit.actor import actor_of
from audit.services import record


def change_rules(
    *, second_factor_roles: Iterable[str], is_password_off: bool = False, break_glass: User | None = None, actor: User | None
) -> SignInRules:
    """Set who must have a second factor, and whether identity providers alone let people in.

    Args:
        break_glass: the one account that signs in by password all the same, should no provider answer.
    Raises: AccountRefused: an unknown role; one that the acting admin could not meet; nobody could come in any more.
    """
    wanted = [role for role in User.Role.values if role in set(second_factor_roles)]
    if set(second_factor_roles) - set(wanted):
        raise AccountRefused("rules_invalid", _("There is no such role."))
    if actor is not None and actor.role in wanted and not has_second_factor(actor):
        raise AccountRefused("rules_invalid", _("Set up your own second factor first: the rule would lock you out of this page."))
    if is_password_off:
        _check_way_in(break_glass)
    with transaction.atomic():
        rules, _created = SignInRules.objects.select_for_update().get_or_create(pk=SignInRules.ONLY)
        before = _state(rules)
        rules.second_factor_roles, rules.is_password_off, rules.break_glass = wanted, is_password_off, break_glass
        after = _state(rules)
        if before != after:
            rules.save()
            changed = {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}
            record("account.rules_changed", by=actor_of(actor), subject="sign_in:rules", payload={"changed": changed})
    return rules


def _check_way_in(break_glass: User | None) -> None:
    if not find_providers() and not settings.DIRECTORIES:
        raise AccountRefused("rules_invalid", _("Add an identity provider first: otherwise nobody could sign in."))
    if break_glass is None or not break_glass.is_system_admin or not break_glass.has_usable_password():
        raise AccountRefused(
            "rules_invalid", _("Choose the emergency account: an active admin of people and sign-in who has a password.")
        )


def _state(rules: SignInRules) -> dict[str, object]:
    return {
        "second_factor_roles": list(rules.second_factor_roles),
        "is_password_off": rules.is_password_off,
        "break_glass": rules.break_glass.username if rules.break_glass else "",
    }
