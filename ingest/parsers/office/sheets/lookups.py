"""Functions of formulas that look for cells: sums and counts of those that meet a condition, and lookups in a table."""

import fnmatch
import math
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from ingest.parsers.office.sheets.functions import CannotCalculate, DivisionByZero, number_of, single_of, text_of

CONDITION = re.compile(r"^(?P<sign><=|>=|<>|<|>|=)?(?P<value>.*)$", re.DOTALL)
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
WILD = ("*", "?")


def count_if(*arguments: Any) -> int:
    """COUNTIF, COUNTIFS: how many rows meet all conditions."""
    return sum(_meets(arguments))


def sum_if(cells: Any, condition: Any, values: Any = None) -> float:
    """SUMIF: the sum of the values beside the cells that meet the condition."""
    return math.fsum(_chosen(cells if values is None else values, (cells, condition)))


def sum_ifs(values: Any, *arguments: Any) -> float:
    """SUMIFS: the sum of the values beside the cells that meet all conditions."""
    return math.fsum(_chosen(values, arguments))


def average_if(cells: Any, condition: Any, values: Any = None) -> float:
    """AVERAGEIF: the mean of the values beside the cells that meet the condition."""
    return _mean(list(_chosen(cells if values is None else values, (cells, condition))))


def average_ifs(values: Any, *arguments: Any) -> float:
    """AVERAGEIFS: the mean of the values beside the cells that meet all conditions."""
    return _mean(list(_chosen(values, arguments)))


def look_up_down(wanted: Any, table: Any, column: Any, is_near: Any = True) -> Any:
    """VLOOKUP."""
    return _look_up(wanted, _rows(table), column, is_near)


def look_up_across(wanted: Any, table: Any, row: Any, is_near: Any = True) -> Any:
    """HLOOKUP."""
    return _look_up(wanted, [list(column) for column in zip(*_rows(table), strict=True)], row, is_near)


def look_up(wanted: Any, cells: Any, values: Any, otherwise: Any = None) -> Any:
    """XLOOKUP of an exact match."""
    found, beside = _line(cells), _line(values)
    place = next((number for number, cell in enumerate(found) if _is_same(cell, single_of(wanted))), None)
    if place is None or place >= len(beside):
        if otherwise is None:
            raise CannotCalculate("not found")
        return single_of(otherwise)
    return beside[place]


def match(wanted: Any, cells: Any, kind: Any = 1) -> int:
    """MATCH: the place of a value, from 1."""
    found = _line(cells)
    if number_of(kind) == 0:
        place = next((number for number, cell in enumerate(found) if _is_same(cell, single_of(wanted))), None)
    else:
        place = _last_not_above(number_of(wanted), found)
    if place is None or number_of(kind) < 0:
        raise CannotCalculate("not found")
    return place + 1


def index(table: Any, row: Any, column: Any = None) -> Any:
    """INDEX: the cell at a place, from 1."""
    rows = _rows(table)
    if column is None and len(rows) == 1:
        row, column = 1, row
    at, across = int(number_of(row)) - 1, int(number_of(1 if column is None else column)) - 1
    if not (0 <= at < len(rows) and 0 <= across < len(rows[at])):
        raise CannotCalculate("outside of the table")
    return rows[at][across]


def _meets(arguments: tuple[Any, ...]) -> list[bool]:
    """Return for each cell of the ranges whether all conditions are met. `arguments`: range, condition, range, condition …"""
    if not arguments or len(arguments) % 2:
        raise CannotCalculate("a range without a condition")
    columns = [
        [_is_met(cell, single_of(condition)) for cell in _cells(cells)]
        for cells, condition in zip(arguments[::2], arguments[1::2], strict=True)
    ]
    if len({len(column) for column in columns}) != 1:
        raise CannotCalculate("ranges of different sizes")
    return [all(row) for row in zip(*columns, strict=True)]


def _chosen(values: Any, arguments: tuple[Any, ...]) -> Iterator[float]:
    met, cells = _meets(arguments), _cells(values)
    if len(met) != len(cells):
        raise CannotCalculate("ranges of different sizes")
    for value, is_chosen in zip(cells, met, strict=True):
        if is_chosen and isinstance(value, int | float) and not isinstance(value, bool):
            yield float(value)


def _mean(values: list[float]) -> float:
    if not values:
        raise DivisionByZero("an average of nothing")
    return math.fsum(values) / len(values)


def _is_met(cell: Any, condition: Any) -> bool:
    """Judge a cell by ">5", "<>open", "pump*" or a value."""
    if not isinstance(condition, str):
        return _is_same(cell, condition)
    found = CONDITION.match(condition)
    sign, text = (found["sign"] or "=", found["value"]) if found else ("=", condition)
    try:
        limit: Any = float(text)
    except ValueError:
        limit = text
    if sign in SIGNS:
        return isinstance(limit, float) and isinstance(cell, int | float) and SIGNS[sign](cell, limit)
    return _is_same(cell, limit) == (sign == "=")


def _is_same(cell: Any, wanted: Any) -> bool:
    if isinstance(wanted, str):
        text = text_of(cell).casefold()
        is_wild = any(sign in wanted for sign in WILD)
        return fnmatch.fnmatchcase(text, wanted.casefold()) if is_wild else text == wanted.casefold()
    return isinstance(cell, int | float) and cell == wanted


def _look_up(wanted: Any, rows: list[list[Any]], column: Any, is_near: Any) -> Any:
    wanted, across = single_of(wanted), int(number_of(column)) - 1
    if not rows or not 0 <= across < len(rows[0]):
        raise CannotCalculate("outside of the table")
    first = [row[0] for row in rows]
    place = next((number for number, cell in enumerate(first) if _is_same(cell, wanted)), None)
    if place is None and single_of(is_near) not in (False, 0) and isinstance(wanted, int | float):
        place = _last_not_above(wanted, first)
    if place is None:
        raise CannotCalculate("not found")
    return rows[place][across]


def _last_not_above(wanted: float, cells: list[Any]) -> int | None:
    numbers = [cell for cell in cells if isinstance(cell, int | float)]
    if numbers != sorted(numbers):
        raise CannotCalculate("a table that is not sorted")
    below = [number for number, cell in enumerate(cells) if isinstance(cell, int | float) and cell <= wanted]
    return below[-1] if below else None


def _rows(table: Any) -> list[list[Any]]:
    if not isinstance(table, list):
        raise CannotCalculate("no table")
    return table


def _cells(table: Any) -> list[Any]:
    return [cell for row in _rows(table) for cell in row]


def _line(table: Any) -> list[Any]:
    rows = _rows(table)
    if len(rows) > 1 and any(len(row) > 1 for row in rows):
        raise CannotCalculate("more than one row and column")
    return _cells(table)


LOOKUPS: dict[str, Callable[..., Any]] = {
    "COUNTIF": count_if,
    "COUNTIFS": count_if,
    "SUMIF": sum_if,
    "SUMIFS": sum_ifs,
    "AVERAGEIF": average_if,
    "AVERAGEIFS": average_ifs,
    "VLOOKUP": look_up_down,
    "HLOOKUP": look_up_across,
    "XLOOKUP": look_up,
    "MATCH": match,
    "INDEX": index,
}
