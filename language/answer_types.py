# ruff: noqa: E501 - a kind of question is read in one line
"""What kind of thing a question asks for, and whether a text holds one."""

import re
from collections.abc import Sequence
from enum import StrEnum

from language.features import quantities_of
from language.names import chinese_names
from language.quantities import Quantity, normalize


class AnswerType(StrEnum):
    PERSON = "person"
    DATE = "date"
    AMOUNT = "amount"  # money
    PERCENT = "percent"
    NUMBER = "number"
    DURATION = "duration"
    PLACE = "place"
    YES_NO = "yes_no"
    OTHER = "other"


_QUESTIONS = (
    (AnswerType.PERCENT, r"\bwhat (?:percent|percentage|proportion|share)\b|百分之几|百分比|比例|占比|增长率|同比"),
    (AnswerType.DURATION, r"\bhow long\b|\bhow (?:many|much) (?:\w+ )?(?:hours|workdays|days|weeks|months|years|time)\b|多久|多长时间|几天|多少天|几个月|几年|多少年|几小时|多少小时|几周"),
    (AnswerType.AMOUNT, r"\bhow much (?:does|do|did|is|are|was|were|will|can|money|revenue)?.*\b(?:cost|pay|paid|price|worth|earn|reimburse|acquire|dollar|money|spend|revenue|fee|charge)|\bdollar (?:amount|limit)|\bwhat (?:is|was|were) .*\b(?:revenue|price|cost|salary|fee|profit|income)\b|多少钱|多少(?:万|亿|美|欧)?元|多少亿|(?:工资|营收|净利润|票房|价格|金额|费用)(?:是|为|有|达)?多少"),
    (AnswerType.NUMBER, r"\bhow (?:many|much|far|often|large|big|tall|high|old|fast|deep|wide)\b|\bwhat number\b|多少|几[个次人名位家条级天年月届岁]|多高|多大|多远|多长|人数|数量|次数|几"),
    (AnswerType.PERSON, r"\bwho(?:m|se)?\b|谁|哪位|何人|哪个人|导演|主演|作者|创始人|冠军"),
    (AnswerType.DATE, r"\bwhen\b|\bwhat (?:year|date|day|month|century|decade|time)\b|\b(?:in|on|by|since) (?:what|which) (?:year|date|day|month|century)|何时|什么时候|哪[一]?年|哪天|几月|几号|日期|什么时间|时间"),
    (AnswerType.PLACE, r"\bwhere\b|\bwhat (?:country|city|state|place|location|region)\b|\bwhich (?:country|city|state|place|region)\b|哪里|哪儿|何处|什么地方|哪个(?:国家|城市|省|地方|市)|哪国|地点"),
    (AnswerType.YES_NO, r"^(?:is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)\b|是否|吗[?？]?$|能否|可否|能不能|可不可以|需不需要|是不是"),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _QUESTIONS)
_TIME_UNITS = ("hour", "minute", "second", "day", "workday", "week", "month", "quarter", "year", "decade", "century")
_UNIT = re.compile(r"\bhow many (?:\w+ )?(hour|day|week|month|year)s\b|(?:几|多少)个?(小时|工作日|天|周|星期|月|年)", re.IGNORECASE)
_UNITS_ZH = {"小时": "hour", "工作日": "day", "天": "day", "周": "week", "星期": "week", "月": "month", "年": "year"}
_MONEY = ("USD", "EUR", "GBP", "CNY", "JPY", "HKD", "cent")
_CAPITALS = re.compile(r"(?<![.!?:] )(?<!^)\b[A-Z][a-z]+|\b[A-Z][a-z]+\s+[A-Z][a-z]+")


def answer_type(question: str) -> AnswerType:
    """Return what the question asks for, by its question words; the more telling first."""
    question = normalize(question)
    return next((kind for kind, pattern in _PATTERNS if pattern.search(question)), AnswerType.OTHER)


def holds_answer(kind: AnswerType, text: str, question: str, *, by_unit: bool = False, cells: Sequence[Quantity] = ()) -> bool:
    """Tell whether a normalised text holds something of the kind that the question does not itself name. True for OTHER and YES_NO.

    Args:
        by_unit: a duration must also have the unit that the question asks for ("how many days").
        cells: of a row of a table, as `language.records.read_cells` reads them: their units stand above them.
    """
    if kind in (AnswerType.OTHER, AnswerType.YES_NO):
        return True
    if kind in (AnswerType.PERSON, AnswerType.PLACE):
        return _has_new_name(text, question)
    asked = quantities_of(normalize(question))
    new = [quantity for quantity in (*quantities_of(text), *cells) if not any(_is_same(quantity, other) for other in asked)]
    unit = _asked_unit(question) if by_unit and kind == AnswerType.DURATION else ""
    return any(_fits(kind, quantity) and (not unit or unit in quantity.unit) for quantity in new)


def _asked_unit(question: str) -> str:
    """Return the unit that a question asks for by name ("how many days"), or ""."""
    match = _UNIT.search(question)
    return _UNITS_ZH.get(match.group(2), "") if match and match.group(2) else match.group(1).lower() if match else ""


def _fits(kind: AnswerType, quantity: Quantity) -> bool:
    if kind == AnswerType.DATE:
        is_year = quantity.unit in ("", "year", "decade") and 1000 <= quantity.value <= 2100
        return quantity.date is not None or quantity.unit in ("clock", "century") or is_year
    if quantity.date is not None:
        return False
    if kind == AnswerType.AMOUNT:
        return quantity.unit in _MONEY
    if kind == AnswerType.PERCENT:
        return quantity.unit == "%"
    if kind == AnswerType.DURATION:
        return quantity.unit in _TIME_UNITS
    return quantity.unit not in ("nth", "clock")


def _is_same(left: Quantity, right: Quantity) -> bool:
    return left.date == right.date and left.value == right.value


def _has_new_name(text: str, question: str) -> bool:
    folded = question.casefold()
    if any(match.group(0).casefold() not in folded for match in _CAPITALS.finditer(text)):
        return True
    return any(name not in question for name in chinese_names(text)) if re.search(r"[\u3400-\u9fff]", text) else False
