"""The functions of formulas that are known here, over numbers, texts and ranges (lists of rows)."""

import math
import statistics
from collections.abc import Callable, Iterator
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from ingest.parsers.office.sheets.number_format import show_number

MAX_TEXT = 32_767  # characters; Excel's limit
EXACT = 2**53


class CannotCalculate(Exception):
    """The formula needs something that is not known here, or has no value."""


class DivisionByZero(CannotCalculate):
    pass


def finite(value: Any) -> float | int:
    """Return a number as a spreadsheet holds it: a float beyond 2^53. Raises: CannotCalculate: it has no size."""
    if isinstance(value, complex):
        raise CannotCalculate("no real number")
    try:
        found = value if isinstance(value, int) and abs(value) <= EXACT else float(value)
    except OverflowError as error:
        raise CannotCalculate("too large a number") from error
    if not math.isfinite(found):
        raise CannotCalculate("too large a number")
    return found


def bounded(text: str) -> str:
    """Return a text as long as a cell may hold. Raises: CannotCalculate: it is longer."""
    if len(text) > MAX_TEXT:
        raise CannotCalculate("too long a text")
    return text


def single_of(value: Any) -> Any:
    """Return the value of a range of one cell, or the value itself. Raises: CannotCalculate."""
    if isinstance(value, list):
        if len(value) != 1 or len(value[0]) != 1:
            raise CannotCalculate("a range where a value belongs")
        return value[0][0]
    return value


def number_of(value: Any) -> float | int:
    """Return a value as a number; an empty cell is 0. Raises: CannotCalculate."""
    value = single_of(value)
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    raise CannotCalculate("a text where a number belongs")


def truth_of(value: Any) -> bool:
    """Return a value as a condition. Raises: CannotCalculate."""
    value = single_of(value)
    if isinstance(value, str):
        raise CannotCalculate("a text where a condition belongs")
    return bool(value)


def text_of(value: Any) -> str:
    """Return a value as a text. Raises: CannotCalculate."""
    value = single_of(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    return value if isinstance(value, str) else f"{value:.15g}"


def _numbers(arguments: tuple[Any, ...]) -> Iterator[float | int]:
    """Yield the numbers of ranges and single values: texts and empty cells of a range do not count."""
    for argument in arguments:
        if not isinstance(argument, list):
            yield number_of(argument)
            continue
        for value in (value for row in argument for value in row):
            if isinstance(value, str) and value.startswith("#"):
                raise CannotCalculate(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield value


def _sum(*arguments: Any) -> float | int:
    numbers = list(_numbers(arguments))
    return sum(numbers) if all(isinstance(number, int) for number in numbers) else math.fsum(numbers)


def _average(*arguments: Any) -> float:
    numbers = list(_numbers(arguments))
    if not numbers:
        raise DivisionByZero("an average of nothing")
    return math.fsum(numbers) / len(numbers)


def _rounded(mode: str) -> Callable[..., float]:
    def rounded(value: Any, places: Any = 0) -> float:
        count = int(number_of(places))
        if not -15 <= count <= 15:
            raise CannotCalculate("too many places")
        return float(Decimal(repr(float(number_of(value)))).quantize(Decimal(1).scaleb(-count), rounding=mode))

    return rounded


def _product_sum(*arguments: Any) -> float | int:
    columns = [[value for row in argument for value in row] for argument in arguments if isinstance(argument, list)]
    if len(columns) != len(arguments) or len({len(column) for column in columns}) != 1:
        raise CannotCalculate("ranges of different sizes")
    return math.fsum(
        math.prod(value if isinstance(value, int | float) else 0 for value in row) for row in zip(*columns, strict=True)
    )


def _place(value: Any) -> int:
    """Return a place that is counted from 1, from 0. Raises: CannotCalculate."""
    place = int(number_of(value)) - 1
    if place < 0:
        raise CannotCalculate("no such place")
    return place


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SUM": _sum,
    "AVERAGE": _average,
    "MIN": lambda *arguments: min(_numbers(arguments), default=0),
    "MAX": lambda *arguments: max(_numbers(arguments), default=0),
    "COUNT": lambda *arguments: sum(1 for _ in _numbers(arguments)),
    "COUNTA": lambda *arguments: sum(
        value is not None
        for argument in arguments
        for row in (argument if isinstance(argument, list) else [[argument]])
        for value in row
    ),
    "MEDIAN": lambda *arguments: statistics.median(_numbers(arguments)),
    "PRODUCT": lambda *arguments: finite(math.prod(map(float, _numbers(arguments)))),
    "SUMPRODUCT": _product_sum,
    "ABS": lambda value: abs(number_of(value)),
    "INT": lambda value: math.floor(number_of(value)),
    "ROUND": _rounded(ROUND_HALF_UP),
    "ROUNDUP": _rounded(ROUND_UP),
    "ROUNDDOWN": _rounded(ROUND_DOWN),
    "AND": lambda *arguments: all(truth_of(argument) for argument in arguments),
    "OR": lambda *arguments: any(truth_of(argument) for argument in arguments),
    "NOT": lambda value: not truth_of(value),
    "CONCATENATE": lambda *arguments: bounded("".join(text_of(argument) for argument in arguments)),
    "CONCAT": lambda *arguments: bounded("".join(text_of(argument) for argument in arguments)),
    "SQRT": lambda value: finite(math.sqrt(number_of(value))),
    "MOD": lambda value, by: number_of(value) - number_of(by) * math.floor(number_of(value) / number_of(by)),
    "LARGE": lambda cells, place: sorted(_numbers((cells,)), reverse=True)[_place(place)],
    "SMALL": lambda cells, place: sorted(_numbers((cells,)))[_place(place)],
    "COUNTBLANK": lambda cells: sum(value in (None, "") for row in cells for value in row),
    "LEN": lambda text: len(text_of(text)),
    "LEFT": lambda text, count=1: text_of(text)[: max(0, int(number_of(count)))],
    "RIGHT": lambda text, count=1: text_of(text)[-int(number_of(count)) :] if number_of(count) >= 1 else "",
    "MID": lambda text, start, count: text_of(text)[_place(start) :][: max(0, int(number_of(count)))],
    "UPPER": lambda text: text_of(text).upper(),
    "LOWER": lambda text: text_of(text).lower(),
    "TRIM": lambda text: " ".join(text_of(text).split()),
    "TEXT": lambda value, code: show_number(number_of(value), text_of(code)),
    "HYPERLINK": lambda address, text=None: text_of(address if text is None else text),
}
