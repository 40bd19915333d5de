"""How informative each word of a question is, and how much of that information a text holds."""

import math
import re

from language.features import terms_of
from language.lexicon import word_set
from language.names import frequency
from language.wording import canonical

_COMMONEST = 30_000  # count in jieba's corpus from which a word tells nothing
_HAN = re.compile(r"[\u3400-\u9fff]")
# What a question is made of: it tells what is asked for, not what about.
_ASKING = word_set(
    """
    几天 几年 几个 几次 几张 几种 多少 多久 多长 多大 多高 最长 最晚 最多 最少 最低 最高 最大 一共 总共 可以 能够 需要 应该
    必须 目前 现在 现行 规定 标准 按照 是否 能否 什么 时候 怎么 如何 哪些 哪个 以后 之后 以前 之前 时 后 里 内 要 给 被 请问
    情况
    """
)
_ASKING_WEIGHT, _LETTER_WEIGHT, _ENGLISH_WEIGHT = 0.2, 0.15, 0.8
_PARTIAL = 0.7  # of a long Chinese word of which only parts stand in the text


def term_weights(question: str) -> dict[str, float]:
    """Return the weights of the question's terms: of Chinese words by their rarity in jieba's counts, of English words equal."""
    weights = {}
    for term in dict.fromkeys(canonical(terms_of(question))):  # a set would sum in another order in each process
        if _HAN.match(term):
            weight = max(0.02, 1 - math.log(1 + frequency(term)) / math.log(_COMMONEST))
            weights[term] = weight * (_LETTER_WEIGHT if len(term) == 1 else _ASKING_WEIGHT if term in _ASKING else 1.0)
        else:
            weights[term] = _ENGLISH_WEIGHT
    return weights


def weight_share(weights: dict[str, float], text: str) -> float:
    """Return the share of the weight that `text` holds, in [0, 1]; a Chinese word counts in part where `text` holds parts of it."""
    whole = sum(weights.values())
    if not whole:
        return 0.0
    held = set(canonical(terms_of(text)))
    return sum(weight * _held(term, held, text) for term, weight in weights.items()) / whole


def _held(term: str, held: set[str], text: str) -> float:
    if term in held:
        return 1.0
    if len(term) < 3 or not _HAN.match(term):
        return 0.0
    pairs = [term[i : i + 2] for i in range(len(term) - 1)]
    return _PARTIAL * sum(pair in text for pair in pairs) / len(pairs)
