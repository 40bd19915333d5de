"""Dates and times of cells as their number format shows them."""

import datetime
import re

PART = re.compile(
    r'(?P<skip>\[[^\]]*\]|\\(?P<escaped>.)|"(?P<quoted>[^"]*)"|_.|\*.)'
    r"|(?P<year>y+)|(?P<month>m+)|(?P<day>d+)|(?P<hour>h+)|(?P<second>s+(?:\.0+)?)|(?P<half>am/pm|a/p|上午/下午)"
    r"|(?P<weekday>aaaa?)|(?P<mark>[-/.,: 年月日时分秒時]+)",
    re.IGNORECASE,
)
ELAPSED = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<total>h+|m+|s+)\]|\[[^\]]*\]|_.|\*.'
    r"|(?P<part>h+|m+|s+)(?P<decimals>\.0+)?|(?P<mark>.)",
    re.IGNORECASE,
)
LOCAL = frozenset(("mm-dd-yy", "m/d/yy h:mm"))  # which Excel shows as the reader's computer does: no format of the author's
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS = "一二三四五六日"


def show_date(value: datetime.datetime | datetime.date | datetime.time, shape: str) -> str:
    """Return the date as its format shows it, in English; ISO where the format is local, or says more than this knows."""
    shape = shape.split(";")[0]
    shown = "" if shape in LOCAL or shape.lower() == "general" else _formed(value, shape)
    if shown:
        return shown
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    return value.isoformat()


def show_elapsed(seconds: float, shape: str) -> str:
    """Return a span of time as its format shows it: "[h]:mm" of 27.5 hours is "27:30"."""
    matches = list(ELAPSED.finditer(shape))
    decimals = max((len(match["decimals"]) - 1 for match in matches if match["decimals"]), default=0)
    left = round(abs(seconds), decimals)
    # Excel cuts off what is smaller than the smallest part shown; a stored fraction of a day is seldom exact.
    left += 10**-6 if not decimals else 0
    parts = []
    for match in matches:
        if unit := match["total"]:
            size = {"h": 3600, "m": 60, "s": 1}[unit[0].lower()]
            count, left = divmod(left, size)
            parts.append(f"{int(count):0{len(unit)}d}")
        elif unit := match["part"]:
            size = {"h": 3600, "m": 60, "s": 1}[unit[0].lower()]
            count, left = divmod(left, size)
            width = len(unit) if len(unit) > 1 else 1
            parts.append(f"{int(count):0{width}d}" + (f"{left:.{decimals}f}"[1:] if match["decimals"] else ""))
        else:
            parts.append(match["quoted"] or match["escaped"] or match["mark"] or "")
    return ("-" if seconds < 0 else "") + "".join(parts).strip()


def _formed(value: datetime.datetime | datetime.date | datetime.time, shape: str) -> str:
    if isinstance(value, datetime.time):
        moment = datetime.datetime.combine(datetime.date(1900, 1, 1), value)
    elif isinstance(value, datetime.datetime):
        moment = value
    else:
        moment = datetime.datetime.combine(value, datetime.time())
    parts, position, before = [], 0, ""
    matches = list(PART.finditer(shape))
    kinds = {match.lastgroup for match in matches}
    for number, match in enumerate(matches):
        if match.start() != position:
            return ""
        position = match.end()
        kind, text = match.lastgroup or "", match.group()
        if kind in ("escaped", "quoted", "skip"):
            parts.append(match.group("escaped") or match.group("quoted") or "")
            continue
        if kind == "mark":
            parts.append(text)
            continue
        following = next((other.lastgroup for other in matches[number + 1 :] if other.lastgroup not in ("mark", "skip")), "")
        is_minute = kind == "month" and len(text) <= 2 and (before == "hour" or following == "second")
        kind = "minute" if is_minute else kind
        if isinstance(value, datetime.time) and kind in ("year", "month", "day", "weekday"):
            return ""
        parts.append(_piece(moment, kind, len(text), is_half="half" in kinds))
        before = kind
    return "".join(parts).strip() if position == len(shape) and before else ""


def _piece(moment: datetime.datetime, kind: str, width: int, *, is_half: bool) -> str:
    if kind == "year":
        return f"{moment.year:04d}" if width > 2 else f"{moment.year % 100:02d}"
    if kind == "month" and width >= 3:
        return MONTHS[moment.month - 1] if width == 4 else MONTHS[moment.month - 1][: 3 if width == 3 else 1]
    if kind == "day" and width >= 3:
        return DAYS[moment.weekday()] if width >= 4 else DAYS[moment.weekday()][:3]
    if kind == "weekday":
        return ("星期" if width == 4 else "") + WEEKDAYS[moment.weekday()]
    if kind == "half":
        return "AM" if moment.hour < 12 else "PM"
    hour = (moment.hour % 12 or 12) if is_half else moment.hour
    number = {"month": moment.month, "day": moment.day, "hour": hour, "minute": moment.minute, "second": moment.second}[kind]
    return f"{number:02d}" if width >= 2 else str(number)
