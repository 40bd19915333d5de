"""What the words and the quantities of a text are, remembered for a while.

To judge one question's evidence, its sentences are ranked, looked at for each feature and verified; each reads much the same texts.
"""

from functools import lru_cache

from language.analyzer import Analyzer, terms
from language.quantities import Quantity, read_quantities

_KEPT = 4096  # texts: those of some 40 questions, about 10 MB


@lru_cache(maxsize=_KEPT)
def terms_of(text: str) -> tuple[str, ...]:
    """Return what `language.analyzer.terms` does."""
    return tuple(terms(text))


@lru_cache(maxsize=_KEPT)
def quantities_of(text: str) -> tuple[Quantity, ...]:
    """Return what `language.quantities.read_quantities` does."""
    return tuple(read_quantities(text))


class RememberingAnalyzer(Analyzer):
    """The analyzer, for whoever takes one."""

    def terms(self, text: str) -> list[str]:
        return list(terms_of(text))
