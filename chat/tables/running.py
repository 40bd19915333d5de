"""Run a plan over all rows of a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from chat.tables.grid import Row, Table
from chat.tables.numbers import Number, is_blank, read_number
from chat.tables.plan import LABEL, BadPlan, Condition, Filter, Operation, Plan, as_decimal, check_plan, text_for

_TOTAL = re.compile(r"^(?:sub-?|grand )?totals?\b|^(?:合计|总计|小计|共计)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Taken:
    """A cell that the plan took."""

    row: Row
    column: str
    text: str
    number: Number | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out. `rows`: those that the conditions met; `cells`: what was taken from them, in order; `value`: the number."""

    plan: Plan
    table: Table
    rows: tuple[Row, ...]
    counted: tuple[Row, ...] = ()  # that the conditions were asked of: all but totals, where these would count twice
    cells: tuple[Taken, ...] = ()
    value: Decimal | None = None


def run_plan(plan: Plan, table: Table) -> Result:
    """Return what the plan computes. Raises: BadPlan: it cannot be computed for sure: a cell is no number, or there is none."""
    check_plan(plan, table)
    names_rows = any(one.column == LABEL for one in plan.filters)
    counted = tuple(row for row in table.rows if names_rows or (row.label and not _TOTAL.search(row.label)))
    rows = _in_order(plan, [row for row in counted if all(_meets(row, one) for one in plan.filters)])
    taken = tuple(
        Taken(row, column, text, read_number(text)) for row in rows for column in plan.columns if (text := row.text_of(column))
    )
    operation = plan.operation
    if operation is Operation.LIST or (operation is Operation.COUNT and plan.threshold is None):
        return Result(plan=plan, table=table, rows=rows, counted=counted, value=Decimal(len(rows)))
    if operation is Operation.COUNT and plan.threshold is not None:
        kept = tuple(one for one in _numbers(_filled(taken)) if _compares(one, plan.threshold))
        return Result(plan=plan, table=table, rows=rows, counted=counted, cells=kept, value=Decimal(len(kept)))
    if operation is Operation.COLUMNS:
        return Result(plan=plan, table=table, rows=table.rows[:1], counted=counted)
    if not taken:
        raise BadPlan("no cell")
    if operation is Operation.LOOKUP and plan.threshold is not None:
        taken = tuple(one for one in _numbers(_filled(taken)) if _compares(one, plan.threshold))
        if not taken:
            raise BadPlan("no cell meets the condition")
    if operation is Operation.LOOKUP:
        return Result(plan=plan, table=table, rows=rows, counted=counted, cells=taken)
    numbers = _numbers(_filled(taken) if operation in (Operation.LARGEST, Operation.SMALLEST) else taken)
    if operation in (Operation.LARGEST, Operation.SMALLEST):
        extreme = (max if operation is Operation.LARGEST else min)(_value(one) for one in numbers)
        best = tuple(one for one in numbers if _value(one) == extreme)
        return Result(plan=plan, table=table, rows=rows, counted=counted, cells=best, value=extreme)
    value = _compute(operation, [_value(one) for one in numbers])
    if operation is Operation.SUM and not plan.filters:
        _agree_with_totals(value, [row for row in table.rows if row not in counted], plan.columns)
    return Result(plan=plan, table=table, rows=rows, counted=counted, cells=numbers, value=value)


def _agree_with_totals(value: Decimal, totals: Sequence[Row], columns: Sequence[str]) -> None:
    """Raises: BadPlan: the table has totals of its own, and none of them is this sum: some rows are parts of others."""
    told = [number.value for row in totals for column in columns if (number := read_number(row.text_of(column)))]
    if told and not any(abs(one - value) <= max(Decimal(1), abs(value) / 1000) for one in told):
        raise BadPlan("the table's own total differs")


def _in_order(plan: Plan, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows in the order in which the plan names their labels, as a difference needs it; else in the table's."""
    named = next((one.values for one in plan.filters if one.column == LABEL and len(one.values) > 1), ())
    order = {value.casefold(): at for at, value in enumerate(named)}
    return tuple(sorted(rows, key=lambda row: order.get(row.label.casefold(), 0)))


def _filled(taken: Sequence[Taken]) -> tuple[Taken, ...]:
    """Return the cells that hold something: a dash is neither larger nor smaller than a number."""
    return tuple(one for one in taken if not is_blank(one.text))


def _numbers(taken: Sequence[Taken]) -> tuple[Taken, ...]:
    """Return the cells, all of them numbers of one unit. Raises: BadPlan."""
    if not taken or any(one.number is None for one in taken):
        raise BadPlan("a cell is no number")
    units = {one.number.unit.casefold().rstrip("s") for one in taken if one.number is not None}
    if len(units - {""}) > 1:
        raise BadPlan("several units")
    return tuple(taken)


def _value(one: Taken) -> Decimal:
    return one.number.value if one.number is not None else Decimal(0)


def _compute(operation: Operation, values: Sequence[Decimal]) -> Decimal:
    match operation:
        case Operation.SUM:
            return sum(values, Decimal(0))
        case Operation.AVERAGE:
            return sum(values, Decimal(0)) / len(values)
    if len(values) != 2:
        raise BadPlan("two cells are needed")
    first, last = values
    if operation is Operation.DIFFERENCE:
        return last - first
    if operation is Operation.CHANGE:
        if not first:
            raise BadPlan("nothing to compare with")
        return (last - first) / abs(first) * 100
    if not last:
        raise BadPlan("division by zero")
    return first / last


def _meets(row: Row, one: Filter) -> bool:
    text = text_for(row, one.column)
    if one.test is Condition.IS:
        return any(text.casefold() == value.casefold() for value in one.values)
    number, bound = read_number(text), as_decimal(one.values[0])
    return number is not None and bound is not None and _holds(number.value, one.test, bound)


def _compares(one: Taken, threshold: Filter) -> bool:
    bound = as_decimal(threshold.values[0])
    return bound is not None and _holds(_value(one), threshold.test, bound)


def _holds(value: Decimal, test: Condition, bound: Decimal) -> bool:
    match test:
        case Condition.MORE:
            return value > bound
        case Condition.LESS:
            return value < bound
        case Condition.AT_LEAST:
            return value >= bound
        case Condition.AT_MOST:
            return value <= bound
    return value == bound
