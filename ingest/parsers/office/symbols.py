"""Characters of the fonts Symbol and Wingdings, which draw other signs than their codes say: µ for "m", ☑ for "þ".

Sources: Adobe's Symbol encoding by the names of its glyphs (agl); the table of Wingdings in L2/12-368 (Unicode 7.0).
"""

_SYMBOL = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλµνοπθρστυϖωξψζ{|}∼",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|―↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑",
)
SYMBOL = {start + place: sign for start, row in zip((0x20, 0xA0), _SYMBOL, strict=True) for place, sign in enumerate(row)}
SYMBOL |= {0xF1: "〉", 0xF2: "∫", 0xF3: "⌠", 0xF5: "⌡"}
WINGDINGS = {
    0x20: " ",
    0x28: "☎",
    0x29: "✆",
    0x2A: "✉",
    0x36: "⌛",
    0x4A: "☺",
    0x4C: "☹",
    0x54: "❄",
    0x6C: "●",
    0x6E: "■",
    0x6F: "☐",
    0x71: "❑",
    0x75: "◆",
    0x76: "❖",
    0x9E: "·",
    0x9F: "•",
    0xA7: "▪",
    0xA8: "☐",
    0xAB: "★",
    0xD8: "➢",
    0xDF: "←",
    0xE0: "→",
    0xE1: "↑",
    0xE2: "↓",
    0xE8: "➔",
    0xEF: "⇦",
    0xF0: "⇨",
    0xF1: "⇧",
    0xF2: "⇩",
    0xF3: "⬄",
    0xFB: "✗",
    0xFC: "✓",
    0xFD: "☒",
    0xFE: "☑",
    **{0x80 + number: chr(0x245F + number) for number in range(1, 11)},  # ① to ⑩
    **{0x8B + number: chr(0x2775 + number) for number in range(1, 11)},  # ❶ to ❿
}
WINGDINGS_2 = {0x20: " ", 0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x98: "•", 0xA3: "☐"}
FONTS = {
    "symbol": SYMBOL,
    "wingdings": WINGDINGS,
    "wingdings 2": WINGDINGS_2,
    "webdings": {0x20: " ", 0x61: "✓", 0x63: "☐", 0x72: "✗"},
}
PRIVATE = range(0xF000, 0xF100)  # where Word keeps them, so that no other font draws letters in their place


def as_shown(text: str, *fonts: str) -> str:
    """Return a text as it is drawn by the first of these fonts that has signs in the place of letters."""
    signs = next((FONTS[name] for font in fonts if (name := font.strip().lower()) in FONTS), None)
    if signs is None:
        return text
    return "".join(signs.get(code - 0xF000 if code in PRIVATE else code, _otherwise(code)) for code in map(ord, text))


def has_private(text: str) -> bool:
    """True for a text with characters that only such a font can draw."""
    return not text.isascii() and any(ord(character) in PRIVATE for character in text)


def _otherwise(code: int) -> str:
    """A letter that no table has: an ornament, unless it is written in its own right."""
    return chr(code) if code > 0xFF and code not in PRIVATE else ""
