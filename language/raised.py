"""Raised and lowered characters: written so that they stay apart from what they stand beside, and read so that they do.

A footnote mark behind a figure ("24¹ months") is no digit of it, yet compatibility normalisation (NFKC) would make 241 of it, as it
would make 21/2 of "2½" and 241 of "24①". Parsers write with `raised` and `lowered`; whoever compares texts reads with
`fold_compatibility`, which keeps an exponent (10⁶, m³) and leaves out a mark.
"""

import re
import unicodedata

_RAISED = dict(zip("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True)) | dict(
    zip("abcdefghjklmoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True)
)
_LOWERED = dict(zip("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))
# Raised by custom, not to be told apart: ordinals ("1st", "2ème"), marks of ownership.
_PLAIN = frozenset(("st", "nd", "rd", "th", "er", "re", "e", "ère", "ème", "o", "º", "ª", "tm", "sm", "®", "©", "™", "℠", "°"))
_STAYS = frozenset((*",*†‡§", *_RAISED.values()))  # already raised among them
_LONGEST = 6  # longer than any mark or exponent: a phrase that a designer raised
_CENTS = re.compile(r"[.,]\d{1,2}")
_MARKS = re.compile(r"[\[(]?\s*([^\s\[\]()]+?)\s*[\])]?")

_UP = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_SIGNS = "⁺⁻"
_LETTERS_UP = "ⁿⁱ" + "".join(_RAISED[letter] for letter in "abcdefghjklmoprstuvwxyz")
_CIRCLED = "①-⓿❶-➓㉑-㉟㊱-㊿⑴-⒇⒈-⒛"
_POWER_OF_TEN = re.compile(rf"(?<![\d.,])10([{_SIGNS}]?[{_UP}]+)")
_POWER_OF_UNIT = re.compile(rf"\b([kdcmµμn]?m|ft|in|yd|mi|s) ?([{_SIGNS}]?[²³¹])(?![{_UP}])")
_ANY_UP = _UP + _LETTERS_UP
_MARK = re.compile(rf"(?<=\S)[{_ANY_UP}](?:[{_ANY_UP}{_SIGNS},⁽⁾*]*[{_ANY_UP}⁽⁾*])?|\^\([^\s()]{{1,6}}\)")
_CIRCLED_AFTER = re.compile(rf"(?<=[\d%])[{_CIRCLED}]")
_BEFORE_TEXT = re.compile(rf"([{_CIRCLED}{_UP}])(?=[^\W{_UP}])")
_DOWN = "₀₁₂₃₄₅₆₇₈₉"
_BUILT_SIGN = re.compile(rf"[/⁄][{_DOWN}]")
_BUILT_FRACTION = re.compile(rf"(?P<whole>\w?) ?(?P<over>[{_UP}]+)[/⁄](?P<under>[{_DOWN}]+)")
_FRACTIONS = {
    "½": ".5",
    "¼": ".25",
    "¾": ".75",
    "⅕": ".2",
    "⅖": ".4",
    "⅗": ".6",
    "⅘": ".8",
    "⅛": ".125",
    "⅜": ".375",
    "⅝": ".625",
    "⅞": ".875",
}
_FRACTION = re.compile(r"(?P<whole>\d+) ?(?P<part>[½¼¾⅕⅖⅗⅘⅛⅜⅝⅞⅓⅔⅙⅚⅐⅑⅒])|(?P<alone>[½¼¾⅕⅖⅗⅘⅛⅜⅝⅞⅓⅔⅙⅚⅐⅑⅒])")


def raised(text: str) -> str:
    """Return text that stands raised on the page as raised characters, "24" + raised("1") = "24¹".

    What has no raised character becomes "^(§)"; ordinals and trade marks, the cents of a price (".90" raised behind 99), and what
    is too long for a mark, stay as they are.
    """
    match = _MARKS.fullmatch(text.strip())
    inner = match.group(1) if match else text.strip()
    if not inner or inner.casefold() in _PLAIN:
        return inner
    if len(inner) > _LONGEST:
        return f" {text.strip()}"
    if _CENTS.fullmatch(text.strip()):
        return text.strip()
    marks = "".join(_RAISED.get(character, "") or (character if character in _STAYS else "?") for character in inner.casefold())
    return f"^({inner})" if "?" in marks else marks


def lowered(text: str) -> str:
    """Return text that stands lowered on the page: "CO" + lowered("2") = "CO₂". What has no lowered character stays as it is."""
    marks = "".join(_LOWERED.get(character, "?") for character in text.strip())
    return text if "?" in marks else marks


def join_fractions(text: str) -> str:
    """Return a text with fractions whose parts stand raised and lowered written on the line: "5¹/₂ hours" reads "5 1/2 hours"."""
    return _BUILT_FRACTION.sub(_write_built, text) if _BUILT_SIGN.search(text) else text


def _write_built(match: re.Match[str]) -> str:
    over, under = (unicodedata.normalize("NFKC", match[part]) for part in ("over", "under"))
    return f"{match['whole']}{' ' if match['whole'] else ''}{over}/{under}"


def fold_compatibility(text: str) -> str:
    """Return `text` in compatibility form (NFKC), without a raised or circled mark becoming a digit of the number before it.

    "24¹ months" reads "24 months", "10⁶" reads "10^6", "3 m³" reads "3 m3", "2½ hours" reads "2.5 hours", "CO₂" reads "CO2".
    """
    if text.isascii() and "^(" not in text:
        return text
    text = _POWER_OF_TEN.sub(r"10^\1", text)
    text = _POWER_OF_UNIT.sub(lambda match: match[1] + unicodedata.normalize("NFKC", match[2]), text)
    text = re.sub(rf"(?<=10\^)[{_SIGNS}]?[{_UP}]+", lambda match: unicodedata.normalize("NFKC", match[0]).replace("−", "-"), text)
    text = _MARK.sub("", text)
    text = _BEFORE_TEXT.sub(r"\1 ", _CIRCLED_AFTER.sub(" ", text))
    text = _FRACTION.sub(_write_fraction, text)
    return unicodedata.normalize("NFKC", text)


def _write_fraction(match: re.Match[str]) -> str:
    part = match["part"] or match["alone"]
    decimals = _FRACTIONS.get(part)
    if match["whole"]:
        return f"{match['whole']}{decimals}" if decimals else f"{match['whole']} {_as_quotient(part)}"
    return _as_quotient(part)


def _as_quotient(part: str) -> str:
    return unicodedata.normalize("NFKC", part).replace("⁄", "/")
