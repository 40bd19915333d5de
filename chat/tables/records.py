"""From a question to a plan over a table of records: "How many projects are closed?", "Which room has the most seats?"."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from chat.tables.grid import Table
from chat.tables.matching import generic_words, rank_names, words_of
from chat.tables.matrix import Proposal
from chat.tables.numbers import read_number
from chat.tables.plan import LABEL, Condition, Filter, Operation, Plan
from chat.tables.words import Comparison, comparison_of, operations_of, years_of
from language.features import terms_of
from language.scripts.script import is_chinese

LEAST_ROWS = 3
_MOST_VALUES = 0.6  # share of the rows: a column with more values than that tells rows apart and is no condition
_FILLERS = """
    list listed all show me give name us our there exist currently altogether total sum count counted largest highest biggest
    greatest most least smallest lowest fewest average mean longest shortest maximum minimum more less than at over under above
    below have has had been be each every them those up add combined together still already current number tell please overall
    exceed exceeding oldest youngest cheapest whole entire
"""
_FILLERS_ZH = """
    一共 总共 共 共有 有 多少 几 哪些 哪个 最大 最高 最多 最小 最低 最少 平均 合计 总和 总计 总额 列出 所有 全部 我们 目前 现在
    是 为 已 已经 处于 状态 最 大 高 多 小 低 少 总 和 项 家 台 间 条 名 份 超过 大于 高于 低于 小于 少于 不到 至少 不少于 请 问
    个 位 种 几个 几 正在 还 的 了 吗 呢 在 里 中 数量 数 目 分别 列表 清单 那 和 与 且 并 又 由 负责
"""
_LISTS = re.compile(
    r"^(?:please )?(?:list|show|name|give)\b|^(?:which|what) (?:\w+ ){1,3}?(?:are|is|have|has|were|cost|do|does)\b|哪些|列出|哪几",
    re.IGNORECASE,
)
_WITH_LETTER = re.compile(r"\w{2,}\s+[A-Za-z]\b(?!['’])|\b(?<!['’])[A-Za-z]\s+\w{2,}")
_PIECE = r"(?:个|项|份|名|间|种|条|台|家|位)"
_COUNTS = re.compile(rf"^(?:\w+ ){{0,3}}?how many\b|^(?:what is )?the number of\b|多少{_PIECE}?|几{_PIECE}", re.IGNORECASE)


@cache
def _fillers() -> frozenset[str]:
    return frozenset(terms_of(_FILLERS))


@dataclass(frozen=True, slots=True)
class _Conditions:
    filters: tuple[Filter, ...]
    words: frozenset[str]  # terms of the question that the conditions explain
    texts: tuple[str, ...] = ()  # the same as they stand in the question


def propose_over_records(question: str, table: Table, *, about: str, is_only: bool = False) -> Proposal | None:
    """Return a plan over the records, None where one word of the question stays unexplained.

    Args:
        about: title and name of the document.
        is_only: no other table could be meant, so that the question need not name what the records are.
    """
    if len(table.rows) < LEAST_ROWS or years_of(question):
        return None
    found = _conditions(question, table)
    subject = _subject(table, about)
    if found is None or not (is_only or words_of(question) & subject):
        return None
    plan, used = _plan(question, table, found, subject)
    if plan is None:
        return None
    if is_chinese(question):
        left = _left_in_chinese(question, table, found, plan, subject)
    else:
        left = bool(words_of(question) - generic_words() - _fillers() - found.words - used - subject)
    return None if left else Proposal(plan=plan, fit=1.0 if found.filters or plan.columns else 0.9)


def _left_in_chinese(question: str, table: Table, found: _Conditions, plan: Plan, subject: frozenset[str]) -> bool:
    """Tell whether anything of a Chinese question stays unexplained.

    Its words are not cut: where they begin depends on what stands beside them.
    """
    named = [table.label_column, *subject, *plan.columns, *(one.column for one in found.filters), *found.texts]
    known = {re.sub(r"[(（].*?[)）]", "", text).strip() for text in named}
    for text in sorted({*known, *_FILLERS_ZH.split()} - {""}, key=len, reverse=True):
        question = question.replace(text, " ")
    return bool(re.search(r"[^\W\d_]", question))


def _subject(table: Table, about: str) -> frozenset[str]:
    """Return the words that name the records: of the title, the label's column, and what most labels begin with alike."""
    firsts = Counter(term for row in table.rows for term in words_of(row.label))
    common = {term for term, count in firsts.items() if count * 2 > len(table.rows)}
    return words_of(" ".join([table.title[:300], table.label_column, about])) | common


def _conditions(question: str, table: Table) -> _Conditions | None:
    """Return the conditions that the question names by the cells' values; None where a value may be of two columns."""
    filters: list[Filter] = []
    words: set[str] = set()
    texts: list[str] = []
    asked = frozenset(terms_of(question))
    for column in table.columns:
        if column == table.label_column:
            continue
        values = Counter(text for row in table.rows if (text := row.text_of(column)))
        if len(values) > max(3, _MOST_VALUES * len(table.rows)):
            continue
        met = [value for value in values if _is_named(value, question, asked)]
        whole = [value for value in met if not any(value != other and value in other for other in met)]
        if not whole:
            continue
        numbers = [value for value in whole if read_number(value)]
        if numbers and not (words_of(column) & words_of(question)):
            continue  # a number counts where its column is named: "20 seats"
        if words & {term for value in whole for term in terms_of(value)}:
            return None
        filters.append(Filter(column=column, test=Condition.IS, values=tuple(whole)))
        words |= {term for value in whole for term in terms_of(value)} | words_of(column)
        texts += whole
    if (compared := comparison_of(question)) is not None:
        column = _compared_column(question, compared, table)
        if not column or not _is_in_unit(question, compared, table, column):
            return None
        unit = re.match(r"\s*[^\W\d_]{0,4}?[元人天次件吨%]", question[compared.end :])
        texts.append(question[compared.start : compared.end] + (unit.group() if unit else ""))
        filters = [one for one in filters if one.column != column]
        filters.append(Filter(column=column, test=compared.test, values=(compared.value,)))
        told = {term for row in table.rows if (number := read_number(row.text_of(column))) for term in terms_of(number.unit)}
        words |= words_of(column) | frozenset(terms_of(question[compared.start : compared.end])) | told
    return _Conditions(tuple(filters), frozenset(words), tuple(texts))


def _compared_column(question: str, compared: Comparison, table: Table) -> str:
    """Return the column of numbers that a comparison is about: named after it ("over 20 seats") or before ("预算超过40万元")."""
    columns = [column for column in table.value_columns if _is_numeric(table, column)]
    around = [question[compared.end : compared.end + 40], question[: compared.start]]
    for text in reversed(around) if is_chinese(question) else around:
        if ranked := rank_names(text, columns):
            return columns[ranked[0].index]
    return ""


def _is_in_unit(question: str, compared: Comparison, table: Table, column: str) -> bool:
    """Tell whether a question's number is in what the column counts: 50 thousand euros beside "20 thousand euros"."""
    units = {number.unit for row in table.rows if (number := read_number(row.text_of(column)))}
    told = " ".join([*units, column]).casefold()
    tail = question[compared.end : compared.end + 24].casefold()
    scales = [scale for scale in ("thousand", "million", "billion", "万", "亿") if scale in tail[:8] or scale == compared.scale]
    held = [scale for scale in ("thousand", "million", "billion", "万", "亿") if scale in told]
    return scales == held or (not scales and not held)


def _is_named(value: str, question: str, asked: frozenset[str]) -> bool:
    """Tell whether a question holds a cell's value as it is; in Chinese without white space between words."""
    if len(value) < 2 and not read_number(value):
        return False
    if is_chinese(value):
        return value in question
    own = frozenset(terms_of(value))
    return bool(own) and own <= asked and not own <= generic_words() and _has_letters(value, question, own)


def _has_letters(value: str, question: str, own: frozenset[str]) -> bool:
    """Tell whether a question holds each single letter of a value beside its word: "Team A" is not named by "Team B".

    Args:
        own: the terms of the value; "a" is none.
    """
    pairs = [match.split() for match in _WITH_LETTER.findall(value)]
    needed = [pair for pair in pairs if not {word.casefold() for word in pair if len(word) == 1} <= own]
    return all(re.search(rf"\b{re.escape(first)}[\s-]+{re.escape(second)}\b", question, re.IGNORECASE) for first, second in needed)


def _plan(question: str, table: Table, found: _Conditions, subject: frozenset[str]) -> tuple[Plan | None, frozenset[str]]:
    """Return the plan, and the words of the question that its columns explain."""
    operations = operations_of(question)
    extreme = next((one for one in operations if one in (Operation.LARGEST, Operation.SMALLEST)), None)
    figure = next((one for one in operations if one in (Operation.AVERAGE, Operation.SUM)), None)
    held = {one.column for one in found.filters}
    if comparison_of(question) is not None:
        extreme = None
    if extreme or figure:
        column = _figures(question, table, held)
        if column:
            operation = extreme or figure or Operation.SUM
            return Plan(operation=operation, filters=found.filters, columns=(column,)), words_of(column) | _units(table, column)
        if extreme or Operation.COUNT not in operations:
            return None, frozenset()
    if _COUNTS.search(question):
        return Plan(operation=Operation.COUNT, filters=found.filters), subject
    if found.filters and _LISTS.search(question):
        return Plan(operation=Operation.LIST, filters=found.filters), subject
    return None, frozenset()


def _figures(question: str, table: Table, held: set[str]) -> str:
    """Return the column of numbers that the question names; "" where it names none for sure."""
    columns = [column for column in table.columns if column not in held and _is_numeric(table, column)]
    ranked = [one for one in rank_names(question, columns) if one.precision >= 0.5]
    if len(ranked) > 1 and ranked[0].score - ranked[1].score < 0.05:
        return ""
    return columns[ranked[0].index] if ranked else ""


def _is_numeric(table: Table, column: str) -> bool:
    texts: Sequence[str] = [text for row in table.rows if (text := row.text_of(column))]
    return bool(texts) and column != LABEL and all(read_number(text) for text in texts)


def _units(table: Table, column: str) -> frozenset[str]:
    return frozenset(term for row in table.rows if (number := read_number(row.text_of(column))) for term in terms_of(number.unit))
