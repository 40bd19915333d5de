"""What was spent, by month, model, person, group and collection; out of the sums by day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from accounts.models import User
from gateway.spending.budgets import first_of_month
from gateway.spending.models import NOBODY, NOWHERE, Spending
from kb.models import Collection

MONTHS = 12
TABLES = ("months", "models", "people", "groups", "collections")
SUMS = {name: Sum(name) for name in ("calls", "uncounted", "prompt_tokens", "completion_tokens", "cost")}

Named = tuple[str, Mapping[str, Any]]  # a name, and its sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table. `name`: of the month as "2026-11"; of what is deleted a dash with its number."""

    name: str
    calls: int
    uncounted: int  # of them, without tokens from the server
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    percent: int  # of the table's largest cost, for a bar; of calls where nothing costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """A month's spending; `months` has it with the eleven before."""

    month: date
    months: tuple[Line, ...]
    models: tuple[Line, ...]
    people: tuple[Line, ...]
    groups: tuple[Line, ...]  # who is in two counts in both
    collections: tuple[Line, ...]

    @property
    def total(self) -> Line:
        return next(line for line in self.months if line.name == f"{self.month:%Y-%m}")


def read_month(text: str) -> date:
    """Return the month of "2026-11"; that of now for nonsense, and for what is to come."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return first_of_month()
    return min(month, first_of_month())


def read_costs(month: date) -> Costs:
    """Return what was spent in a month. As many queries for ten thousand people as for five."""
    rows = Spending.objects.filter(day__gte=month, day__lt=_later(month, 1)).order_by()
    people = _by(rows, "person")
    return Costs(
        month=month,
        months=_months(month),
        models=_lines(_by(rows, "model").items()),
        people=_lines(_named(people, dict(User.objects.filter(pk__in=people).values_list("pk", "username")), _("Attest itself"))),
        groups=_lines(_groups(people).items()),
        collections=_lines(
            _named(
                (found := _by(rows, "collection")),
                dict(Collection.objects.filter(pk__in=found).values_list("pk", "name")),
                _("Before a search, or no collection"),
            )
        ),
    )


def as_rows(lines: Sequence[Line], table: str) -> Iterable[Sequence[Any]]:
    """Return a table for a spreadsheet, its head first."""
    yield (table.removesuffix("s") if table != "people" else "person", *SUMS)
    for line in lines:
        counts = (line.calls, line.uncounted, line.prompt_tokens, line.completion_tokens)
        yield (line.name, *counts, f"{line.cost:.6f}")


def _by(rows: "QuerySet[Spending]", column: str) -> dict[Any, dict[str, Any]]:
    return {row.pop(column): row for row in rows.values(column).annotate(**_renamed()).order_by()}


def _renamed() -> dict[str, Sum]:
    return {f"sum_{name}": total for name, total in SUMS.items()}


def _named(found: Mapping[int, dict[str, Any]], names: Mapping[int, str], nobody: str) -> list[Named]:
    """Return the sums with names, of which two may be the same: names of collections are."""
    assert NOBODY == NOWHERE == 0  # noqa: S101  one rule for both
    return [(names.get(pk, f"– {pk}" if pk else nobody), sums) for pk, sums in found.items()]


def _groups(people: Mapping[int, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    names = dict(Group.objects.values_list("pk", "name"))
    sums: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_renamed(), 0))
    for person, group in User.groups.through.objects.filter(user__in=people).values_list("user_id", "group_id"):
        for name, value in people[person].items():
            sums[names[group]][name] += value
    return sums


def _lines(found: Iterable[Named]) -> tuple[Line, ...]:
    return _measure(sorted(found, key=lambda row: (-row[1]["sum_cost"], -row[1]["sum_calls"], row[0])))


def _measure(rows: Sequence[Named]) -> tuple[Line, ...]:
    """Return the lines, each measured by the table's largest."""
    column = "sum_cost" if any(sums["sum_cost"] for _name, sums in rows) else "sum_calls"
    most = max((sums[column] for _name, sums in rows), default=0) or 1
    return tuple(
        Line(name=name, percent=round(100 * sums[column] / most), **{key: sums[f"sum_{key}"] for key in SUMS})
        for name, sums in rows
    )


def _months(last: date) -> tuple[Line, ...]:
    first = _later(last, 1 - MONTHS)
    rows = Spending.objects.filter(day__gte=first, day__lt=_later(last, 1)).annotate(month=TruncMonth("day"))
    found: dict[date, dict[str, Any]] = {}
    for row in rows.values("month").annotate(**_renamed()).order_by():
        found[row["month"]] = dict(row)
    nothing = dict.fromkeys(_renamed(), 0)
    named = [(f"{month:%Y-%m}", found.get(month, nothing)) for month in (_later(first, number) for number in range(MONTHS))]
    return _measure(named)


def _later(month: date, count: int) -> date:
    """Return the first day of the month so many months later."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)
