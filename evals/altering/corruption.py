"""Turn one fact of a true sentence. Each corruption returns None where the sentence has nothing of its kind."""

import random
import re
from collections.abc import Callable
from functools import lru_cache

CORRUPTIONS = ("number", "date", "unit", "name", "negation", "subject", "clause", "marker")
_HAN = re.compile(r"[\u3400-\u9fff]")
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_UNITS = (
    ("hours", "days", "weeks", "months", "years"),
    ("hour", "day", "week", "month", "year"),
    ("million", "billion"),
    ("miles", "feet"),
    ("percent", "dollars"),
)
_UNITS_ZH = ("小时", "天", "周", "个月", "年"), ("万", "亿"), ("公里", "米"), ("元", "美元")
_DIGIT = re.compile(r"(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w.,-]*\d)|(?<=[\u3400-\u9fff])\d+(?:\.\d+)?")
_NUMERAL_WORDS = "two three four five six seven eight nine ten eleven twelve twenty thirty fifty".split()  # noqa: SIM905
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][a-z]{2,}(?:\s+[A-Z][a-z]{2,})*")
_NAMES = ("Margaret Thornbury", "Oslo", "Helvetia Corporation", "Kaplan", "Victor Almeida", "Zanzibar", "Lindqvist")
_NAMES_ZH = ("刘建国", "青岛", "王晓明", "乌鲁木齐", "德国", "宋庆龄", "哈尔滨")
_CLAUSES = (
    "and every employee also receives a free bicycle in the first month",
    "which was later confirmed by a royal commission in London",
    "although the board of trustees may cancel this at any moment",
    "and the winners are paid a bonus from the lottery fund",
    "because the old contract with the shipping company had expired",
)
_CLAUSES_ZH = (
    "并且每人还可以免费领取一辆自行车",
    "这一点后来得到了皇家委员会的确认",
    "但董事会可以随时取消这项安排",
    "同时获奖者还会从彩票基金中得到奖金",
)
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|could|may|must|should|will|would|has|have|had|does|do|did)\b(?! not)(?!n't)")
_NEGATED = re.compile(r"\b(is|are|was|were|can|could|may|must|should|will|would|has|have|had|does|do|did) not\b|\b(can)not\b")
_TAGGED_ZH = re.compile(r"[\u3400-\u9fff]{2,6}")


def corrupt(kind: str, sentence: str, passage: str, rng: random.Random) -> str | None:
    """Return the sentence with one fact turned, or None."""
    makers: dict[str, Callable[[str, str, random.Random], str | None]] = {
        "number": _number, "date": _date, "unit": _unit, "name": _name,
        "negation": _negation, "subject": _subject, "clause": _clause,
    }  # fmt: skip
    changed = makers[kind](sentence, passage, rng)
    return changed if changed and changed != sentence else None


def _number(sentence: str, passage: str, rng: random.Random) -> str | None:
    """Another number: one of the passage's, every other time, where it has one."""
    matches = list(_DIGIT.finditer(sentence))
    if matches:
        match = rng.choice(matches)
        value = match.group(0)
        inside = [other for other in _DIGIT.findall(passage) if other not in sentence and len(other) == len(value)]
        if inside and rng.random() < 0.5:
            return _replace(sentence, match, rng.choice(inside))
        digits = list(value)
        place = rng.choice([i for i, char in enumerate(digits) if char.isdigit()])
        digits[place] = str((int(digits[place]) + rng.randint(1, 8)) % 10 or 9) if digits[place] != "9" else "4"
        return _replace(sentence, match, "".join(digits))
    words = [match for match in re.finditer(r"\b[a-z]+\b", sentence) if match.group(0) in _NUMERAL_WORDS]
    if words:
        match = rng.choice(words)
        return _replace(sentence, match, rng.choice([word for word in _NUMERAL_WORDS if word != match.group(0)]))
    numeral = re.search(r"[二三四五六七八九](?=个|年|月|天|日|次|名|人|倍|岁|周|小时|种|条)", sentence)
    return (
        _replace(sentence, numeral, rng.choice([char for char in "二三四五六七八九" if char != numeral.group(0)]))
        if numeral
        else None
    )


def _date(sentence: str, passage: str, rng: random.Random) -> str | None:
    month = re.search(r"\b(" + "|".join(_MONTHS) + r")\b", sentence)
    if month:
        return _replace(sentence, month, rng.choice([name for name in _MONTHS if name != month.group(0)]))
    month_zh = re.search(r"(?<=年)\d{1,2}(?=月)|(?<!\d)\d{1,2}(?=月\d)", sentence)
    if month_zh:
        return _replace(sentence, month_zh, str(int(month_zh.group(0)) % 12 + 1))
    year = re.search(r"(?<!\d)(1[0-9]|20)\d\d(?!\d)", sentence)
    return _replace(sentence, year, str(int(year.group(0)) + rng.choice([-11, -3, 2, 7, 20]))) if year else None


def _unit(sentence: str, passage: str, rng: random.Random) -> str | None:
    for group in _UNITS:
        match = re.search(r"(?<=[\d\w] )(" + "|".join(group) + r")\b", sentence)
        if match and re.search(r"(\d|" + "|".join(_NUMERAL_WORDS) + r") $", sentence[: match.start()]):
            return _replace(sentence, match, rng.choice([unit for unit in group if unit != match.group(0)]))
    for group in _UNITS_ZH:
        match = re.search(r"(?<=[\d一二三四五六七八九十百])(" + "|".join(group) + r")(?!\d)", sentence)
        if match and not (match.group(0) == "年" and re.search(r"\d{4}$", sentence[: match.start()])):
            return _replace(sentence, match, rng.choice([unit for unit in group if unit != match.group(0)]))
    return None


def _name(sentence: str, passage: str, rng: random.Random) -> str | None:
    if _HAN.search(sentence):
        names = _chinese_names(sentence)
        if not names:
            return None
        return sentence.replace(rng.choice(names), rng.choice([name for name in _NAMES_ZH if name not in passage]), 1)
    matches = list(_NAME.finditer(sentence))
    return (
        _replace(sentence, rng.choice(matches), rng.choice([name for name in _NAMES if name not in passage])) if matches else None
    )


def _negation(sentence: str, passage: str, rng: random.Random) -> str | None:
    if _HAN.search(sentence):
        for old, new in (
            ("不得", "可以"),
            ("不能", "能"),
            ("没有", "有"),
            ("不需要", "需要"),
            ("不是", "是"),
            ("可以", "不得"),
            ("应当", "不应"),
            ("是", "不是"),
            ("为", "不为"),
            ("有", "没有"),
            ("在", "不在"),
        ):
            if sentence.count(old) == 1:
                return sentence.replace(old, new, 1)
        return None
    negated = _NEGATED.search(sentence)
    if negated:
        return _replace(sentence, negated, negated.group(1) or negated.group(2))
    auxiliary = _AUXILIARY.search(sentence)
    return _replace(sentence, auxiliary, f"{auxiliary.group(0)} not") if auxiliary else None


def _subject(sentence: str, passage: str, rng: random.Random) -> str | None:
    """Another name of the same passage takes the place of one in the sentence."""
    if _HAN.search(sentence):
        inside = _chinese_names(sentence)
        others = [
            name
            for name in _chinese_names(passage)
            if name not in sentence and not any(name in own or own in name for own in inside)
        ]
        return sentence.replace(inside[0], rng.choice(others)) if inside and others else None
    matches = list(_NAME.finditer(sentence))
    others = sorted(
        {name for name in _NAME.findall(passage) if name not in sentence and not set(name.split()) & set(sentence.split())}
    )
    return _replace(sentence, matches[0], rng.choice(others)) if matches and others else None


def _clause(sentence: str, passage: str, rng: random.Random) -> str | None:
    body = sentence.rstrip(".。;； ")
    if _HAN.search(sentence):
        return f"{body}，{rng.choice(_CLAUSES_ZH)}。"
    return f"{body}, {rng.choice(_CLAUSES)}."


@lru_cache(maxsize=8192)
def _chinese_names(text: str) -> tuple[str, ...]:
    """Return names of people, places and bodies by jieba's tags: slow, and asked for again with each fact that is turned."""
    from language.names import chinese_names

    return tuple(dict.fromkeys(name for name in chinese_names(text) if _TAGGED_ZH.fullmatch(name)))


def _replace(sentence: str, match: re.Match[str], new: str) -> str:
    return sentence[: match.start()] + new + sentence[match.end() :]
