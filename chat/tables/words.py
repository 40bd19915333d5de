"""What a question about a table asks for: the operation, the years, a comparison with a number."""

import re
from dataclasses import dataclass

from chat.tables.plan import Condition, Operation

_OPERATIONS: tuple[tuple[Operation, re.Pattern[str]], ...] = (
    (
        Operation.CHANGE,
        re.compile(
            r"\b(?:percent(?:age)?|%)\s*(?:\w+\s)?(?:change|increase|decrease|growth|difference|rise|drop|decline)\b"
            r"|\bwhat percent(?:age)?\b.*\b(?:increased?|decreased?|changed?|grow|grew|rise|rose|fall|fell|drop(?:ped)?)\b"
            r"|\bchange\b.*\b(?:as a|in) percent(?:age)?\b|\b(?:growth|change) rate\b"
            r"|\b(?:increase|decrease|change|grow|rise|fall|drop)\w*\b.{0,40}\bin percent"
            r"|(?:变化|增长|下降|增减)(?:率|百分比|了?百分之几)|同比|(?:增长|下降|减少|增加)了?百分之",
            re.IGNORECASE,
        ),
    ),
    (
        Operation.RATIO,
        re.compile(
            r"\bratio\b|\b(?:proportion|percentage|percent|constitution) of\b|\bas a (?:percentage|share) of\b"
            r"|比率|之比|占.{1,20}的?(?:比例|百分)",
            re.IGNORECASE,
        ),
    ),
    (Operation.AVERAGE, re.compile(r"\b(?:average|mean)\b|平均", re.IGNORECASE)),
    (
        Operation.DIFFERENCE,
        re.compile(
            r"\b(?:what|how much|by how much|by what)\b.*\b(?:change|difference|increased?|decreased?|growth|grow|decline)\b"
            r"|\bchange\b.*\bbetween\b"
            r"|\b(?:increased?|decreased?|grew|rose|fell|dropped|declined|changed?) by\b"
            r"|\b(?:increase|decrease) ?/ ?\(?(?:decrease|increase)"
            r"|\b(?:how much|by how much|how many) (?:more|less|higher|lower)\b"
            r"|变化了?多少|相差|差(?:额|多少)|(?:增加|减少|增长|下降)了?多少",
            re.IGNORECASE,
        ),
    ),
    (
        Operation.LARGEST,
        re.compile(
            r"\b(?:largest|highest|biggest|greatest|maximum|longest|most(?= \w+)|oldest|more|higher|larger|greater)\b"
            r"|最(?:大|高|多|长|贵|久)",
            re.IGNORECASE,
        ),
    ),
    (
        Operation.SMALLEST,
        re.compile(
            r"\b(?:smallest|lowest|least|fewest|minimum|shortest|cheapest|lower|smaller|less)\b|最(?:小|低|少|短|便宜)",
            re.IGNORECASE,
        ),
    ),
    (
        Operation.SUM,
        re.compile(
            r"\b(?:sum|total|altogether|combined|in total|add(?:ed)? up)\b|合计|总(?:和|计|额|数|共|预算|价|量)|一共|加起来",
            re.IGNORECASE,
        ),
    ),
    (
        Operation.COUNT,
        re.compile(
            r"\bhow many\b|\bnumber of\b|\bcount\b|多少(?:个|项|份|名|间|种|条|台|家)|几(?:个|项|份|名|间|种|条|台|家)|有多少",
            re.IGNORECASE,
        ),
    ),
)
_YEAR = re.compile(r"(?<!\d)(?<!\d[.,/])((?:19|20)\d\d)(?!\d|,\d{3}|\.\d)")
_SHORT_YEAR = re.compile(r"\bFY?\s?'?(\d\d)\b", re.IGNORECASE)
_QUARTERS = (
    (re.compile(r"\b(?:first quarter|Q1)\b", re.IGNORECASE), "March 31"),
    (re.compile(r"\b(?:second quarter|Q2)\b", re.IGNORECASE), "June 30"),
    (re.compile(r"\b(?:third quarter|Q3)\b", re.IGNORECASE), "September 30"),
    (re.compile(r"\b(?:(?:fourth|last) quarter|Q4)\b", re.IGNORECASE), "December 31"),
)
_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SPAN = re.compile(r"((?:19|20)\d\d)(?:\s*(?:to|through|[-–—])\s*|(?:年)?(?:到|至|-))(?:fiscal )?((?:19|20)\d\d)", re.IGNORECASE)
_COMPARE = (
    (Condition.AT_LEAST, r"at least|no less than|not less than|or more|不少于|至少|不低于"),
    (Condition.AT_MOST, r"at most|no more than|not more than|up to|不超过|至多|最多|不高于"),
    (Condition.MORE, r"more than|over|above|exceed(?:s|ed|ing)?|greater than|higher than|larger than|超过|大于|高于|多于"),
    (Condition.LESS, r"less than|under|below|lower than|fewer than|smaller than|低于|小于|少于|不到"),
)
_AMOUNT = r"\s*(?:[$€£¥]|RMB|US\$)?\s?(?P<amount>\d[\d,]*(?:\.\d+)?)"
_SCALED = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison with a number: "exceed $200,000 thousand".

    `scale`: what the number is counted in; `start`, `end`: of the words in the question.
    """

    test: Condition
    value: str
    scale: str
    start: int
    end: int


def operations_of(question: str) -> list[Operation]:
    """Return what a question may ask to be done, the surest first; [] where it asks for a cell."""
    return [operation for operation, pattern in _OPERATIONS if pattern.search(question)]


def with_digits(question: str) -> str:
    """Return the question with the digits of the number words that it holds: rows are often named by a number."""
    named = [
        str(number) for number, word in enumerate(_NUMBER_WORDS, start=1) if re.search(rf"\b{word}\b", question, re.IGNORECASE)
    ]
    return " ".join([question, *named])


def with_quarters(question: str) -> str:
    """Return the question with the last day of each quarter that it names: tables head their columns with these."""
    named = [day for pattern, day in _QUARTERS if pattern.search(question)]
    return " ".join([question, *named])


def years_of(question: str) -> list[str]:
    """Return the years that a question names, in its order, each once; those between, of a span, not."""
    found = [(match.start(), match[1]) for match in _YEAR.finditer(question)]
    found += [(match.start(), f"20{match[1]}") for match in _SHORT_YEAR.finditer(question)]
    return list(dict.fromkeys(year for _start, year in sorted(found)))


def span_of(question: str) -> tuple[int, int] | None:
    """Return the first and last year of "from 2017 to 2019"."""
    found = _SPAN.search(question)
    if found is None:
        return None
    first, last = sorted((int(found[1]), int(found[2])))
    return first, last


def comparison_of(question: str) -> Comparison | None:
    """Return the comparison with a number that a question names."""
    for test, words in _COMPARE:
        if found := re.search(
            rf"(?:\b(?:{words})|(?:{words})){_AMOUNT}(?:\s*(?P<scale>thousand|million|billion)s?)?", question, re.IGNORECASE
        ):
            return Comparison(test, found["amount"].replace(",", ""), (found["scale"] or "").lower(), found.start(), found.end())
    return None


def rescale(value: str, *, scale: str, table_scale: str) -> str:
    """Return a number of the question in what the table counts in: 3 million is 3000 in a table of thousands."""
    if not scale or scale == table_scale or table_scale not in _SCALED:
        return value
    number = float(value) * _SCALED[scale] / _SCALED[table_scale]
    return f"{number:.6f}".rstrip("0").rstrip(".")
