"""Setting retention rules. A rule that is new or changed is off, until somebody has seen what would go and switches it on."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from kb.models import Collection
from retention.errors import RetentionRefused
from retention.models import RetentionRule

MOST_DAYS = 36_500


def set_rule(*, kind: str, collection: Collection | None, days: int | None, by: User | None) -> RetentionRule:
    """Say how long one kind of data is kept, in general or in one collection. It is off then.

    Args: days: None: without end, in a collection whose general rule says otherwise. by: None for the command line.
    Raises: RetentionRefused.
    """
    if kind not in RetentionRule.Kind.values:
        raise RetentionRefused(_("Choose what the rule applies to."))
    if days is None and collection is None:
        raise RetentionRefused(_("By default everything is kept indefinitely, so a rule needs a number of days."))
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise RetentionRefused(_("Enter a number of days from 1 to %(limit)s.") % {"limit": MOST_DAYS})
    actor = actor_of(by, otherwise=COMMAND_LINE)
    with transaction.atomic():
        rule, _is_new = RetentionRule.objects.select_for_update().order_by("pk").get_or_create(kind=kind, collection=collection)
        if rule.days == days and rule.is_on:
            return rule
        before = _as_values(rule)
        rule.days, rule.is_on, rule.changed_by = days, False, actor.name[:200]
        rule.save()
        _record("changed", rule, by=by, before=before)
    return rule


def switch_rule(rule: RetentionRule, *, is_on: bool, seen_days: int | None = None, by: User | None) -> RetentionRule:
    """Switch a rule on or off. Raises: RetentionRefused: it was changed since whoever switches it on saw what would go.

    Args: seen_days: what the rule said then.
    """
    with transaction.atomic():
        found = RetentionRule.objects.select_for_update().filter(pk=rule.pk).order_by("pk").first()
        if found is None:
            raise RetentionRefused(_("This rule has been removed in the meantime."))
        if is_on and found.days != seen_days:
            raise RetentionRefused(
                _("The rule has been changed in the meantime. Review what would be deleted now, then switch it on again.")
            )
        if found.is_on == is_on:
            return found
        found.is_on, found.changed_by = is_on, actor_of(by, otherwise=COMMAND_LINE).name[:200]
        found.save(update_fields=["is_on", "changed_by", "changed_at"])
        _record("switched_on" if is_on else "switched_off", found, by=by)
    return found


def remove_rule(rule: RetentionRule, *, by: User | None) -> None:
    """Take a rule away: what it was for is kept by the general rule, or without end."""
    with transaction.atomic():
        found = RetentionRule.objects.select_for_update().filter(pk=rule.pk).order_by("pk").first()
        if found is not None:
            _record("removed", found, by=by)
            found.delete()


def _as_values(rule: RetentionRule) -> dict[str, object]:
    return {"days": rule.days, "is_on": rule.is_on}


def _record(verb: str, rule: RetentionRule, *, by: User | None, before: dict[str, object] | None = None) -> None:
    slug = rule.collection.slug if rule.collection else ""
    record(
        f"retention.{verb}",
        by=actor_of(by, otherwise=COMMAND_LINE),
        subject=f"retention:{rule.kind}",
        summary=slug,
        payload={"kind": rule.kind, "collection": slug, "days": rule.days} | ({"before": before} if before else {}),
    )
