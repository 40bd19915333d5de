"""The value of a formula that the file does not store: arithmetic and the usual functions over stored values.

Programs that write workbooks without calculating (exports, openpyxl itself) leave them out. The libraries that calculate whole
workbooks are under GPL or EUPL, so this knows what sums and averages need, and says of the rest that it does not.
"""

import statistics
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError
from openpyxl.utils.cell import range_boundaries

from ingest.parsers.office.sheets.functions import (
    FUNCTIONS,
    CannotCalculate,
    DivisionByZero,
    bounded,
    finite,
    number_of,
    single_of,
    text_of,
    truth_of,
)
from ingest.parsers.office.sheets.lookups import LOOKUPS
from ingest.parsers.office.sheets.reader import Place, SheetReader, plain_value

MAX_CELLS = 1_000_000  # kept of one workbook for calculating
MAX_RANGE = 200_000  # cells that one range has
MAX_READS = 5_000_000  # cells that all formulas read together
MAX_DEPTH = 60  # of formulas that read formulas
MAX_LENGTH = 4000
BINARY = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}
Values = list[Any]


class Calculator:
    """Calculates cells of one workbook, reading its sheets when they are first needed."""

    def __init__(self, book: Any) -> None:
        self._sheets = {sheet.title.casefold(): sheet for sheet in book.worksheets}
        self._grids: dict[str, dict[Place, Any]] = {}
        self._formulas: dict[str, dict[Place, str]] = {}
        self._open: list[tuple[str, Place]] = []
        self._unread: set[str] = set()  # sheets that are too large
        self._count = self._reads = 0

    def value(self, sheet: str, place: Place) -> Any:
        """Return what a cell holds: a number, a text, True or False, None. Raises: CannotCalculate."""
        name = sheet.casefold()
        self._load(name)
        formula = self._formulas[name].get(place)
        if formula is None:
            return self._grids[name].get(place)
        if (name, place) in self._open or len(self._open) >= MAX_DEPTH:
            raise CannotCalculate("a circle, or too deep")
        self._open.append((name, place))
        try:
            found = _Expression(formula, sheet=name, calculator=self).value()
        except RecursionError as error:
            raise CannotCalculate("too many brackets") from error
        finally:
            self._open.pop()
        self._grids[name][place] = found
        del self._formulas[name][place]
        return found

    def block(self, sheet: str, reference: str) -> list[Values]:
        """Return the rows of a range. Raises: CannotCalculate."""
        try:
            left, top, right, bottom = range_boundaries(reference.replace("$", ""))
        except (ValueError, TypeError) as error:
            raise CannotCalculate(reference) from error
        if left is None or top is None or right is None or bottom is None:
            self._load(sheet.casefold())
            grid = [*self._grids[sheet.casefold()], *self._formulas[sheet.casefold()]]
            left, right = left or 1, right or max((column for _, column in grid), default=1)
            top, bottom = top or 1, bottom or max((row for row, _ in grid), default=1)
        size = (right - left + 1) * (bottom - top + 1)
        self._reads += size
        if size > MAX_RANGE or self._reads > MAX_READS:
            raise CannotCalculate("too many cells")
        return [[self.value(sheet, (row, column)) for column in range(left, right + 1)] for row in range(top, bottom + 1)]

    def _load(self, name: str) -> None:
        if name in self._grids:
            return
        if name not in self._sheets or name in self._unread:
            raise CannotCalculate("another workbook, or a sheet that is too large")
        sheet = self._sheets[name]
        grid: dict[Place, Any] = {}
        with sheet._get_source() as source:
            reader = SheetReader(sheet, source)
            for number, row in reader.parse():
                self._count += len(row)
                if self._count > MAX_CELLS:
                    self._unread.add(name)
                    raise CannotCalculate("too many cells")
                grid |= {(number, cell["column"]): plain_value(cell["value"]) for cell in row if cell["value"] is not None}
        self._grids[name], self._formulas[name] = grid, dict(reader.unstored)


class _Expression:
    """Reads a formula by the precedence of its operators. A range is a list of rows until a function or a cell takes it."""

    def __init__(self, formula: str, *, sheet: str, calculator: Calculator) -> None:
        if not formula.startswith("=") or len(formula) > MAX_LENGTH:
            raise CannotCalculate(formula[:40])
        try:
            items = Tokenizer(formula).items
        except (TokenizerError, IndexError, ValueError) as error:
            raise CannotCalculate(formula[:40]) from error
        self._tokens = [token for token in items if token.type != Token.WSPACE]
        self._at, self._sheet, self._calculator = 0, sheet, calculator

    def value(self) -> Any:
        found = single_of(self._operation(0))
        if self._at < len(self._tokens):
            raise CannotCalculate(self._tokens[self._at].value)
        return found

    def _operation(self, least: int) -> Any:
        left = self._operand()
        while (token := self._peek()) is not None and token.type in (Token.OP_IN, Token.OP_POST):
            if token.type == Token.OP_POST:
                self._at += 1
                left = number_of(left) / 100
                continue
            strength = BINARY.get(token.value, -1)
            if strength < least or strength < 0:
                break
            self._at += 1
            left = _operate(token.value, left, self._operation(strength + 1))
        return left

    def _operand(self) -> Any:
        token = self._peek()
        if token is None:
            raise CannotCalculate("it ends early")
        self._at += 1
        if token.type == Token.OP_PRE:
            # "-2^2" is 4 in a spreadsheet: the sign binds closer than the power.
            value = number_of(self._operand())
            return -value if token.value == "-" else value
        if token.type == Token.OPERAND:
            return self._literal(token)
        if token.type == Token.PAREN and token.subtype == Token.OPEN:
            value = self._operation(0)
            self._close()
            return value
        if token.type == Token.FUNC and token.subtype == Token.OPEN:
            return self._call(token.value[:-1].upper().removeprefix("_XLFN."))
        raise CannotCalculate(token.value)

    def _literal(self, token: Token) -> Any:
        if token.subtype == Token.NUMBER:
            return float(token.value) if not token.value.isdigit() else int(token.value)
        if token.subtype == Token.TEXT:
            return token.value[1:-1].replace('""', '"')
        if token.subtype == Token.LOGICAL:
            return token.value.upper() == "TRUE"
        if token.subtype != Token.RANGE:
            raise CannotCalculate(token.value)
        sheet, _, cells = token.value.rpartition("!")
        sheet = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
        return self._calculator.block(sheet or self._sheet, cells)

    def _call(self, name: str) -> Any:
        arguments: list[Any] = []
        # Only the branch that counts is calculated, as the other may have no value.
        while (token := self._peek()) is not None and not (token.type == Token.FUNC and token.subtype == Token.CLOSE):
            if token.type == Token.SEP:
                self._at += 1
                continue
            arguments.append(self._argument() if name in ("IF", "IFERROR") else self._operation(0))
        self._close()
        if name == "IF" and 2 <= len(arguments) <= 3:
            place = 1 if truth_of(_settled(arguments[0])) else 2
            return _settled(arguments[place]) if place < len(arguments) else False
        if name == "IFERROR" and len(arguments) == 2:
            return _settled(arguments[1]) if isinstance(arguments[0], DivisionByZero) else _settled(arguments[0])
        function = FUNCTIONS.get(name) or LOOKUPS.get(name)
        if function is None:
            raise CannotCalculate(name)
        try:
            return function(*arguments)
        except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError, statistics.StatisticsError) as error:
            raise CannotCalculate(name) from error

    def _argument(self) -> Any:
        """Return an argument's value, or the error that it has; it is raised only where the argument counts."""
        begin = self._at
        try:
            return self._operation(0)
        except CannotCalculate as error:
            self._at = begin
            depth = 0
            while (token := self._peek()) is not None:
                depth += (token.subtype == Token.OPEN) - (token.subtype == Token.CLOSE)
                if depth < 0 or (token.type == Token.SEP and depth == 0):
                    break
                self._at += 1
            return error

    def _close(self) -> None:
        token = self._peek()
        if token is None or token.subtype != Token.CLOSE:
            raise CannotCalculate("a bracket is open")
        self._at += 1

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def _settled(value: Any) -> Any:
    if isinstance(value, CannotCalculate):
        raise value
    return value


def _operate(sign: str, left: Any, right: Any) -> Any:
    if sign == "&":
        return bounded(text_of(left) + text_of(right))
    if BINARY[sign] == 1:
        return _compare(sign, single_of(left), single_of(right))
    a, b = number_of(left), number_of(right)
    if sign == "/":
        if b == 0:
            raise DivisionByZero("division by zero")
        return finite(a / b)
    if sign == "^":
        try:
            return finite(float(a) ** b)
        except (OverflowError, ZeroDivisionError) as error:
            raise CannotCalculate("a power without a value") from error
    return finite(a + b if sign == "+" else a - b if sign == "-" else a * b)


def _compare(sign: str, left: Any, right: Any) -> bool:
    left, right = _comparable(left, right), _comparable(right, left)
    if type(left) is not type(right):
        raise CannotCalculate("a text beside a number")
    tests = {"=": left == right, "<>": left != right}
    if sign not in tests:
        tests = {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}
    return bool(tests[sign])


def _comparable(value: Any, other: Any) -> Any:
    if value is None:
        return "" if isinstance(other, str) else 0.0
    return value.casefold() if isinstance(value, str) else float(value)
