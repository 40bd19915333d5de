"""Sentences that a model writes again: they are left out, and the second ends its text."""

import re

from language.analyzer import terms

_ALIKE = 0.9  # share of the words in common from which a sentence says the same
_LEAST_TERMS = 4  # a shorter sentence ("Yes.") may come again
_AGAIN = 2  # repeats that make a loop
_FIGURE = re.compile(r"\d+")
_MARKER = re.compile(r"\[\d+\]")


class Repeats:
    """Remembers the sentences of one text."""

    def __init__(self) -> None:
        self._said: list[tuple[frozenset[str], frozenset[str]]] = []
        self._count = 0

    @property
    def is_loop(self) -> bool:
        return self._count >= _AGAIN

    def note(self, text: str) -> bool:
        """Remember a sentence. Returns: whether it says, with the same figures, what one before has said."""
        bare = _MARKER.sub(" ", text)
        words, figures = frozenset(terms(bare)), frozenset(_FIGURE.findall(bare))
        if len(words) < _LEAST_TERMS:
            return False
        again = any(figures == other and len(words & said) >= _ALIKE * len(words | said) for said, other in self._said)
        self._count += again
        if not again:
            self._said.append((words, figures))
        return again
