"""Numbers as Word writes them in front of headings and list items (ECMA-376 part 1, 17.18.59 ST_NumberFormat)."""

ROMAN_LETTERS = ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I")
ROMAN = tuple(zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), ROMAN_LETTERS, strict=True))
DIGITS = "〇一二三四五六七八九"
LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
STEMS = "甲乙丙丁戊己庚辛壬癸"
BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
COUNTED = frozenset(
    ("chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting")
)
DIGIT_BY_DIGIT = frozenset(("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital2"))
LEGAL = frozenset(("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"))
ZEROS = "decimalZeros"  # and how many digits a number has at least
CIRCLED = frozenset(("decimalEnclosedCircle", "decimalEnclosedCircleChinese"))
SMALL_LIST = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
SMALL = SMALL_LIST.split()
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
IRREGULAR = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"}
IRREGULAR |= {"nine": "ninth", "twelve": "twelfth"}


def write_number(number: int, form: str) -> str:
    """Return a number in a format; in digits where the format is not known or has no such number. "none" writes nothing."""
    if form in ("none", "bullet"):
        return ""
    if number < 1:
        return str(number)
    if form in ("upperRoman", "lowerRoman") and number < 4000:
        return _roman(number) if form == "upperRoman" else _roman(number).lower()
    if form in ("upperLetter", "lowerLetter"):
        letter = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter if form == "upperLetter" else letter.lower()
    return _words(number, form) or _ideographs(number, form) or str(number)


def _words(number: int, form: str) -> str:
    if form == "decimalZero":
        return f"{number:02}"
    if form.startswith(ZEROS):
        return str(number).zfill(int(form.removeprefix(ZEROS)))
    if form == "ordinal":
        ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending}"
    if form in ("cardinalText", "ordinalText") and number < 100:
        words = [SMALL[number]] if number < 20 else [TENS[number // 10], *([SMALL[number % 10]] if number % 10 else [])]
        if form == "ordinalText":
            last = words[-1]
            words[-1] = IRREGULAR.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
        return "-".join(words).capitalize()
    return ""


def _ideographs(number: int, form: str) -> str:
    if form in COUNTED and number < 10_000:
        return _counted(number, DIGITS, "十百千")
    if form in LEGAL and number < 10_000:
        return _counted(number, LEGAL_DIGITS, "拾佰仟")
    if form in DIGIT_BY_DIGIT:
        return "".join(DIGITS[int(digit)] for digit in str(number))
    if form == "ideographTraditional" and number <= len(STEMS):
        return STEMS[number - 1]
    if form == "ideographZodiac" and number <= len(BRANCHES):
        return BRANCHES[number - 1]
    if form in CIRCLED and number <= 20:
        return chr(ord("①") + number - 1)
    if form == "decimalEnclosedParen" and number <= 20:
        return chr(ord("⑴") + number - 1)
    if form == "decimalEnclosedFullstop" and number <= 20:
        return chr(ord("⒈") + number - 1)
    if form in ("decimalFullWidth", "decimalFullWidth2"):
        return "".join(chr(ord("０") + int(digit)) for digit in str(number))
    return ""


def _roman(number: int) -> str:
    parts: list[str] = []
    for value, letters in ROMAN:
        parts.append(letters * (number // value))
        number %= value
    return "".join(parts)


def _counted(number: int, digits: str, units: str) -> str:
    """一百零五, 十二: a zero between is written once, a leading 一 before 十 not at all."""
    text, has_gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if not digit:
            has_gap = bool(text)
            continue
        text += ("零" if has_gap else "") + digits[digit] + (units[place - 1] if place else "")
        has_gap = False
    return text[1:] if digits is DIGITS and text.startswith("一十") else text
