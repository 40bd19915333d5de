"""What the installation allows who asks: a system admin switches it on the System page."""

from typing import Literal

from django.db import transaction

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from chat.models import ChatRules

Rule = Literal["allows_incognito", "allows_files"]


def allows(rule: Rule) -> bool:
    """Whether it is allowed; where nobody has said so, by the rule's default. One query."""
    return bool(getattr(ChatRules.objects.filter(pk=ChatRules.ONLY).first() or ChatRules(), rule))


@transaction.atomic
def allow(rule: Rule, *, is_allowed: bool, user: User | None) -> None:
    """Allow it, or end it: what is there then stays as long as it would have. `user` None: the command line."""
    rules, _is_new = ChatRules.objects.select_for_update().get_or_create(pk=ChatRules.ONLY)
    if getattr(rules, rule) == is_allowed:
        return
    setattr(rules, rule, is_allowed)
    rules.save(update_fields=[rule])
    record("chat.rules_changed", by=actor_of(user), payload={rule: is_allowed})
