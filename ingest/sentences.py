"""Where sentences end, in English and in scripts that write without spaces."""

import re

# After a full stop: closing quotes, then a space and something that may begin a sentence. After a Chinese or Japanese
# one: closing quotes, nothing else needed.
END = re.compile(
    r"""(?P<western>[.!?…]+["'”’)\]]*)(?=\s+["'“‘(\[]*[A-Z0-9\u00c0-\u024f\u0370-\u04ff\u2e80-\u9fff])"""
    r"""|(?P<eastern>[。！？；…]+[”’」』）】"]*)"""
    r"""|(?P<line>\n[ \t]*\n)"""
)
ABBREVIATIONS_LIST = (
    "mr mrs ms dr prof sr jr st vs etc inc ltd co corp no nos art sec fig eq al dept est approx ca cf e.g i.e u.s "
    "u.k p pp vol ed eds rev gen "
)
ABBREVIATIONS = frozenset(ABBREVIATIONS_LIST.split())
LAST_WORD = re.compile(r"([A-Za-z][A-Za-z.]*)\.$")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence, without the white space between them; together they hold every other character.

    A full stop after an abbreviation, an initial or a numbering ("No. 5", "J. Smith", "3. ") ends nothing.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in END.finditer(text):
        if match.lastgroup == "western" and not _ends_sentence(text, start, match):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    if match.group() != ".":
        return True
    before = text[max(start, match.start() - 20) : match.end()]
    word = LAST_WORD.search(before)
    if word is None:
        return not text[start : match.start()].strip().isdigit()  # "3. " at the start is a numbering
    token = word.group(1)
    return not (token.lower() in ABBREVIATIONS or (len(token) == 1 and token.isupper()))


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    stretch = text[start:end]
    inner = stretch.strip()
    if inner:
        left = start + len(stretch) - len(stretch.lstrip())
        spans.append((left, left + len(inner)))
