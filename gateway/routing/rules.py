"""Which models are asked for a question, and why: ordered rules, sticky shares per conversation, then fallbacks."""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.ports import Request
from language.answer_types import answer_type

CANARY = "canary"
_LONG_QUESTION = 40  # words, or Chinese characters
# Words that ask for more than one fact: to compare, to reason, to go through steps, or for conditions on conditions.
_REASONING = re.compile(
    r"\b(?:compare|comparison|differences?|differ|versus|vs|why|explain|steps?|process|procedure|pros and cons|trade-?offs?"
    r"|depend(?:s|ing)?|summari[sz]e|overview|relate[sd]?|relationship|impact|in case|unless|both)\b"
    r"|比较|对比|区别|差异|不同|为什么|解释|说明|步骤|流程|总结|概括|概述|关系|影响|分别|如果.{2,}(?:且|并且|但)",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[?？;；]|\band\b|[,，、]|以及|并且|还有", re.IGNORECASE)
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A route as the choice needs it. Empty conditions hold for every question; models are named by their ids."""

    name: str
    collections: frozenset[str] = frozenset()  # slugs
    is_alone: bool = False  # holds where all evidence comes from these: an owner's choice is nobody else's
    question_classes: frozenset[str] = frozenset()
    complexity: str = ""
    language: str = ""
    primaries: tuple[tuple[int, int], ...]  # model, weight
    canary: int | None = None
    canary_percent: int = 0
    fallbacks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the rules look at."""

    collections: tuple[str, ...]
    question_class: str
    complexity: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The models to be tried, in order, and how the first of them was found."""

    rule: Rule | None
    traits: Traits
    models: tuple[int, ...]
    reason: str  # "only", "weight", "canary", "none"


def estimate_complexity(question: str) -> str:
    """Return "complex" where a question asks to compare or to reason, has several clauses, or is long; else "simple"."""
    is_long = len(_WORD.findall(question)) > _LONG_QUESTION
    return "complex" if is_long or _REASONING.search(question) or len(_CLAUSES.findall(question.rstrip("?？ "))) > 2 else "simple"


def read_traits(request: Request) -> Traits:
    return Traits(
        collections=request.collections,
        question_class=str(answer_type(request.question)),
        complexity=estimate_complexity(request.question),
        language=request.language,
    )


def pick_models(rules: Sequence[Rule], request: Request) -> Picked:
    """Return the models of the first rule that holds.

    A conversation keeps its share: the same hash of it decides each time, so that a canary's answers stay among themselves, and a
    change of the percentage moves only the conversations between the old and the new one.
    """
    traits = read_traits(request)
    rule = next((rule for rule in rules if holds(rule, traits)), None)
    if rule is None:
        return Picked(rule=None, traits=traits, models=(), reason="none")
    key = request.conversation or request.question
    first: int | None
    if rule.canary is not None and share_of(f"{CANARY}:{rule.name}:{key}") * 100 < rule.canary_percent:
        first, reason = rule.canary, CANARY
    else:
        first, reason = _by_weight(rule.primaries, key), "weight" if len(rule.primaries) > 1 else "only"
    others = (model for model, _weight in rule.primaries)
    models = dict.fromkeys((first, *others, *rule.fallbacks)) if first is not None else dict.fromkeys(rule.fallbacks)
    return Picked(rule=rule, traits=traits, models=tuple(models), reason=reason)


def holds(rule: Rule, traits: Traits) -> bool:
    """Tell whether every condition of the rule is met; a collection's, where the best passage comes from one of them."""
    if rule.is_alone:
        return bool(traits.collections) and rule.collections.issuperset(traits.collections)
    return (
        (not rule.collections or (bool(traits.collections[:1]) and traits.collections[0] in rule.collections))
        and (not rule.question_classes or traits.question_class in rule.question_classes)
        and rule.complexity in ("", traits.complexity)
        and rule.language in ("", traits.language)
    )


def share_of(key: str) -> float:
    """Return a number in [0, 1) that is the same for the same key, in every process."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


def _by_weight(models: Sequence[tuple[int, int]], key: str) -> int | None:
    """Weighted rendezvous hashing: a model that is added or taken away moves only its own share.

    Source: Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", SPAA 2005 (logarithmic method).
    """
    if not models:
        return None
    return max(models, key=lambda one: -one[1] / math.log(max(share_of(f"{one[0]}:{key}"), 1e-18)))[0]
