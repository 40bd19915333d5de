"""What the desk does by itself: how much is drawn for review, when a second person looks, when it is due."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from kb.models import Collection
from reviews.errors import ReviewRefused
from reviews.models import DeskRules, SampleRate

RULES_ID = 1


def read_rules() -> DeskRules:
    return DeskRules.objects.filter(pk=RULES_ID).first() or DeskRules(pk=RULES_ID)


def lock_rules() -> DeskRules:
    """Return the rules, locked to the end of the caller's transaction."""
    rules, _created = DeskRules.objects.select_for_update().get_or_create(pk=RULES_ID)
    return rules


def change_rules(
    *,
    sample_percent: int,
    second_percent: int,
    is_blind: bool,
    due_days: int,
    escalate_days: int,
    escalate_to: User | None,
    rates: Mapping[str, int | None],
    by: User,
) -> DeskRules:
    """Set the rules of the desk, and put it on record where anything differs.

    Args:
        escalate_days: after the due day; 0: never. escalate_to: who gets what is escalated; None: it is marked alone.
        rates: slug of a collection to its own rate; None: the general one.
    Raises: ReviewRefused: a number out of its range, no auditor, or a collection that is not there.
    """
    for value in (sample_percent, second_percent, *(rate for rate in rates.values() if rate is not None)):
        if not 0 <= value <= 100:
            raise ReviewRefused(_("A rate must be between 0 and 100 percent."))
    if not 1 <= due_days <= 365:
        raise ReviewRefused(_("Reviews must be due after 1 to 365 days."))
    if not 0 <= escalate_days <= 365:
        raise ReviewRefused(_("Overdue reviews are escalated after 1 to 365 days, or never (0)."))
    if escalate_to is not None and not (escalate_to.is_active and escalate_to.is_auditor):
        raise ReviewRefused(_("Overdue reviews can go only to auditors."))
    with transaction.atomic():
        rules = lock_rules()
        known = set(Collection.objects.filter(slug__in=rates).values_list("slug", flat=True))
        if unknown := sorted(set(rates) - known):
            raise ReviewRefused(_("There is no collection “%(slug)s”.") % {"slug": unknown[0]})
        before = _as_values(rules)
        rules.sample_percent, rules.second_percent = sample_percent, second_percent
        rules.is_blind, rules.due_days = is_blind, due_days
        rules.escalate_days, rules.escalate_to = escalate_days, escalate_to
        rules.save()
        SampleRate.objects.filter(slug__in=[slug for slug, rate in rates.items() if rate is None]).delete()
        for slug, rate in rates.items():
            if rate is not None:
                SampleRate.objects.update_or_create(slug=slug, defaults={"percent": rate})
        after = _as_values(rules)
        if after != before:
            record("review.rules_changed", by=actor_of(by), payload={"from": before, "to": after})
    return rules


def _as_values(rules: DeskRules) -> dict[str, object]:
    values: dict[str, object] = {
        name: getattr(rules, name) for name in ("sample_percent", "second_percent", "is_blind", "due_days", "escalate_days")
    }
    values["escalate_to"] = str(rules.escalate_to_id or "")
    return values | {"rates": dict(SampleRate.objects.order_by("slug").values_list("slug", "percent"))}
