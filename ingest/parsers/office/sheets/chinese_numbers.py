"""Numbers in Chinese, as the formats [DBNum1] and [DBNum2] of cells show them: 一百二十三 and 壹佰贰拾叁."""

import re

from ingest.parsers.office.word.numerals import write_number

FORMS = {"1": "chineseCounting", "2": "chineseLegalSimplified"}
DIGITS = {"1": "〇一二三四五六七八九", "2": "零壹贰叁肆伍陆柒捌玖"}
LARGE = ("", "万", "亿", "万亿")
PLAIN = re.compile(r"(\d{1,16})(?:\.(\d+))?")


def in_chinese(shown: str, kind: str, *, counts: bool) -> str:
    """Return a number as it is shown, written in Chinese. `kind`: "1" or "2". `counts`: with units, else digit by digit."""
    if counts:
        return PLAIN.sub(lambda match: _with_units(match, kind), shown)
    return "".join(DIGITS[kind][int(letter)] if letter.isascii() and letter.isdigit() else letter for letter in shown)


def _with_units(match: re.Match[str], kind: str) -> str:
    decimals = "".join(DIGITS[kind][int(digit)] for digit in match[2] or "")
    return f"{_counted(int(match[1]), kind)}{'.' if decimals else ''}{decimals}"


def _counted(number: int, kind: str) -> str:
    zero = DIGITS["2"][0]
    if not number:
        return DIGITS[kind][0]
    groups = [number // 10 ** (4 * place) % 10_000 for place in range(len(LARGE))]
    text, has_gap = "", False
    for place in range(len(LARGE) - 1, -1, -1):
        group = groups[place]
        if not group:
            has_gap = bool(text)
            continue
        text += (zero if text and (has_gap or group < 1000) else "") + write_number(group, FORMS[kind]) + LARGE[place]
        has_gap = False
    return text
