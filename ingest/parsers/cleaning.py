"""Text is cleaned once, at the border: what leaves a parser can be stored, searched and shown as it is.

NUL and lone surrogates go because PostgreSQL refuses them, control and zero-width characters because a reader cannot see
what a search would match, and everything becomes NFC so that equal words are equal strings.
"""

import re
import unicodedata
from collections.abc import Container

from ingest.parsers.line_ends import is_cut
from language.hyphens import is_suspended, keeps_hyphen
from language.raised import join_fractions

UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\ufff9-\ufffb]")
# Soft hyphen, zero-width space and joiners outside of scripts that need them, bidi controls, word joiner, BOM, tag characters.
INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]"
)
SOFT_BREAK = re.compile(r"\u00ad[ \t]*\r?\n[ \t]*(?=\S)")  # a word goes on in the next line
UNREADABLE = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
CJK = (
    "\u2e80-\u2fdf\u3000-\u30ff\u3100-\u31bf\u31f0-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)
SURROGATE_PAIR = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")
# From the word's beginning alone: tried from each of its letters, a run of a million would take a million times as long.
BROKEN = re.compile(r"(?<!\S)(?P<before>\S*[^\W_])[-‐](?P<space>[ \t]*\n[ \t]*)(?P<after>[^\W_][^\s]*)")
CUT = ("://", "www.", "@", "_", "\\")  # one of them stands in what a line end may cut without a hyphen
LINE_END = re.compile(r"(?<!\S)(?P<before>\S*[\w/.@=&?%#~\\])[ \t]*\n[ \t]*(?P<after>\w\S*)")
WIDE: tuple[tuple[int, int], ...] = (
    (0x2E80, 0x2FDF),
    (0x3000, 0x31BF),
    (0x31F0, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
)
WIDE += ((0xFF00, 0xFFEF), (0x20000, 0x3FFFF))  # as CJK; to compile an expression of it takes longer than to read a page


class Cleaner:
    """Cleans the text of one document and counts what it removed."""

    def __init__(self) -> None:
        self.unsafe = 0
        self.invisible = 0

    def clean(self, text: str) -> str:
        """Return the text without what cannot be stored or seen, in NFC. Spaces and line breaks stay as they are."""
        if text.isascii() and text.isprintable():
            return text
        text = SURROGATE_PAIR.sub(lambda pair: pair.group().encode("utf-16", "surrogatepass").decode("utf-16"), text)
        text = SOFT_BREAK.sub("", text) if "\u00ad" in text else text
        text, unsafe = UNSAFE.subn("", text)
        text, invisible = INVISIBLE.subn("", text)
        self.unsafe += unsafe
        self.invisible += invisible
        return join_fractions(unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))

    def clean_line(self, text: str) -> str:
        """Return the text cleaned, on one line, runs of spaces as one, words that a line end cut in two whole."""
        text = self.clean(text)
        return " ".join((join_broken(text) if "\n" in text else text).split())


def is_wide(character: str) -> bool:
    """True for a character of Chinese, Japanese or Korean; False for ""."""
    return character >= "\u2e80" and any(low <= ord(character) <= high for low, high in WIDE)


def join_wide(text: str) -> str:
    """Return a text without the line ends between Chinese, Japanese or Korean characters, which stand in no place of a space."""
    if "\n" not in text or text.isascii():
        return text
    first, *others = text.split("\n")
    parts = [first]
    for line in others:
        above, below = parts[-1].rstrip(" \t"), line.lstrip(" \t")
        if is_wide(above[-1:]) and is_wide(below[:1]):
            parts[-1] = above
            parts.append(below)
        else:
            parts += ["\n", line]
    return "".join(parts)


def join_broken(text: str, words: Container[str] = frozenset()) -> str:
    """Return a text in which words that a line end cut in two are whole. `words`: the document's own."""
    text = BROKEN.sub(lambda match: whole_word(match, words), text) if "-" in text or "‐" in text else text
    return join_cut(text)


def join_cut(text: str) -> str:
    """Return a text in which addresses, paths and names of files that a line end cut in two are whole."""
    if not any(sign in text for sign in CUT):
        return text
    return LINE_END.sub(
        lambda match: f"{match['before']}{match['after']}" if is_cut(match["before"], match["after"]) else match[0], text
    )


def whole_word(match: re.Match[str], words: Container[str]) -> str:
    """Return what BROKEN found as one word, or with its hyphen. `words`: the document's own."""
    before, after = match["before"], match["after"]
    if is_suspended(after):
        return f"{before}- {after}"
    return f"{before}{'-' if keeps_hyphen(before, after, words=words) else ''}{after}"


def garbage_share(text: str) -> float:
    """Return the share of characters that no reader could use, in [0, 1]: replacement, private use, control, unassigned.

    A page whose fonts carry no Unicode map comes out like this, though it looks right on paper.
    """
    sample = "".join(text[:20_000].split())
    if not sample or sample.isascii():
        return 0.0
    bad = len(UNREADABLE.findall(sample)) + sum(unicodedata.category(character) == "Cn" for character in sample[:500])
    return min(1.0, bad / len(sample))
