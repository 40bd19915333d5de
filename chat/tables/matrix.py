"""From a question to a plan over a table of items and years: "What was the change in cargo revenue from 2016 to 2017?"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from chat.tables.columns import (
    IN_PERCENT,
    LEAST_MARGIN,
    column_of_change,
    columns_within,
    name_columns,
    of_percent,
    position_of,
    sure_of,
    without_shares,
)
from chat.tables.grid import Row, Table
from chat.tables.matching import rank_names, unmet, with_long_forms, words_of, year_of
from chat.tables.numbers import read_number
from chat.tables.plan import LABEL, SECTION, Condition, Filter, Operation, Plan
from chat.tables.words import Comparison, comparison_of, operations_of, rescale, span_of, with_digits, with_quarters, years_of
from language.features import terms_of

LEAST_LABEL = 0.6  # score of a row's label, in [0, 1]
_OF_ONE_SIZE = 20
MOST_UNMET = 0.34  # share of the question's words that nothing of the table or its document holds
MOST_UNMET_OF_ONE = 0.8  # where the asker can read no other table
_WHICH_YEARS = re.compile(r"\b(?:which|what)(?: (?:financial|fiscal))? years?\b|哪些年|哪几年|哪年", re.IGNORECASE)
_WHICH_ROW = re.compile(r"^(?:and |in )?(?:which|what|who)\b|哪", re.IGNORECASE)
_HOW_MANY_YEARS = re.compile(r"how many (?:of the )?(?:years|periods|quarters)|(?:有|多少)几年|几个年度", re.IGNORECASE)
_SUMMED = re.compile(r"\bsum\b|\bboth\b|altogether|combined|in total|加起来|合计|之和", re.IGNORECASE)
_SHARE_OF = re.compile(r"\b(?:percentage|proportion|share|percent) of\b(?!.*\bas a (?:percentage|share) of\b)", re.IGNORECASE)
_IN_WHOLE = re.compile(r"\b(?:percentage|proportion|share|percent|constitution) of\b.*\b(?:out of|in|over|to)\b", re.IGNORECASE)
_TABLE_YEARS = re.compile(
    r"\b(?:which|what)\b.*\byears?\b.*\b(?:table|information|data|included|provided|shown|recorded|calculated)\b", re.IGNORECASE
)
_EXTREMES = (Operation.LARGEST, Operation.SMALLEST)
_SEVERAL = re.compile(r"\b(?:respective(?:ly)?|both|each|all|over|years)\b|分别|各", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan and how well the question fits it, in [0, 1]."""

    plan: Plan
    fit: float


def propose_over_matrix(question: str, table: Table, *, about: str, is_only: bool = False) -> Proposal | None:
    """Return a plan over a row of figures, None where the question names none for sure.

    Args:
        about: title and name of the document, for words that the table itself does not hold.
        is_only: no other table could be meant, so that words which it does not hold speak less against it.
    """
    most_unmet = MOST_UNMET_OF_ONE if is_only else MOST_UNMET
    question = with_long_forms(question, [row.label for row in table.rows])
    asked = with_digits(with_quarters(question))
    operations = operations_of(question)
    if {Operation.AVERAGE, Operation.DIFFERENCE} <= set(operations) or {Operation.AVERAGE, Operation.CHANGE} <= set(operations):
        return None  # two steps, one after the other
    columns = without_shares(question, table)
    dated = [column for column in columns if year_of(column)]
    if not dated and sum(bool(year_of(row.label)) for row in table.rows) * 2 > len(table.rows):
        return _over_dated_rows(asked, table, about=about, most_unmet=most_unmet)
    if _WHICH_ROW.search(question) and not _WHICH_YEARS.search(question) and set(operations) & set(_EXTREMES):
        return _extreme_row(question, table, about=about, most_unmet=most_unmet)
    rows = _rows_of_year(question, table, is_dated=bool(dated))
    named = _name_rows(asked, rows, label_column=table.label_column)
    if not named and dated and _TABLE_YEARS.search(question):
        return Proposal(plan=Plan(operation=Operation.COLUMNS, columns=tuple(dated)), fit=LEAST_LABEL) if is_only else None
    if not named or _lacks_qualifier(asked, table, named) or _is_of_another(question, table, named, about=about):
        return None
    chosen = _plan_cells(asked, table, named, columns=columns, dated=dated)
    if chosen is not None and len(named) == 1 and sum(row.label == named[0].row.label for row in table.rows) > 1:
        chosen = _told_apart(chosen, asked, table, named[0].row)
    if chosen is None:
        return None
    held = [table.title, about, *(f"{one.row.label} {one.row.section}" for one in named), *columns]
    compared = comparison_of(question)
    left = unmet(question.replace(question[compared.start : compared.end], " ") if compared else question, *held)
    return Proposal(plan=chosen, fit=min(1.0, named[0].score) * (1 - 0.5 * left)) if left <= most_unmet else None


def _extreme_row(question: str, table: Table, *, about: str, most_unmet: float) -> Proposal | None:
    """Plan the row in which one column is the largest or smallest: "Which country had the highest revenue in 2019?"."""
    columns = without_shares(question, table)
    dated = [column for column in columns if year_of(column)]
    operations = operations_of(question)
    chosen = name_columns(question, columns, dated=dated, years=years_of(question), operations=())
    wanted = next(one for one in operations if one in _EXTREMES)
    others = set(operations) - {*_EXTREMES, Operation.SUM}
    left = unmet(question, table.title, about, *columns, *(row.label for row in table.rows))
    if len(chosen) != 1 or others or left > most_unmet or len({row.section for row in table.rows}) > 1:
        return None
    named = [one for one in rank_names(question, [row.label for row in table.rows]) if one.precision > 0.99 and not one.is_total]
    return None if named else Proposal(plan=Plan(operation=wanted, columns=tuple(chosen)), fit=LEAST_LABEL * (1 - 0.5 * left))


def _told_apart(plan: Plan, question: str, table: Table, row: Row) -> Plan | None:
    """Return the plan with the section of its row, where the label stands in several and the question names one of them."""
    alike = [one for one in table.rows if one.label == row.label]
    if len({one.section for one in alike}) < len(alike):
        return None
    best = sure_of(rank_names(question, [one.section for one in alike]))
    years = years_of(question)
    if best is None and len(years) == 1:
        dated = [at for at, one in enumerate(alike) if year_of(one.section) == years[0]]
        best = dated[0] if len(dated) == 1 else None
    if best is None:
        return None
    told = Filter(column=SECTION, test=Condition.IS, values=(alike[best].section,))
    return replace(plan, filters=(*plan.filters, told))


def _lacks_qualifier(question: str, table: Table, named: Sequence["_NamedRow"]) -> bool:
    """Tell whether the question tells its row apart by a word that only other rows have: "basic", "per share"."""
    asked = words_of(question) & _qualifiers()
    own = words_of(" ".join([*(f"{one.row.label} {one.row.section}" for one in named), *table.columns, table.title]))
    others = words_of(" ".join(f"{row.label} {row.section}" for row in table.rows))
    return bool((asked - own) & others)


def _is_of_another(question: str, table: Table, named: Sequence["_NamedRow"], *, about: str) -> bool:
    """Tell whether a table's only row may be about another thing than the question: the Belford depot, where the Cranby depot is
    asked for. Beside other rows a word that they share would weigh less; here nothing tells which of them is the name."""
    if len(table.rows) > 1 or words_of(named[0].row.label) <= words_of(question):
        return False
    row = named[0].row
    return unmet(question, table.title, about, *table.columns, row.label, row.section, *(cell.text for cell in row.cells)) > 0


@cache
def _qualifiers() -> frozenset[str]:
    return frozenset(terms_of("basic diluted gross net share current deferred unrealized realized state federal foreign"))


@dataclass(frozen=True, slots=True)
class _NamedRow:
    row: Row
    score: float


def _rows_of_year(question: str, table: Table, *, is_dated: bool) -> list[Row]:
    """Return the rows with figures; where the years stand in labels or sections, those of the asked year."""
    rows = [row for row in table.rows if any(read_number(cell.text) for cell in row.cells)]
    years = years_of(question)
    if is_dated or not years:
        return rows
    told = [year_of(row.label) or year_of(row.section) for row in rows]
    if any(told):
        return [row for row, year in zip(rows, told, strict=True) if year in years]
    around = f"{table.title} {' '.join(table.columns)}"
    has_years = bool(re.search(r"\b(?:19|20)\d\d\b", around))
    return rows if not has_years or all(year in around for year in years) else []


def _name_rows(question: str, rows: Sequence[Row], *, label_column: str) -> list[_NamedRow]:
    """Return the row that the question names, or two of them where it compares or adds up two; [] where that is not sure."""
    # A number alone names a row together with what it counts: "five direct reports".
    names = [f"{label_column} {row.label}" if read_number(row.label) else row.label for row in rows]
    ranked = rank_names(question, names, besides=[row.section for row in rows])
    if not ranked:
        return []
    pairs = {Operation.DIFFERENCE, Operation.RATIO, Operation.SUM, Operation.AVERAGE}
    if (pairs & set(operations_of(question)) or _SEVERAL.search(question)) and len(set(years_of(question))) < 2:
        exact = [one for one in ranked if one.precision >= 0.95]
        if len(exact) == 2 and not words_of(rows[exact[0].index].label) & words_of(rows[exact[1].index].label):
            order = sorted(exact, key=lambda one: position_of(question, rows[one.index].label))
            return [_NamedRow(rows[one.index], one.score) for one in order]
    best = ranked[0]
    others = [one for one in ranked[1:] if rows[one.index].label != rows[best.index].label]
    if best.score < LEAST_LABEL or (others and best.score - others[0].score < LEAST_MARGIN):
        return []
    return [_NamedRow(rows[best.index], best.score)]


def _plan_cells(
    question: str, table: Table, named: Sequence[_NamedRow], *, columns: Sequence[str], dated: Sequence[str]
) -> Plan | None:
    labels = [one.row.label for one in named]
    operations, years = operations_of(question), years_of(question)
    if len(labels) == 2:
        return _plan_pair(question, labels, columns=columns, dated=dated)
    filters = (Filter(column=LABEL, test=Condition.IS, values=(labels[0],)),)
    compared = comparison_of(question)
    if compared and not _is_of_scale(compared, table, named[0].row, dated):
        return None
    if compared and dated and _HOW_MANY_YEARS.search(question):
        value = rescale(compared.value, scale=compared.scale, table_scale=table.scale)
        threshold = Filter(column=LABEL, test=compared.test, values=(value,))
        return Plan(operation=Operation.COUNT, filters=filters, columns=columns_within(question, dated), threshold=threshold)
    if _WHICH_YEARS.search(question) and compared:
        threshold = Filter(
            column=LABEL, test=compared.test, values=(rescale(compared.value, scale=compared.scale, table_scale=table.scale),)
        )
        over = columns_within(question, dated)
        return Plan(operation=Operation.LOOKUP, filters=filters, columns=over, threshold=threshold) if over else None
    if _WHICH_YEARS.search(question):
        extreme = next((one for one in operations if one in _EXTREMES), Operation.LOOKUP)
        over = columns_within(question, dated)
        is_ratio = Operation.RATIO in operations and not re.search(r"ratio|\bto\b", labels[0], re.IGNORECASE)
        is_plain = not is_ratio and not (set(operations) & {Operation.CHANGE, Operation.DIFFERENCE})
        return Plan(operation=extreme, filters=filters, columns=over) if over and is_plain else None
    if set(operations) & set(_EXTREMES):
        return None  # which row is the largest is another question
    changed = column_of_change(question, operations, named[0].row, columns)
    if changed:
        return Plan(operation=Operation.LOOKUP, filters=filters, columns=(changed,))
    chosen = name_columns(question, columns, dated=dated, years=years, operations=operations, row=named[0].row)
    operation = _operation(operations, named[0].row, chosen, question=question) if chosen else None
    if operation is None:
        return None
    if operation in (Operation.DIFFERENCE, Operation.CHANGE):
        chosen = sorted(chosen, key=year_of)
        if len(chosen) != 2:
            return None
    return Plan(operation=operation, filters=filters, columns=tuple(chosen))


def _is_of_scale(compared: Comparison, table: Table, row: Row, dated: Sequence[str]) -> bool:
    """Tell whether a number of the question and the row's cells are counted in the same. A table that does not tell in what it
    counts may be compared with where the number is about as large as its cells."""
    if not compared.scale or table.scale:
        return True
    values = [abs(number.value) for column in dated if (number := read_number(row.text_of(column)))]
    bound = Decimal(compared.value)
    return bool(values) and min(values) / _OF_ONE_SIZE <= bound <= max(values) * _OF_ONE_SIZE


def _plan_pair(question: str, labels: Sequence[str], *, columns: Sequence[str], dated: Sequence[str]) -> Plan | None:
    """Plan over two rows and one column: the first less the second, by the second, or both together."""
    operations = operations_of(question)
    chosen = name_columns(question, columns, dated=dated, years=years_of(question), operations=())
    operation = operations[0] if operations else Operation.LOOKUP
    if len(chosen) != 1 or operation in (Operation.CHANGE, Operation.COUNT, *_EXTREMES):
        return None
    if operation is Operation.SUM and re.search(r"\brespective", question):
        operation = Operation.LOOKUP
    is_turned = operation is Operation.DIFFERENCE or (operation is Operation.RATIO and _is_turned(question, labels))
    filters = (Filter(column=LABEL, test=Condition.IS, values=tuple(reversed(labels)) if is_turned else tuple(labels)),)
    return Plan(operation=operation, filters=filters, columns=tuple(chosen))


def _is_turned(question: str, labels: Sequence[str]) -> bool:
    """Tell whether the second of two names is the share and the first the whole: "what percentage of total debt were notes"."""
    if sum("total" in label.casefold() for label in labels) == 1:
        return "total" in labels[0].casefold()
    return bool(_SHARE_OF.search(question)) and not _IN_WHOLE.search(question)


def _operation(operations: Sequence[Operation], row: Row, columns: Sequence[str], *, question: str) -> Operation | None:
    """Return what is to be done with these cells of a row; None where the question does not fit for sure."""
    label = row.label
    wanted = [one for one in operations if one is not Operation.COUNT]
    if len(columns) == 1:
        told = f"{label} {columns[0]} {row.text_of(columns[0])}"
        names = {
            Operation.CHANGE: r"change|increase|decrease|growth",
            Operation.DIFFERENCE: r"change|increase|decrease|growth|difference",
            Operation.RATIO: r"ratio|%|percent",
            Operation.AVERAGE: r"average|mean|平均",
        }
        # With one cell, a change, a ratio or an average was asked that the table must hold under its own name.
        is_held = all(re.search(names[one], told, re.IGNORECASE) for one in wanted if one in names)
        is_sum = Operation.SUM in wanted and bool(_SUMMED.search(question))
        lacks_percent = bool(IN_PERCENT.search(question)) and not IN_PERCENT.search(told)
        return Operation.LOOKUP if is_held and not is_sum and not lacks_percent else None
    for operation in wanted:
        if operation is Operation.SUM and _SEVERAL.search(question) and not _SUMMED.search(question):
            return Operation.LOOKUP
        return operation
    return Operation.LOOKUP


def _over_dated_rows(question: str, table: Table, *, about: str, most_unmet: float) -> Proposal | None:
    """Plan over a table whose rows are the years and whose columns are the items."""
    columns = [column for column in table.value_columns if any(read_number(row.text_of(column)) for row in table.rows)]
    columns = of_percent(question, columns)
    ranked = rank_names(question, columns)
    best, years, operations = sure_of(ranked), years_of(question), operations_of(question)
    left = unmet(question, table.title, about, *table.columns, *(row.label for row in table.rows))
    if best is None or ranked[0].score < LEAST_LABEL or left > most_unmet:
        return None
    fit = min(1.0, ranked[0].score) * (1 - 0.5 * left)
    if extreme := next((one for one in operations if one in _EXTREMES), None):
        return _extreme_year(question, table, extreme, columns[best], fit=fit)
    if not years:
        return None
    rows = [row for year in years for row in table.rows if year_of(row.label) == year]
    if len(rows) != len(years):
        return None
    column = columns[best]
    cells = [replace(row, label=column) for row in rows]
    operation = _operation(operations, cells[0], [column] * len(rows), question=question)
    if operation in (Operation.CHANGE, Operation.DIFFERENCE):
        rows = sorted(rows, key=lambda row: year_of(row.label))
    if operation is None or (operation in (Operation.CHANGE, Operation.DIFFERENCE, Operation.RATIO) and len(rows) != 2):
        return None
    filters = (Filter(column=LABEL, test=Condition.IS, values=tuple(row.label for row in rows)),)
    plan = Plan(operation=operation, filters=filters, columns=(column,))
    return Proposal(plan=plan, fit=fit)


def _extreme_year(question: str, table: Table, extreme: Operation, column: str, *, fit: float) -> Proposal | None:
    """Plan the year in which a column is the largest or smallest, within the years that the question names."""
    if not _WHICH_YEARS.search(question):
        return None
    span = span_of(question)
    years = years_of(question)
    if span is None and len(years) == 2 and re.search(r"\bbetween\b", question, re.IGNORECASE):
        span = (int(min(years)), int(max(years)))
    dated = [row.label for row in table.rows if (year := year_of(row.label)) and (span is None or span[0] <= int(year) <= span[1])]
    if len(dated) < 2 or len(set(dated)) < len(dated):
        return None
    filters = (Filter(column=LABEL, test=Condition.IS, values=tuple(dated)),)
    return Proposal(plan=Plan(operation=extreme, filters=filters, columns=(column,)), fit=fit)
