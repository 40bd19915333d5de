"""Budgets: setting them, and how each stands in its month."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from accounts.editable import changed_names, check_row, check_values, readable_names
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from gateway.spending.models import Budget, Spending
from gateway.spending.recording import today


class BudgetValues(TypedDict, total=False):
    """`group`, `person`: by name; empty where the kind is another."""

    kind: str
    group: str
    person: str
    amount: Decimal | float | str
    warn_percent: int
    stops: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a budget stands in the month of now."""

    budget: Budget
    spent: Decimal

    @property
    def percent(self) -> int:
        return int(100 * self.spent / self.budget.amount)

    @property
    def is_exhausted(self) -> bool:
        return self.spent >= self.budget.amount

    @property
    def is_warned(self) -> bool:
        return self.percent >= self.budget.warn_percent


def first_of_month(day: date | None = None) -> date:
    return (day or today()).replace(day=1)


def read_standings(budgets: Sequence[Budget]) -> list[Standing]:
    """Return how each stands. As many queries for fifty as for one, and none that reads people without a budget."""
    kinds = {budget.kind for budget in budgets}
    rows = Spending.objects.filter(day__gte=first_of_month(), cost__gt=0).order_by()
    total = Decimal(0)
    by_person: dict[int, Decimal] = {}
    by_group: dict[int, Decimal] = defaultdict(Decimal)
    if Budget.Kind.INSTALLATION in kinds:
        total = rows.aggregate(sum=Sum("cost"))["sum"] or Decimal(0)
    if Budget.Kind.PERSON in kinds:
        people = [budget.person_id for budget in budgets if budget.person_id is not None]
        by_person = dict(rows.filter(person__in=people).values_list("person").annotate(sum=Sum("cost")))
    if Budget.Kind.GROUP in kinds:
        groups = [budget.group_id for budget in budgets if budget.group_id is not None]
        members = User.groups.through.objects.filter(group__in=groups)
        of_members = dict(rows.filter(person__in=members.values("user_id")).values_list("person").annotate(sum=Sum("cost")))
        for person, group in members.filter(user__in=of_members).values_list("user_id", "group_id"):
            by_group[group] += of_members[person]
    return [
        Standing(
            budget=budget,
            spent=total
            if budget.kind == Budget.Kind.INSTALLATION
            else by_person.get(budget.person_id or 0, Decimal(0))
            if budget.kind == Budget.Kind.PERSON
            else by_group.get(budget.group_id or 0, Decimal(0)),
        )
        for budget in budgets
    ]


def find_exhausted(user: str) -> Budget | None:
    """Return a budget that stops this person's questions from being written by a model that costs; None where none does.

    One query where there are no budgets.

    Args: user: key of the person as a text; Attest itself is held by the installation's budget alone.
    """
    holds = Q(kind=Budget.Kind.INSTALLATION)
    if user.isdecimal():
        holds |= Q(kind=Budget.Kind.PERSON, person=int(user)) | Q(kind=Budget.Kind.GROUP, group__user=int(user))
    budgets = list(Budget.objects.filter(holds, stops=True).select_related("group", "person").distinct())
    if not budgets:
        return None
    return next((standing.budget for standing in read_standings(budgets) if standing.is_exhausted), None)


@transaction.atomic
def create_budget(*, user: User | None, **values: Unpack[BudgetValues]) -> Budget:
    """Set a budget. `user` None: the command line. Raises: ValuesRefused."""
    return _save(Budget(), values, user=user)


@transaction.atomic
def change_budget(*, budget: Budget, user: User | None, **values: Unpack[BudgetValues]) -> Budget:
    """Change what is given; whoever was told is told again where it is crossed again. Raises: ValuesRefused."""
    return _save(Budget.objects.select_for_update().get(pk=budget.pk), values, user=user)


@transaction.atomic
def delete_budget(budget: Budget, *, user: User | None) -> None:
    values = serialize_budget(budget)
    record("budget.deleted", by=actor_of(user), subject=f"budget:{budget.pk}", summary=str(budget), payload=values)
    budget.delete()


def clean_budget(budget: Budget, values: Mapping[str, Any]) -> None:
    """Put the values into the row, unsaved, and judge them. Raises: ValuesRefused."""
    is_new = budget.pk is None
    check_values(BudgetValues, values, is_new=is_new)
    for name in ("kind", "amount", "warn_percent", "stops"):
        if name in values:
            setattr(budget, name, values[name])
    problems: dict[str, list[str]] = {}
    if budget.kind != Budget.Kind.GROUP:
        budget.group = None
    elif "group" in values:
        budget.group = Group.objects.filter(name=values["group"]).first()
    if budget.kind == Budget.Kind.GROUP and budget.group is None:
        problems["group"] = [_("Choose the group that this budget applies to.")]
    if budget.kind != Budget.Kind.PERSON:
        budget.person = None
    elif "person" in values:
        budget.person = User.objects.people().filter(username=values["person"]).first()
    if budget.kind == Budget.Kind.PERSON and budget.person is None:
        problems["person"] = [_("Enter the user name of the person that this budget applies to.")]
    if not problems and _twin(budget).exists():
        problems["kind"] = [_("There is already a budget for this. Change that one.")]
    if problems:
        raise ValuesRefused(problems)
    check_row(budget, names=["kind", "amount", "warn_percent", "stops"])


def serialize_budget(budget: Budget) -> dict[str, Any]:
    """Return every value of a budget as programs write it."""
    related = {
        "group": budget.group.name if budget.group else "",
        "person": budget.person.username if budget.person else "",
        "amount": str(budget.amount),
    }
    return {name: related[name] if name in related else getattr(budget, name) for name in readable_names(BudgetValues)}


def _twin(budget: Budget) -> Any:
    same = Budget.objects.filter(kind=budget.kind, group=budget.group, person=budget.person)
    return same.exclude(pk=budget.pk) if budget.pk else same


def _save(budget: Budget, values: Mapping[str, Any], *, user: User | None) -> Budget:
    is_new = budget.pk is None
    before = {} if is_new else serialize_budget(budget)
    clean_budget(budget, values)
    budget.save()
    budget.refresh_from_db()
    after = serialize_budget(budget)
    changed = changed_names(before, after)
    if changed:
        if not is_new:
            Budget.objects.filter(pk=budget.pk).update(warned_for="", exhausted_for="")
        action = "budget.created" if is_new else "budget.changed"
        payload = after if is_new else after | {"changed": changed}
        record(action, by=actor_of(user), subject=f"budget:{budget.pk}", summary=str(budget), payload=payload)
    return budget
