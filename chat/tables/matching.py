"""How well a question's words name a row or a column of a table."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from language.features import terms_of

# Words that questions about tables are made of; they name no row.
_GENERIC = """
    what which how much many amount value values respective respectively company companies number figure percentage percent change
    changes increase increased decrease decreased average difference ratio sum both compared compare report reported recorded record
    exceed exceeded exceeding highest lowest largest smallest higher lower larger smaller greater greatest less more most least than
    per table year years end ended ending fiscal month months december june march september january between by
"""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SHORT_YEAR = re.compile(r"\bFY?\s?'?(\d\d)\b", re.IGNORECASE)
_NOTE = re.compile(r"\(\s*(?:\w{1,2}|\d{1,2})\s*\)|\*+|†|‡")
_BRACKETED = re.compile(r"\([^()]*\)|（[^（）]*）")


_WHOLE = 0.25
_UNASKED_TOTAL = 0.7
_TOTALS = frozenset({"total", "net", "other", "amount", "chang", "number", "sum"})


@dataclass(frozen=True, slots=True)
class Named:
    """A row or column that a question may name.

    `precision`: share of its own words that are asked; `recall`: share of the asked words that are its own. Both in [0, 1].
    """

    index: int
    precision: float
    recall: float
    is_total: bool = False  # "Total", "Net": words that many questions hold without naming the row

    @property
    def score(self) -> float:
        """A name whose every word is asked comes first, though the question has words of others as well."""
        return self._balance + (_WHOLE if self.precision > 0.99 and not self.is_total else 0.0)

    @property
    def _balance(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision and self.recall else 0.0


@cache
def generic_words() -> frozenset[str]:
    """Return the terms that questions about tables are made of."""
    return frozenset(terms_of(_GENERIC))


@lru_cache(maxsize=1 << 15)
def words_of(text: str) -> frozenset[str]:
    """Return the terms of a name or question without years and marks of notes."""
    bare = _NOTE.sub(" ", text)
    return frozenset(term for term in terms_of(bare) if not _YEAR.fullmatch(term) and not re.fullmatch(r"fy?\d\d", term))


@lru_cache(maxsize=1 << 15)
def year_of(name: str) -> str:
    """Return the year that a name holds, "" for none or several."""
    found = {*_YEAR.findall(name), *(f"20{short}" for short in _SHORT_YEAR.findall(name))}
    return found.pop() if len(found) == 1 else ""


def rank_names(question: str, names: Sequence[str], *, besides: Sequence[str] = ()) -> list[Named]:
    """Return the names that share a word with the question, best first.

    Args:
        besides: for each name further words that may tell it apart, as the line that it stands below.
    """
    owned = [words_of(name) for name in names]
    asked = words_of(question)
    counts = Counter(term for terms in owned for term in terms)
    weight = {term: math.log(1 + len(names) / count) for term, count in counts.items()}
    whole = sum(weight[term] for term in asked & weight.keys())
    found = []
    for index, terms in enumerate(owned):
        met = sum(weight[term] for term in terms & asked)
        if not met:
            continue
        own = sum(weight[term] for term in terms)
        core = words_of(_BRACKETED.sub(" ", names[index])) or terms  # what stands in brackets need not be asked
        precision = max(met / own, sum(weight[term] for term in core & asked) / sum(weight[term] for term in core))
        if "total" in terms and "total" not in asked:
            precision *= _UNASKED_TOTAL
        if besides and (extra := words_of(besides[index])):
            precision = min(1.0, precision + 0.08 * len(extra & asked) / len(extra))
        found.append(Named(index, precision, met / whole, is_total=core <= _TOTALS))
    return sorted(found, key=lambda one: -one.score)


def with_long_forms(question: str, names: Sequence[str]) -> str:
    """Return the question with the names that its acronyms stand for in their place: "RPMs" for revenue passenger miles."""
    for short in dict.fromkeys(re.findall(r"\b[A-Z]{3,6}s?\b", question)):
        meant = [name for name in names if _acronym(name) in (short.casefold(), short.casefold().rstrip("s"))]
        if meant:
            question = question.replace(short, _BRACKETED.sub(" ", meant[0]))
    return question


def _acronym(name: str) -> str:
    """Return the first letters of a name's words: "rpm" for revenue passenger miles; "" for fewer than three."""
    words = re.findall(r"[^\W\d_]{2,}", _BRACKETED.sub(" ", name).split(" - ")[-1])
    return "".join(word[0] for word in words).casefold() if len(words) > 2 else ""


def unmet(question: str, *texts: str) -> float:
    """Return the share of the question's content words that none of the texts holds."""
    asked = words_of(question) - generic_words()
    held = frozenset().union(*(words_of(text) for text in texts))
    return len(asked - held) / len(asked) if asked else 0.0
