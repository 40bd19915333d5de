"""Align a claim word by word with the sentence that it follows most closely, to find what was exchanged.

Only for near copies: where the wording is the model's own, words cannot be aligned, and coverage decides.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from language.analyzer import terms
from language.names import names_and_codes
from language.quantities import read_quantities
from language.wording import content_units

NEAR_COPY = 0.5  # share of the claim's words that must stand in the sentence in the same order
WHOLE_COPY = 0.8
_LONGEST_SWAP = 4  # words


@dataclass(frozen=True, slots=True)
class Swap:
    """Words of the claim, and those that the sentence has in their place."""

    said: tuple[str, ...]
    stands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a claim follows one sentence; shares in [0, 1]."""

    sentence: str
    claim_share: float  # of the claim's words
    sentence_share: float  # of the sentence's words
    swaps: tuple[Swap, ...]
    units: frozenset[str]  # of the sentence

    @property
    def is_copy(self) -> bool:
        """Tell whether hardly a word is missing or added."""
        return min(self.claim_share, self.sentence_share) >= WHOLE_COPY


def align(claim: str, sentences: Sequence[str], *, is_chinese: bool) -> Alignment | None:
    """Align the normalised claim with the nearest sentence; None where it is a near copy of none."""
    left = _units(claim, is_chinese=is_chinese)
    found = [_align(left, _units(sentence, is_chinese=is_chinese), sentence) for sentence in sentences]
    best = max(found, key=lambda alignment: alignment.claim_share, default=None)
    return best if best and best.claim_share >= NEAR_COPY else None


def swapped_number(alignment: Alignment, *, within_range: Iterable[float] = ()) -> bool:
    """Tell whether the sentence has another number in the place of one of the claim's; values in `within_range` do not count."""
    ranged = {_form(value) for value in within_range}
    for swap in alignment.swaps:
        said, stands = ({unit for unit in units if _is_number(unit)} for units in (swap.said, swap.stands))
        if said - stands - ranged and stands - said:
            return True
    return False


def swapped_name(claim: str, alignment: Alignment) -> bool:
    """Tell whether the sentence has other content words in the place of a name of the claim."""
    names = {term for name in names_and_codes(claim) for term in terms(name)}
    for swap in alignment.swaps:
        said, stands = ([unit for unit in units if not _is_number(unit)] for units in (swap.said, swap.stands))
        if stands and any(unit in names for unit in said) and not set(said) & set(stands):
            return True
    return False


def swapped_words(alignment: Alignment) -> list[tuple[str, str]]:
    """Return the swaps of content words, to be compared by meaning."""
    pairs = []
    for swap in alignment.swaps:
        said = [unit for unit in swap.said if not _is_number(unit) and unit not in alignment.units]
        stands = [unit for unit in swap.stands if not _is_number(unit)]
        if said and stands:
            pairs.append((" ".join(said), " ".join(stands)))
    return pairs


def _align(left: list[str], right: list[str], sentence: str) -> Alignment:
    blocks = SequenceMatcher(a=left, b=right, autojunk=False).get_opcodes()
    same = sum(i2 - i1 for tag, i1, i2, _, _ in blocks if tag == "equal")
    swaps = []
    for position, (tag, i1, i2, j1, j2) in enumerate(blocks):
        beside = [blocks[place][0] for place in (position - 1, position + 1) if 0 <= place < len(blocks)]
        if tag == "replace" and i2 - i1 <= _LONGEST_SWAP and j2 - j1 <= i2 - i1 + 2 and "equal" in beside:
            swaps.append(Swap(tuple(left[i1:i2]), tuple(right[j1:j2])))
    return Alignment(
        sentence, same / len(left) if left else 0.0, same / len(right) if right else 0.0, tuple(swaps), frozenset(right)
    )


def _units(text: str, *, is_chinese: bool) -> list[str]:
    """Return the content words in order, each quantity as one unit in one form, so that "six" equals "6"."""
    parts, end = [], 0
    for quantity in read_quantities(text):
        form = "qq" + "x".join(str(part) for part in quantity.date if part) if quantity.date else _form(quantity.value)
        stop = (
            quantity.end
            if quantity.date or quantity.unit in ("clock", "%", "nth")
            else _number_end(text, quantity.start, quantity.end)
        )
        parts.append(f"{text[end : quantity.start]} {form} ")
        end = max(end, stop)
    return content_units("".join([*parts, text[end:]]), is_chinese=is_chinese)


def _form(value: float) -> str:
    return "qq" + f"{value:g}".replace(".", "p")


def _number_end(text: str, start: int, end: int) -> int:
    """Return where the number itself ends, before the word of its unit, which is compared separately."""
    match = re.match(r"[$€£¥A-Z]*\s?[\d.,]*\d(?:\s?(?:thousand|million|billion|trillion|[百千万亿]+))?", text[start:end])
    return start + match.end() if match and match.end() else end


def _is_number(unit: str) -> bool:
    return unit.startswith("qq")
