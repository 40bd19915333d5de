"""The rules of signing in, which a knowledge admin sets on a page: each change is in the audit."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import AccountRefused
from accounts.models import SignInRules, User
from accounts.sign_in.factors import has_second_factor
from audit.actor import actor_of
from audit.services import record


def change_rules(*, second_factor_roles: Iterable[str], actor: User | None) -> SignInRules:
    """Set who must have a second factor. Raises: AccountRefused: an unknown role; one that the acting admin could not meet."""
    wanted = [role for role in User.Role.values if role in set(second_factor_roles)]
    if set(second_factor_roles) - set(wanted):
        raise AccountRefused("rules_invalid", _("There is no such role."))
    if actor is not None and actor.role in wanted and not has_second_factor(actor):
        raise AccountRefused("rules_invalid", _("Set up your own second factor first: the rule would lock you out of this page."))
    with transaction.atomic():
        rules, _created = SignInRules.objects.select_for_update().get_or_create(pk=SignInRules.ONLY)
        before = list(rules.second_factor_roles)
        if before != wanted:
            rules.second_factor_roles = wanted
            rules.save()
            changed = {"second_factor_roles": {"from": before, "to": wanted}}
            record("account.rules_changed", by=actor_of(actor), subject="sign_in:rules", payload={"changed": changed})
    return rules
