"""Values of cells as their number format shows them: sections, conditions, literal text, scale, percentages, fractions, dates.

No library serves: openpyxl keeps formats and does not apply them, and those of the package index that do have one release each.
What depends on the reader's computer is written as Excel does in English: "1,234.5".
Source of the grammar: ECMA-376 Part 1, 18.8.31 (numFmts).
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel

from ingest.parsers.office.sheets.chinese_numbers import in_chinese
from ingest.parsers.office.sheets.dates import show_date, show_elapsed

GENERAL = "General"
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)'
    r"|\[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\]|\[(?P<condition>[<>=]{1,2}-?\d+(?:\.\d+)?)\]|(?P<elapsed>\[(?:h+|m+|s+)\])"
    r"|\[(?P<colour>[^\]]*)\]|(?P<general>General)|(?P<half>AM/PM|A/P|上午/下午)|(?P<exponent>E[+-])"
    r"|(?P<date>[ymdhseg]+|aaaa?|b[12])|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<text>@)"
    r"|(?P<letter>.)",
    re.IGNORECASE | re.DOTALL,
)
LITERALS = ("quoted", "escaped", "currency", "letter", "date")
SHAPING = ("date", "elapsed", "digit", "point")
DECIMALS_OF_SECONDS = re.compile(r"s\]?\.0+", re.IGNORECASE)
CHINESE = re.compile(r"DBNum([12])", re.IGNORECASE)
MAX_FORMAT = 1000  # characters; Excel allows 255
MAX_DENOMINATOR_DIGITS = 5

# Formats with a number and no code of their own, which mean dates where Chinese, Japanese or Korean is set: the code "General"
# leaves the order of year, month and day to show_date.
EAST_ASIAN_DATES = dict.fromkeys((27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "mm-dd-yy") | {
    **dict.fromkeys((32, 34, 55), "h:mm"),
    **dict.fromkeys((33, 35, 56), "h:mm:ss"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One of the parts that ";" sets apart. `tokens`: (kind, text). `code`: as written, for dates."""

    code: str
    tokens: tuple[tuple[str, str], ...]
    condition: tuple[str, float] | None

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for kind, _ in self.tokens)

    @property
    def is_date(self) -> bool:
        """True where it shows a date or a time. "EUR #,##0", which other programs write unquoted, does not, nor does "Standard"."""
        if not self.kinds & {"date", "half", "elapsed"} or "general" in self.kinds:
            return False
        plain = DECIMALS_OF_SECONDS.sub("", "".join(text if kind in SHAPING else "\0" for kind, text in self.tokens))
        return not re.search(r"[0#?]", plain) and not any(
            kind == "letter" and text.isascii() and text.isalpha() and text not in "TZ" for kind, text in self.tokens
        )


def show_number(value: int | float, code: str, *, epoch: datetime.datetime = WINDOWS_EPOCH) -> str:
    """Return a number as a format shows it, "" where the format shows nothing.

    Args:
        code: of the format, as the file has it; what is no format is read as General.
        epoch: day 0 of the workbook's dates.
    """
    if code == GENERAL or not code or len(code) > MAX_FORMAT:
        return show_general(value)
    section, is_signed = _choose(value, _sections(code))
    if section is None:
        return show_general(value)
    chinese = next((text for kind, text in section.tokens if kind == "chinese"), "")
    if section.is_date:
        shown = _date(value, section, epoch)
        return in_chinese(shown, chinese, counts=False) if chinese else shown
    magnitude = Decimal(repr(value)).copy_abs()
    try:
        shown = _render(section, magnitude)
    except (ArithmeticError, ValueError):
        return show_general(value)
    is_zero = not re.search(r"[1-9]", shown) and "digit" in section.kinds
    sign = "-" if is_signed and value < 0 and shown and not is_zero else ""
    shown = " ".join(f"{sign}{shown}".split())
    return in_chinese(shown, chinese, counts="general" in section.kinds) if chinese else shown


def show_text(value: str, code: str) -> str:
    """Return a text as a format shows it: what "@" stands in, the fourth section, else the text itself."""
    if "@" not in code or len(code) > MAX_FORMAT:
        return value
    sections = _sections(code)
    section = sections[3] if len(sections) > 3 else sections[-1]
    if "text" not in section.kinds:
        return value
    return "".join(value if kind == "text" else _literal(kind, text) for kind, text in section.tokens).strip()


def show_general(value: int | float) -> str:
    """Return a number without a format."""
    return str(value) if isinstance(value, int) else f"{value:.15g}"


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[Section, ...]:
    codes: list[str] = [""]
    tokens: list[list[tuple[str, str]]] = [[]]
    conditions: list[tuple[str, float] | None] = [None]
    for match in TOKEN.finditer(code):
        kind = match.lastgroup or "letter"
        if kind == "letter" and match.group() == ";":
            codes.append("")
            tokens.append([])
            conditions.append(None)
            continue
        codes[-1] += match.group()
        if kind == "condition" and (found := re.match(r"([<>=]+)(.*)", match["condition"])):
            conditions[-1] = (found[1], float(found[2]))
        elif kind == "colour":
            tokens[-1] += [("chinese", found[1])] if (found := CHINESE.fullmatch(match["colour"])) else []
        else:
            tokens[-1].append((kind, match.group(kind)))
    return tuple(Section(*parts) for parts in zip(codes, map(tuple, tokens), conditions, strict=True))


def _choose(value: float, sections: tuple[Section, ...]) -> tuple[Section | None, bool]:
    """Return the section for a number, and whether a minus sign belongs before it."""
    numeric = sections[:3] if len(sections) > 3 or "text" not in sections[-1].kinds or len(sections) == 1 else sections[:-1]
    if any(section.condition for section in numeric):
        for place, section in enumerate(numeric):
            if section.condition is None and place < 2 and len(numeric) > 2 and not _falls_here(value, place):
                continue
            if section.condition is None or _meets(value, section.condition):
                only_negative = section.condition is not None and section.condition[0][0] == "<" and section.condition[1] <= 0
                return section, not only_negative
        return None, True
    if len(numeric) == 1:
        return numeric[0], True
    if value < 0:
        return numeric[1], False
    return (numeric[2] if value == 0 and len(numeric) > 2 else numeric[0]), False


def _falls_here(value: float, place: int) -> bool:
    return value > 0 if place == 0 else value < 0


def _meets(value: float, condition: tuple[str, float]) -> bool:
    sign, limit = condition
    tests: dict[str, Callable[[float, float], bool]] = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "=": lambda a, b: a == b,
        "<>": lambda a, b: a != b,
    }
    return sign in tests and tests[sign](value, limit)


def _date(value: float, section: Section, epoch: datetime.datetime) -> str:
    if "elapsed" in section.kinds:
        return show_elapsed(value * 86_400, section.code)
    if value < 0:
        return show_general(value)
    try:
        moment = from_excel(value, epoch)
    except (OverflowError, ValueError):
        return show_general(value)  # after 9999
    return show_date(moment, section.code)


def _literal(kind: str, text: str) -> str:
    return text if kind in LITERALS else " " if kind in ("space", "fill") else ""


def _render(section: Section, value: Decimal) -> str:
    tokens = section.tokens
    kinds = [kind for kind, _ in tokens]
    if "digit" not in kinds and "date" in kinds:
        return show_general(int(value) if value == value.to_integral_value() else float(value))  # "Standard", and the like
    if "digit" not in kinds:  # "General", "@", or words in the place of a number
        plain = show_general(int(value) if value == value.to_integral_value() else float(value))
        shown = [
            plain if kind in ("general", "text") else "%" if kind == "percent" else _literal(kind, text) for kind, text in tokens
        ]
        return "".join(shown)
    if "slash" in kinds:
        return _fraction(tokens, value)
    value *= Decimal(100) ** kinds.count("percent")
    if "exponent" in kinds:
        return _scientific(tokens, value)
    return _decimal(tokens, value)


def _decimal(tokens: tuple[tuple[str, str], ...], value: Decimal) -> str:
    digits = [place for place, (kind, _) in enumerate(tokens) if kind == "digit"]
    point = next((place for place, (kind, _) in enumerate(tokens) if kind == "point"), len(tokens))
    before, after = [place for place in digits if place < point], [place for place in digits if place > point]
    last = before[-1] if before else -1
    commas = [place for place, (kind, _) in enumerate(tokens) if kind == "comma"]
    is_grouped = any(before[0] < place < last for place in commas) if before else False
    # A comma after the last digit divides by a thousand; one behind the decimals does, too.
    scale = sum(1 for place in commas if (last < place < point) or (after and place > after[-1]))
    value = (value / Decimal(1000) ** scale).quantize(Decimal(1).scaleb(-len(after)), rounding=ROUND_HALF_UP)
    whole, _, decimals = f"{value:f}".partition(".")
    shown = dict(zip(reversed(before), _whole_digits(whole.lstrip("0"), [tokens[p][1] for p in before], is_grouped), strict=True))
    shown |= zip(after, _decimal_digits(decimals, [tokens[p][1] for p in after]), strict=True)
    if not before and whole.lstrip("0"):
        shown[point] = whole + "."
    elif after and any(shown[place].strip() for place in after):
        shown[point] = "."
    return "".join(
        shown.get(place, "%" if kind == "percent" else _literal(kind, text)) for place, (kind, text) in enumerate(tokens)
    )


def _whole_digits(digits: str, places: list[str], is_grouped: bool) -> list[str]:
    """Return what stands in each place before the point, the last place first; the first place takes all digits that are left."""
    found: list[str] = []
    rest = digits
    position = 0
    for number, place in enumerate(reversed(places)):
        is_first = number == len(places) - 1
        taken = (rest if is_first else rest[-1:]) or {"0": "0", "?": " "}.get(place, "")
        rest = "" if is_first else rest[:-1]
        text = ""
        for digit in reversed(taken):
            text = digit + ("," if is_grouped and position and position % 3 == 0 and digit != " " else "") + text
            position += 1
        found.append(text)
    return found


def _decimal_digits(digits: str, places: list[str]) -> list[str]:
    kept = list(digits)
    for number in range(len(places) - 1, -1, -1):
        if places[number] == "0" or kept[number] != "0":
            break
        kept[number] = "" if places[number] == "#" else " "
    return kept


def _scientific(tokens: tuple[tuple[str, str], ...], value: Decimal) -> str:
    mark = next(place for place, (kind, _) in enumerate(tokens) if kind == "exponent")
    head, tail = tokens[:mark], tokens[mark + 1 :]
    point = next((place for place, (kind, _) in enumerate(head) if kind == "point"), len(head))
    step = max(1, sum(kind == "digit" for kind, _ in head[:point]))
    decimals = sum(kind == "digit" for kind, _ in head[point:])
    exponent = value.adjusted() // step * step if value else 0
    # Rounding may bring one digit more: 9.99 at one decimal is 1.0E+01.
    if value and (value.scaleb(-exponent).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)).adjusted() >= step:
        exponent += step
    width = sum(kind == "digit" for kind, _ in tail)
    sign = "-" if exponent < 0 else "+" if tokens[mark][1].endswith("+") else ""
    rest = "".join("%" if kind == "percent" else _literal(kind, text) for kind, text in tail)
    return f"{_decimal(head, value.scaleb(-exponent))}E{sign}{abs(exponent):0{width}d}{rest}"


def _fraction(tokens: tuple[tuple[str, str], ...], value: Decimal) -> str:
    """Return "2 1/4"; literal text around it is kept, the padding is not."""
    code = "".join(text if kind in ("digit", "slash", "letter") else "\0" for kind, text in tokens)
    match = re.search(r"(?:(?P<whole>[0#?]+)\s+)?(?P<upper>[0#?]+)\s*/\s*(?P<lower>[0#?]+|\d+)", code)
    if not match:
        return show_general(float(value))
    lower = match["lower"]
    exact = Fraction(value)
    if re.fullmatch(r"[1-9]\d*", lower):
        upper, below = round(exact * int(lower)), int(lower)
    else:
        nearest = exact.limit_denominator(10 ** min(len(lower), MAX_DENOMINATOR_DIGITS) - 1)
        upper, below = nearest.numerator, nearest.denominator
    whole, part = divmod(upper, below) if match["whole"] else (0, upper)
    shown = f"{part}/{below}" if part or not match["whole"] else ""
    if match["whole"] and (whole or not part):
        shown = f"{whole} {shown}".strip()
    before = "".join(_literal(*token) for token in tokens[: match.start()])
    after = "".join(_literal(*token) for token in tokens[match.end() :])
    return f"{before}{shown}{after}"
