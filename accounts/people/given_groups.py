"""Groups that come from outside: given and taken, and none that somebody gave by hand."""

from collections.abc import Mapping

from django.contrib.auth.models import Group

from accounts.models import ProvidedGroup, User
from accounts.people.group_rules import GroupRules, groups_after
from accounts.services import change_account


def give_groups(user: User, *, source: str, claimed: frozenset[str], rules: GroupRules, known: Mapping[str, Group]) -> User:
    """Give the groups that the claims lead to, and take those that this source rules or gave before and gives no more.

    Args: known: every group here, by its name.
    """
    wanted = rules.groups_of(claimed, known=frozenset(known)) & frozenset(known)
    given = ProvidedGroup.objects.filter(user=user, provider=source)
    present = frozenset(user.groups.values_list("name", flat=True))
    after = groups_after(present=present, given=given.values_list("group__name", flat=True), wanted=wanted, rules=rules)
    given.exclude(group__name__in=wanted).delete()
    for name in wanted - present:
        ProvidedGroup.objects.get_or_create(user=user, group=known[name], provider=source)
    if after != present:
        user = change_account(user=user, actor=None, groups=[known[name] for name in after])
    return user
