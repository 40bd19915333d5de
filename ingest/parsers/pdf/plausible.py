"""Whether a page's text can be language: fonts that map their glyphs to the wrong letters yield text that looks like none.

Letters of a language come in typical shares, whatever the text says. Latin letters are compared with the average of the large
European languages, Chinese characters with the common ones; other scripts are left alone.
"""

import math
import re
import unicodedata

from ingest.parsers.plain.common_characters import KANJI, SIMPLIFIED, TRADITIONAL

LEAST_LETTERS = 40  # fewer prove nothing
LEAST_CHINESE = 30
# Below it a text is looked at as a picture. Chosen on half of a handbook's pages, looked at on the other half: docs/formats.md.
GARBLED = 0.72
GARBLED_CHINESE = 0.35  # share of common characters; ordinary texts lie above .8
BETTER = 0.12  # so much more plausible another reading must be

# Percent of the letters, the mean of English, German, French, Spanish and Italian, accents taken off.
_SHARES = dict(
    zip(
        "etaoinsrhldcumpfgwybvkxjqz",
        (
            14.9,
            6.6,
            9.0,
            6.6,
            7.7,
            7.3,
            6.7,
            6.7,
            3.2,
            4.9,
            4.0,
            3.3,
            4.4,
            2.8,
            2.4,
            1.4,
            1.7,
            0.9,
            0.8,
            1.3,
            1.2,
            0.6,
            0.3,
            0.3,
            0.6,
            0.6,
        ),
        strict=True,
    )
)
_NORM = math.sqrt(sum(share * share for share in _SHARES.values()))
_LATIN = re.compile(r"[a-z\u00df-\u024f]")
_VIETNAMESE = re.compile(r"[\u1e00-\u1eff]")  # letters with several marks
_MARKS = re.compile(r"[\u0300-\u036f]")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_COMMON = frozenset(SIMPLIFIED + TRADITIONAL + KANJI)
_SAMPLE = 4000


def plausibility(text: str) -> float | None:
    """Return how far letters come in the shares of a language, in [0, 1]; None for too few of them and for other scripts."""
    sample = text[:_SAMPLE].lower()
    if _VIETNAMESE.search(sample):
        sample = _MARKS.sub("", unicodedata.normalize("NFD", sample))
    chinese = _CHINESE.findall(sample)
    latin = len(_LATIN.findall(sample))
    if len(chinese) >= LEAST_CHINESE and len(chinese) > latin:
        return min(1.0, sum(character in _COMMON for character in chinese) / len(chinese) * GARBLED / GARBLED_CHINESE)
    letters = sum(map(str.isalpha, sample)) - len(chinese)
    if latin < LEAST_LETTERS or latin < 0.6 * letters:
        return None
    counts = {letter: sample.count(letter) for letter in _SHARES}
    others = [sample.count(letter) for letter in set(_LATIN.findall(sample)) - _SHARES.keys()]
    norm = math.sqrt(sum(count * count for count in (*counts.values(), *others)))
    return sum(count * _SHARES[letter] for letter, count in counts.items()) / (norm * _NORM)


def is_garbled(text: str) -> bool:
    """Tell whether a text looks like no language."""
    found = plausibility(text)
    return found is not None and found < GARBLED


def is_better(other: str, text: str) -> bool:
    """Tell whether another reading of the same page looks clearly more like a language."""
    found = plausibility(other)
    return found is not None and found > (plausibility(text) or 0.0) + BETTER
