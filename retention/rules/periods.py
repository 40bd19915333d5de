"""How long things are kept by the rules: the longest period of all collections that something belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from retention.models import RetentionRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """The rules of one kind. Days; None: without end. `own`: by the primary key of a collection."""

    general: int | None = None
    own: Mapping[int, int | None] = field(default_factory=dict)

    @property
    def shortest(self) -> int | None:
        """The shortest of all, None: nothing ever goes."""
        return min((days for days in (self.general, *self.own.values()) if days is not None), default=None)

    def days_for(self, collections: frozenset[int]) -> int | None:
        """Return how long what belongs to these collections is kept: what one of them keeps, goes for none."""
        wanted = [self.own.get(pk, self.general) for pk in collections] or [self.general]
        return None if None in wanted else max(days for days in wanted if days is not None)

    def is_due(self, collections: frozenset[int], *, at: datetime, now: datetime) -> bool:
        days = self.days_for(collections)
        return days is not None and at < now - timedelta(days=days)


def read_periods(kind: str, *, draft: RetentionRule | None = None) -> Periods:
    """Return the rules that are on. `draft`: one that counts as if it were on, in the place of the stored one."""
    rules = {rule.collection_id: rule.days for rule in RetentionRule.objects.filter(kind=kind, is_on=True)}
    if draft is not None and draft.kind == kind:
        rules[draft.collection_id] = draft.days
    general = rules.pop(None, None)
    return Periods(general=general, own={pk: days for pk, days in rules.items() if pk is not None})
