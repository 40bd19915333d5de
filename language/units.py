"""Units and currencies, by their many names."""

import re

from language.lexicon import word_set


def _spread(table: dict[str, str]) -> dict[str, str]:
    return {name: unit for unit, names in table.items() for name in names.split()}


CURRENCY_PREFIXES = {"$": "USD", "US$": "USD", "HK$": "HKD", "€": "EUR", "£": "GBP", "¥": "CNY"}
UNIT_WORDS = _spread(
    {
        "hour": "hour hours hr hrs h hourly",
        "minute": "minute minutes min mins",
        "second": "seconds secs",
        "day": "day days daily",
        "week": "week weeks weekly",
        "month": "month months monthly",
        "quarter": "quarter quarters quarterly",
        "year": "year years yearly annual annually yr yrs",
        "decade": "decade decades",
        "century": "century centuries",
        "%": "percent percentage pct",
        "USD": "dollar dollars usd",
        "EUR": "euro euros eur",
        "GBP": "sterling gbp",
        "CNY": "yuan rmb cny renminbi",
        "JPY": "yen jpy",
        "cent": "cents",
        "km": "km kilometre kilometres kilometer kilometers",
        "metre": "metre metres meter meters",
        "cm": "cm centimetre centimetres centimeter centimeters",
        "mile": "mile miles",
        "foot": "feet ft foot",
        "inch": "inch inches",
        "acre": "acre acres",
        "hectare": "hectare hectares",
        "kg": "kg kilogram kilograms",
        "gram": "gram grams",
        "ton": "ton tons tonne tonnes",
        "pound": "pound pounds lb lbs",
        "degree": "degree degrees",
        "kb": "kb kilobyte kilobytes",
        "mb": "mb megabyte megabytes",
        "gb": "gb gigabyte gigabytes",
        "tb": "tb terabyte terabytes",
    }
)
UNITS_ZH: tuple[tuple[str, str], ...] = tuple(
    sorted(
        _spread(
            {
                "workday": "工作日 个工作日",
                "hour": "小时 个小时 钟头 个钟头 学时",
                "minute": "分钟",
                "second": "秒",
                "day": "天 日 个自然日",
                "week": "周 星期 个星期 礼拜",
                "month": "个月 月",
                "quarter": "季度 个季度",
                "year": "年 周年 岁 周岁",
                "century": "世纪",
                "%": "% 个百分点 百分点",
                "CNY": "元 块钱 人民币",
                "USD": "美元 美金",
                "EUR": "欧元",
                "GBP": "英镑",
                "JPY": "日元",
                "HKD": "港元 港币",
                "km": "公里 千米",
                "metre": "米",
                "cm": "厘米",
                "mile": "英里",
                "foot": "英尺",
                "kg": "公斤 千克",
                "gram": "克",
                "ton": "吨",
                "hectare": "公顷",
                "mu": "亩",
                "person": "人 名 位",
                "times": "次",
                "fold": "倍",
            }
        ).items(),
        key=lambda item: -len(item[0]),
    )
)
_NEXT_WORD = re.compile(r"[\s-]*(?:\([^)]{0,20}\)\s*)?([A-Za-z]+)")
_BREAKS = word_set("and or to of in for per a the at on by with from if is are was were than but as")
_RATES = word_set("annual annually daily weekly monthly yearly hourly quarterly")
_WORKING = frozenset(["business", "working", "work"])


def unit_of(text: str, end: int) -> tuple[str, int]:
    """Return the unit that follows a number at `end` (at most three words on: "240 annual leave hours"), and where it ends."""
    rest = text[end : end + 12]
    if rest.lstrip().startswith("%"):
        return "%", end + rest.index("%") + 1
    stripped = rest.lstrip(" -多余")
    for name, unit in UNITS_ZH:
        if stripped.startswith(name):
            return unit, end + len(rest) - len(stripped) + len(name)
    if re.match(r"\s?°", rest):
        return "degree", end
    position, is_working = end, False
    for _ in range(4):
        match = _NEXT_WORD.match(text, position)
        if not match:
            break
        word = match[1].lower()
        if word in _BREAKS:
            break
        if word in UNIT_WORDS and word not in _RATES:
            unit = UNIT_WORDS[word]
            return ("workday" if is_working and unit == "day" else unit), match.end()
        is_working = is_working or word in _WORKING
        position = match.end()
    return "", end
