"""Reads the rows of a sheet with what openpyxl's row-by-row reader leaves out: hidden rows and columns, formulas, links."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openpyxl.cell.rich_text import CellRichText
from openpyxl.formula.translate import TranslatorError
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.worksheet.formula import ArrayFormula

from ingest.parsers.office.word.ground import is_white

Place = tuple[int, int]  # row and column, both from 1
THEME_PAPER = 0  # the first colour of a theme is that of its paper


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`number`: from 1. `cells`: openpyxl's, from the first column on, maybe none."""

    number: int
    cells: tuple[Any, ...]
    is_hidden: bool = False


class SheetReader(WorkSheetParser):
    """Yields raw values: numbers stay numbers, also where their format makes dates of them.

    `formulas`: of the cells whose value is not stored, or which link. They are kept until the row is forgotten.
    """

    def __init__(self, sheet: Any, source: Any) -> None:
        super().__init__(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=sheet.parent.epoch,
            date_formats=frozenset(),
            timedelta_formats=frozenset(),
            rich_text=True,
        )
        self.sheet = sheet
        self.unstored: dict[Place, str] = {}
        self.links: dict[Place, str] = {}

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell = super().parse_cell(element)
        formula = element.find(FORMULA_TAG)
        if formula is None:
            return cell
        is_stored = cell["value"] is not None or (element.get("t") == "str" and element.find(VALUE_TAG) is not None)
        if is_stored and not formula.text:
            return cell  # takes part in a shared formula: to translate each would cost more than to read the sheet
        text = self._text_of(element)
        if not is_stored:
            self.unstored[cell["row"], cell["column"]] = text
        if text[:11].upper() == "=HYPERLINK(":
            self.links[cell["row"], cell["column"]] = text
        return cell

    def rows(self) -> Iterator[SheetRow]:
        """Yield every row, those that the file leaves out as rows without cells."""
        number = 1
        for found, row in self.parse():
            while number < found:
                yield SheetRow(number, ())
                number += 1
            shape = self.row_dimensions.pop(str(found), {})
            yield SheetRow(found, self.sheet._get_row(row), is_hidden=_is_hidden(shape, size="ht"))
            number = found + 1

    @cached_property
    def hidden_columns(self) -> tuple[tuple[int, int], ...]:
        """First and last of the hidden columns, from 0, both included; whole only once the rows have begun."""
        shapes = self.column_dimensions.values()
        return tuple(
            (int(shape["min"]) - 1, int(shape.get("max", shape["min"])) - 1) for shape in shapes if _is_hidden(shape, size="width")
        )

    def _text_of(self, element: Any) -> str:
        try:
            formula = self.parse_formula(element)  # type: ignore[no-untyped-call]  # openpyxl's own
        except TranslatorError:
            return ""
        if isinstance(formula, ArrayFormula):
            return str(formula.text or "")
        return formula if isinstance(formula, str) else ""


def _is_hidden(shape: dict[str, str], *, size: str) -> bool:
    try:
        return shape.get("hidden", "0") in ("1", "true") or float(shape.get(size, "1")) == 0.0
    except ValueError:
        return False


def struck_styles(book: Any) -> frozenset[int]:
    """Return the ids of the cell styles whose font is struck out."""
    return frozenset(number for number, style in enumerate(book._cell_styles) if book._fonts[style.fontId].strike)


def bold_styles(book: Any) -> frozenset[int]:
    """Return the ids of the cell styles whose font is bold."""
    return frozenset(number for number, style in enumerate(book._cell_styles) if book._fonts[style.fontId].bold)


def white_styles(book: Any) -> frozenset[int]:
    """Return the ids of the cell styles that write in white on no ground: their values show only where something else gives one."""
    return frozenset(
        number
        for number, style in enumerate(book._cell_styles)
        if _is_white(book._fonts[style.fontId].color) and not book._fills[style.fillId].fill_type
    )


def _is_white(colour: Any) -> bool:
    if colour is None:
        return False
    if colour.type == "rgb":
        return is_white(str(colour.rgb)[-6:])
    return bool(colour.type == "theme" and colour.theme == THEME_PAPER and not colour.tint)


def plain_value(value: Any) -> Any:
    """Return a cell's value without the formats of its parts, for calculating."""
    return "".join(str(part) for part in value) if isinstance(value, CellRichText) else value
