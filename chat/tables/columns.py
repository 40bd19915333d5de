"""Which columns of a table a question names: by their years, by their words, by the change that they hold."""

import re
from collections.abc import Sequence

from chat.tables.grid import Row, Table
from chat.tables.matching import Named, rank_names, words_of, year_of
from chat.tables.numbers import read_number
from chat.tables.plan import Operation
from chat.tables.words import operations_of, span_of, years_of

LEAST_COLUMN = 0.5
LEAST_OWN = 0.6  # share of a column's own words that are asked: "bottle" alone is no bottle size
LEAST_MARGIN = 0.04  # to the next row
_CHANGED = re.compile(r"\b(?:change|increase|decrease|variance|growth)\b|增减|变化|变动", re.IGNORECASE)
IN_PERCENT = re.compile(r"%|percent|百分", re.IGNORECASE)
_BOTH = re.compile(r"\brespective|\bboth\b|\band\b|分别|各|和|与|及", re.IGNORECASE)


def without_shares(question: str, table: Table) -> list[str]:
    """Return the columns of values; without those of percentages beside them, unless these are asked for."""
    columns = list(table.value_columns)
    shares = [column for column in columns if IN_PERCENT.search(column) and year_of(column)]
    others = [column for column in columns if column not in shares]
    is_beside = {year_of(column) for column in shares} <= {year_of(column) for column in others}
    if not shares or not is_beside:
        return columns
    wants_shares = IN_PERCENT.search(question) and Operation.CHANGE not in operations_of(question)
    return shares if wants_shares else others


def columns_within(question: str, dated: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of the span of years that a question names; all where it names none, none where several are of a year."""
    span = span_of(question)
    found = [column for column in dated if span is None or span[0] <= int(year_of(column)) <= span[1]]
    return tuple(found) if len({year_of(column) for column in found}) == len(found) else ()


def column_of_change(question: str, operations: Sequence[Operation], row: Row, columns: Sequence[str]) -> str:
    """Return the column that holds the asked change itself, "" where the table has none."""
    wanted = next((one for one in operations if one in (Operation.DIFFERENCE, Operation.CHANGE)), None)
    if wanted is None:
        return ""
    found = [column for column in columns if _CHANGED.search(column)]
    years = years_of(question)
    if (
        any(year_of(column) for column in columns)
        and len(years) == 2
        and not any(all(year in one for year in years) for one in found)
    ):
        held = sorted({year_of(column) for column in columns} - {""})[-2:]
        if sorted(years) != held:
            return ""  # the change between other years than the newest two
    is_share = {column: "%" in row.text_of(column) or bool(IN_PERCENT.search(column)) for column in found}
    fitting = [column for column in found if row.text_of(column) and is_share[column] is (wanted is Operation.CHANGE)]
    dated = [column for column in fitting if years and all(year in column for year in years)]
    return (dated or fitting)[0] if len(dated or fitting) == 1 else ""


def name_columns(
    question: str,
    columns: Sequence[str],
    *,
    dated: Sequence[str],
    years: Sequence[str],
    operations: Sequence[Operation],
    row: Row | None = None,
) -> list[str]:
    """Return the columns that the question names, in its order; [] where that is not sure."""
    if not dated:
        return _undated(question, columns, row)
    over_years = {Operation.AVERAGE, Operation.SUM, Operation.DIFFERENCE, Operation.CHANGE}
    span = span_of(question)
    if span and operations and operations[0] in (Operation.AVERAGE, Operation.SUM):
        years = [str(year) for year in range(span[0], span[1] + 1)]
    if not years:
        if len(dated) == 1 or (set(operations) & over_years and len({year_of(column) for column in dated}) == len(dated)):
            is_two = {Operation.DIFFERENCE, Operation.CHANGE} & set(operations)
            return list(dated) if not is_two or len(dated) == 2 else []
        return []
    found = []
    for year in years:
        of_year = [column for column in dated if year_of(column) == year]
        if len(of_year) > 1:
            best = sure_of(rank_names(question, of_year))
            of_year = [of_year[best]] if best is not None else []
        if not of_year:
            return []
        found.append(of_year[0])
    return found


def _undated(question: str, columns: Sequence[str], row: Row | None) -> list[str]:
    """Return the one column that the question names; the only one with a figure where it asks how much or how many."""
    if len(columns) == 1:
        return list(columns)
    columns = of_percent(question, columns)
    ranked = [one for one in rank_names(question, columns) if one.precision >= LEAST_OWN]
    named = [one for one in ranked if not any(words_of(columns[one.index]) < words_of(columns[other.index]) for other in ranked)]
    if _BOTH.search(question):
        told = frozenset().union(*(words_of(columns[one.index]) for one in named))
        asked = words_of(question)
        if any(asked & words_of(column) - told for column in columns):
            return []  # another column may be asked for as well
        if len(named) > 1:
            return [columns[one.index] for one in sorted(named, key=lambda one: position_of(question, columns[one.index]))]
    best = sure_of(ranked)
    if best is not None:
        return [columns[best]]
    figures = [column for column in columns if row is not None and read_number(row.text_of(column)) is not None]
    return figures if len(figures) == 1 and re.search(r"\bhow (?:much|many)\b|多少|几", question, re.IGNORECASE) else []


def of_percent(question: str, columns: Sequence[str]) -> list[str]:
    """Return the columns of percentages where these are asked for and the table names some."""
    found = [column for column in columns if IN_PERCENT.search(column)] if IN_PERCENT.search(question) else []
    return found or list(columns)


def sure_of(ranked: Sequence[Named]) -> int | None:
    is_clear = bool(ranked) and (len(ranked) == 1 or ranked[0].score - ranked[1].score >= LEAST_MARGIN)
    return ranked[0].index if is_clear and ranked[0].score >= LEAST_COLUMN else None


def position_of(question: str, label: str) -> int:
    """Return where a question first names a word of a label."""
    lowered = question.casefold()
    places = [place for word in re.findall(r"\w{3,}", label.casefold()) if (place := lowered.find(word)) >= 0]
    return min(places, default=0)
