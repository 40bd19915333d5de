"""Which encoding a text file is in. Nobody declares it, many declare it wrongly."""

import codecs

from charset_normalizer import from_bytes

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_BYTES = 128 * 1024
FEW_BYTES = 8  # with fewer letters beyond ASCII every detector guesses, and western text is likeliest
MOJIBAKE_SHARE, MIN_LETTERS = 0.4, 40  # Vietnamese, richest in accents, stays under a third
MULTIBYTE = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
# The thousand or so commonest characters are far likelier in real text than the rest of a table: that tells apart
# encodings that all decode the same bytes. The lists are the first rows of general frequency counts.
COMMON = {
    "gb18030": "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学",
    "big5": "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學",
    "shift_jis": "のにはをたがでてとしれさあいるからなもりうこそっまんくすけどらよめきわだ、。一日人大年会国本中",
    "euc_jp": "のにはをたがでてとしれさあいるからなもりうこそっまんくすけどらよめきわだ、。一日人大年会国本中",
    "euc_kr": "이다에는을의가고하로지한를은도서있기사어나자리일아해시대과수인그것정전여라",
}


def detect_encoding(sample: bytes) -> str:
    """Return the name of a Python codec that reads the sample; the sample may end in the middle of a character.

    Order: byte order mark; escape sequences of ISO-2022-JP; the NULs of UTF-16; UTF-8 if it is valid; the East Asian
    encoding whose commonest characters it has; charset-normalizer, where there is enough to go by; Windows-1252, which reads
    anything.
    """
    for mark, name in BOMS:
        if sample.startswith(mark):
            return name
    if b"\x1b$B" in sample or b"\x1b$@" in sample:
        return "iso2022_jp"
    if wide := _wide(sample):
        return wide
    if _decodes(sample, "utf-8"):
        return "utf-8"
    scored = sorted(((_share(sample, name), name) for name in MULTIBYTE), reverse=True)
    if scored[0][0] >= 0.12:
        return scored[0][1]
    if sum(byte > 0x7F for byte in sample) < FEW_BYTES:
        return "cp1252"
    best = from_bytes(sample[:32_768]).best()
    if best is not None and best.encoding != "ascii":
        return best.encoding
    return "cp1252"


def is_mojibake(sample: bytes, encoding: str) -> bool:
    """True where the sample reads as accented western letters mostly: no language looks like that, a foreign encoding does."""
    letters = [character for character in sample[:8192].decode(encoding, "replace") if not character.isspace()]
    accented = sum("\x80" <= character <= "\xff" for character in letters)
    return len(letters) > MIN_LETTERS and accented > MOJIBAKE_SHARE * len(letters)


def _wide(sample: bytes) -> str:
    """UTF-16 without a mark: every second byte of western text is NUL."""
    head = sample[:4096]
    if len(head) < 4:
        return ""
    even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
    if odd > 0.3 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.3 and odd < 0.05 else ""


def _decodes(sample: bytes, name: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(sample) or None
    except (UnicodeDecodeError, LookupError):
        return None


def _share(sample: bytes, name: str) -> float:
    """Share of the characters beyond ASCII that are among the commonest of that encoding's language."""
    text = _decodes(sample, name)
    foreign = [character for character in text or "" if ord(character) > 0x7F]
    if not foreign:
        return 0.0
    common = frozenset(COMMON[name])
    return sum(character in common for character in foreign) / len(foreign)
