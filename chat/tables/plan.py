"""What is to be computed over one table: a small query of fixed parts, checked against the table before it is run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from chat.tables.grid import Row, Table

MAX_FILTERS, MAX_COLUMNS = 4, 12
LABEL = ""  # the name by which a filter speaks of the rows' labels
SECTION = "§"  # and of the lines that rows stand below


class Operation(StrEnum):
    LOOKUP = "lookup"  # the cells themselves
    LIST = "list"  # the labels of the rows
    COUNT = "count"  # of rows; with a threshold, of cells
    SUM = "sum"
    AVERAGE = "average"
    LARGEST = "largest"
    SMALLEST = "smallest"
    DIFFERENCE = "difference"  # the last cell less the first
    CHANGE = "change"  # the same as a share of the first, in percent
    COLUMNS = "columns"  # the names of the columns themselves
    RATIO = "ratio"  # the first cell by the last


class Condition(StrEnum):
    IS = "is"
    MORE = "more"
    LESS = "less"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on a row's cell, or on its label where `column` is "".

    One of the values has to fit; a comparison has one number.
    """

    column: str
    test: Condition
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`columns`: whose cells are taken, in this order. `threshold`: a condition on these cells, `column` of which is ""."""

    operation: Operation
    filters: tuple[Filter, ...] = ()
    columns: tuple[str, ...] = ()
    threshold: Filter | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON that receipts hold and that a model may write."""
        told = asdict(self)
        told["operation"] = str(self.operation)
        told["filters"] = [one | {"test": str(one["test"])} for one in told["filters"]]
        if self.threshold is not None:
            told["threshold"] = told["threshold"] | {"test": str(self.threshold.test)}
        return told


class BadPlan(ValueError):
    """A plan that this table cannot answer."""


def read_plan(data: Mapping[str, Any]) -> Plan:
    """Read a plan from JSON. Raises: BadPlan: its parts are not those of a plan."""
    try:
        threshold = data.get("threshold")
        return Plan(
            operation=Operation(data["operation"]),
            filters=tuple(_filter(one) for one in data.get("filters", ())),
            columns=tuple(str(name) for name in data.get("columns", ())),
            threshold=_filter(threshold) if threshold else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadPlan(str(error)) from error


def _filter(data: Mapping[str, Any]) -> Filter:
    values = data["values"]
    if not isinstance(values, list | tuple) or not values:
        raise BadPlan("a condition without a value")
    return Filter(column=str(data.get("column", LABEL)), test=Condition(data["test"]), values=tuple(map(str, values)))


def check_plan(plan: Plan, table: Table) -> None:
    """Raises: BadPlan: it names what the table does not have, or leaves rows out that count."""
    known = {*table.columns, LABEL, SECTION}
    if len(plan.filters) > MAX_FILTERS or len(plan.columns) > MAX_COLUMNS:
        raise BadPlan("too many parts")
    if not {*plan.columns, *(one.column for one in plan.filters)} <= known:
        raise BadPlan("a column that the table does not have")
    for one in (*plan.filters, *((plan.threshold,) if plan.threshold else ())):
        if one.test is not Condition.IS and (len(one.values) != 1 or as_decimal(one.values[0]) is None):
            raise BadPlan(f"{one.values} is no number")
        if one.test is Condition.IS and one is not plan.threshold and not _is_held(one, table):
            raise BadPlan(f"no row has {one.values}")
    if plan.operation not in (Operation.COUNT, Operation.LIST) and not plan.columns:
        raise BadPlan("no column to compute over")
    if not table.is_whole and plan.operation is not Operation.LOOKUP:
        raise BadPlan("the table has more rows than are computed over")


def as_decimal(text: str) -> Decimal | None:
    """Return a plain number, None for anything else."""
    try:
        found = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def text_for(row: Row, column: str) -> str:
    """Return what a filter's column tells of a row."""
    return row.label if column == LABEL else row.section if column == SECTION else row.text_of(column)


def _is_held(one: Filter, table: Table) -> bool:
    held = {text_for(row, one.column).casefold() for row in table.rows}
    return all(value.casefold() in held for value in one.values)
