"""Which encoding a text file is in. Nobody declares it, many declare it wrongly."""

import codecs
import re
from collections.abc import Callable
from functools import cache

from ingest.parsers.plain.common_characters import HANGUL, KANA, KANJI, SIMPLIFIED, TRADITIONAL

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_BYTES = 128 * 1024
WHOLE_BYTES = 32 * 1024  # a sample shorter than that is the whole text: it does not end within a character
SCORED_BYTES = 16 * 1024
FEW_BYTES = 8  # with fewer letters beyond ASCII every detector guesses, and western text is likeliest
MOJIBAKE_SHARE, MIN_LETTERS = 0.4, 40  # Vietnamese, richest in accents, stays under a third
MULTIBYTE = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
SINGLE_BYTE = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859_2", "iso8859_5", "iso8859_7", "koi8_r", "mac_roman", "cp437", "cp850", "cp866"),
)
CYRILLIC = ("cp1251", "koi8_r", "cp866")
COMMON_CYRILLIC = frozenset("оеаинтсрвлкмдпуя")
# How likely a character is in real text: one of the commonest, one of the ordinary part of its table, a mark, a rare one.
COMMON, ORDINARY, MARK, RARE = 1.0, 0.3, 0.7, 0.05
LIKELY = 0.45  # the mean from which a reading is taken to be text
LIKELY_ALONE = 0.25  # in a few words, where no byte beyond ASCII stands beside a Latin letter, as accented letters do
SHORT_BYTES = 40
MARKS = frozenset("、。，．：；？！（）「」『』《》〈〉【】“”‘’…—－・〔〕％～　·ー￥")
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")
UNDEFINED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
BESIDE_LETTER = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
RUN = re.compile(rb"[\x80-\xff]+")


def detect_encoding(sample: bytes) -> str:
    """Return the name of a Python codec that reads the sample; one of SAMPLE_BYTES may end in the middle of a character.

    Order: byte order mark; escape sequences of ISO-2022-JP; the NULs of UTF-16; UTF-8 if it is valid; the East Asian encoding or
    UTF-16 in which the text is made of likely characters; Cyrillic; charset-normalizer among the encodings of one byte, where
    there is enough to go by; Windows-1252, which reads anything.
    """
    for mark, name in BOMS:
        if sample.startswith(mark):
            return name
    if b"\x1b$B" in sample or b"\x1b$@" in sample:
        return "iso2022_jp"
    if wide := _wide(sample):
        return wide
    if _decodes(sample, "utf-8") and not CONTROLS.search(sample):
        return "utf-8"
    if found := _eastern(sample):
        return found
    if _decodes(sample, "utf-8"):
        return "utf-8"
    cyrillic = max(CYRILLIC, key=lambda name: _cyrillic(sample, name))
    if _cyrillic(sample, cyrillic) > 0:
        return cyrillic
    if sum(byte > 0x7F for byte in sample[:SCORED_BYTES]) >= FEW_BYTES:
        from charset_normalizer import from_bytes  # few files come this far, and each child would load it

        best = from_bytes(sample[:32_768], cp_isolation=list(SINGLE_BYTE)).best()
        if best is not None and best.encoding != "ascii":
            return best.encoding
    return "cp1250" if UNDEFINED_1252.search(sample) else "cp1252"


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


def _eastern(sample: bytes) -> str:
    """Return the encoding of several bytes a character in which the sample reads as likely text; "" where none does."""
    high = RUN.findall(sample[:SCORED_BYTES])
    beside = len(BESIDE_LETTER.findall(sample[:SCORED_BYTES]))
    is_short = sum(map(len, high)) <= SHORT_BYTES and any(len(run) > 1 for run in high)
    needed = LIKELY_ALONE if is_short and not beside else LIKELY
    scores = {name: _score(sample, name, _likelihoods(name)) for name in MULTIBYTE}
    if len(sample) % 2 == 0 or len(sample) >= WHOLE_BYTES:
        wide = {name: _score(sample, name, _likelihood_of_any) for name in ("utf-16-le", "utf-16-be")}
        # Bytes that also read as letters of eight bits need better reasons: UTF-16 gives every pair of bytes some character.
        bar = LIKELY if CONTROLS.search(sample) else 0.7
        scores |= {name: score for name, score in wide.items() if score >= bar}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] >= needed else ""


def _decodes(sample: bytes, name: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(sample, len(sample) < WHOLE_BYTES) or None
    except (UnicodeDecodeError, LookupError):
        return None


def _score(sample: bytes, name: str, likelihood: Callable[[str], float]) -> float:
    """Return the mean likelihood of the characters beyond ASCII, or of all in UTF-16; 0 where the sample does not decode."""
    text = _decodes(sample, name)
    if not text:
        return 0.0
    if name.startswith("utf-16"):
        scored = text[: SCORED_BYTES // 2]
    else:
        start = next((i for i, character in enumerate(text) if character > "\x7f"), 0)
        scored = "".join(character for character in text[start : start + SCORED_BYTES] if character > "\x7f")
    return sum(map(likelihood, scored)) / len(scored) if scored else 0.0


@cache
def _likelihoods(name: str) -> Callable[[str], float]:
    """Return how likely each character is in text of this encoding, by the layout of its table and the commonest characters."""
    common, kinds = {
        "gb18030": (SIMPLIFIED, ((0xB0, 0xD7, ORDINARY),)),
        "big5": (TRADITIONAL, ((0xA4, 0xC6, ORDINARY),)),
        "euc_kr": (HANGUL, ((0xB0, 0xC8, ORDINARY),)),
        "euc_jp": (KANA + KANJI, ((0xB0, 0xCF, 0.35), (0xA4, 0xA5, COMMON))),
        "shift_jis": (KANA + KANJI, ((0x88, 0x97, 0.35), (0x82, 0x83, COMMON))),
    }[name]
    known = dict.fromkeys(common, COMMON) | dict.fromkeys(MARKS, MARK)

    def likelihood(character: str) -> float:
        found = known.get(character)
        if found is None:
            lead, trail = (character.encode(name, "replace") + b"\0")[:2]
            is_two_bytes = trail >= 0xA1 or (trail >= 0x40 and name in ("big5", "shift_jis"))
            found = next((value for low, high, value in kinds if is_two_bytes and low <= lead <= high), RARE)
            known[character] = found
        return found

    return likelihood


@cache
def _known_anywhere() -> dict[str, float]:
    return dict.fromkeys(SIMPLIFIED + TRADITIONAL + KANA + KANJI + HANGUL, COMMON) | dict.fromkeys(MARKS, MARK)


def _likelihood_of_any(character: str) -> float:
    """Return how likely a character is in UTF-16 text of any language."""
    if (found := _known_anywhere().get(character)) is not None:
        return found
    if character.isascii():
        return MARK if character.isprintable() or character in "\t\r\n" else 0.0
    if "\u4e00" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3":
        return 0.4
    return MARK if "\u0391" <= character <= "\u045f" or "\uff01" <= character <= "\uff5e" else RARE


def _cyrillic(sample: bytes, name: str) -> float:
    """Return how well the reading looks like Cyrillic, with capitals at the beginnings of words; another table turns them about."""
    letters = common = odd = small = 0
    before = " "
    for character in sample[:SCORED_BYTES].decode(name, "replace"):
        if character > "\x7f":
            is_turned = character.isupper() and before.islower()
            odd += is_turned or (character.isalpha() and not "\u0400" <= character <= "\u045f")
            letters += 1
            common += character.lower() in COMMON_CYRILLIC
            small += character.islower()
        before = character
    if letters < 4 or odd > 0.05 * letters or common < 0.5 * letters:
        return 0.0
    return (common + small) / letters
