"""What models cost, and budgets, for programs of who manages models."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.editable import schema_of
from api.requests import ApiRequest
from api.strictness import Given
from gateway.spending import budgets
from gateway.spending.costs import Line, read_costs, read_month
from gateway.spending.models import Budget

router = Router(tags=["models"])
PEOPLE = scoped(ApiKey.Scope.PEOPLE)
PER_PAGE_MAX = 200

if TYPE_CHECKING:  # what is made when it runs has no type of its own

    class BudgetIn(Given): ...

    class BudgetChange(Given): ...
else:
    BudgetIn = schema_of("BudgetIn", budgets.BudgetValues, required=("kind", "amount"))
    BudgetChange = schema_of("BudgetChange", budgets.BudgetValues)


class LineOut(Schema):
    name: str
    calls: int
    uncounted: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal


class CostsOut(Schema):
    month: str
    by: str
    lines: int
    costs: list[LineOut]


class BudgetOut(Schema):
    id: int
    kind: str
    group: str
    person: str
    amount: Decimal
    warn_percent: int
    stops: bool
    spent: Decimal
    is_exhausted: bool


@router.get("/costs", response={200: CostsOut, **schemas.ERRORS}, **PEOPLE)
def get_costs(
    request: ApiRequest,
    by: Literal["months", "models", "people", "groups", "collections"] = "models",
    month: str = Query("", pattern=r"^(\d{4}-\d{2})?$"),
    page: int = Query(1, ge=1, le=1_000_000),
    per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX),
) -> CostsOut:
    """What language models cost in a month, such as 2026-11, by default the current one; most expensive first. `by` months:
    including the eleven before. `uncounted`: calls for which the server reported no tokens; they are not in the cost."""
    found = read_costs(read_month(month))
    lines: tuple[Line, ...] = getattr(found, by)
    shown = [_line(line) for line in lines[(page - 1) * per_page : page * per_page]]
    return CostsOut(month=f"{found.month:%Y-%m}", by=by, lines=len(lines), costs=shown)


@router.get("/budgets", response={200: list[BudgetOut], **schemas.ERRORS}, **PEOPLE)
def list_budgets(
    request: ApiRequest, page: int = Query(1, ge=1, le=1_000_000), per_page: int = Query(PER_PAGE_MAX, ge=1, le=PER_PAGE_MAX)
) -> list[BudgetOut]:
    """The budgets of language models, with what has been spent of each this month."""
    rows = Budget.objects.select_related("group", "person")[(page - 1) * per_page : page * per_page]
    return [_budget(standing) for standing in budgets.read_standings(list(rows))]


@router.post("/budgets", response={201: BudgetOut, **schemas.ERRORS}, **PEOPLE)
def create_budget(request: ApiRequest, given: BudgetIn) -> Status[BudgetOut]:
    """Set a budget for a calendar month: for the `installation`, a `group` or a `person`. `stops`: when it is spent, questions are
    answered with quotes or by models that cost nothing."""
    return Status(201, _saved(budgets.create_budget(user=request.user, **given.dict(exclude_unset=True))))


@router.patch("/budgets/{int:number}", response={200: BudgetOut, **schemas.ERRORS}, **PEOPLE)
def change_budget(request: ApiRequest, number: int, given: BudgetChange) -> BudgetOut:
    """Change a budget; fields that are not sent stay unchanged."""
    budget = get_object_or_404(Budget, pk=min(number, 2**31 - 1))
    return _saved(budgets.change_budget(budget=budget, user=request.user, **given.dict(exclude_unset=True)))


@router.delete("/budgets/{int:number}", response={204: None, **schemas.ERRORS}, **PEOPLE)
def delete_budget(request: ApiRequest, number: int) -> Status[None]:
    """Delete a budget."""
    budgets.delete_budget(get_object_or_404(Budget, pk=min(number, 2**31 - 1)), user=request.user)
    return Status(204, None)


def _saved(budget: Budget) -> BudgetOut:
    return _budget(budgets.read_standings([budget])[0])


def _budget(standing: budgets.Standing) -> BudgetOut:
    values: dict[str, Any] = budgets.serialize_budget(standing.budget)
    return BudgetOut(id=standing.budget.pk, **values, spent=standing.spent, is_exhausted=standing.is_exhausted)


def _line(line: Line) -> LineOut:
    names = ("name", "calls", "uncounted", "prompt_tokens", "completion_tokens", "cost")
    return LineOut(**{name: getattr(line, name) for name in names})
