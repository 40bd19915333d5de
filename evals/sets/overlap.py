"""Which texts share the rarest words with a text? Enough to find passages that look like an answer and are none."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")


def words(text: str) -> set[str]:
    """Return the words of a text in small letters, pairs of neighbouring Han characters among them."""
    found = _WORD.findall(text.casefold())
    pairs = {first + second for first, second in pairwise(found) if "\u3400" <= first[0] <= "\u9fff"}
    return {word for word in found if len(word) > 1} | pairs


class Overlap:
    """Finds the nearest of some texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(texts):
            for word in words(text):
                self._places[word].append(place)
        self._count = len(texts)

    def nearest(self, text: str, *, count: int) -> list[int]:
        """Return the places of at most `count` texts that share a word, nearest first."""
        scores: Counter[int] = Counter()
        for word in sorted(words(text)):
            places = self._places.get(word, [])
            for place in places:
                scores[place] += math.log(1 + self._count / len(places))  # type: ignore[assignment]
        return [place for place, _ in scores.most_common(count)]
