"""How much of a claim's wording its evidence holds."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from language.analyzer import terms
from language.lexicon import word_set
from language.synonyms import LINES

# Words that speak of the answer or the source, not of the matter: they need no evidence.
_META_TEXT = """
    according document documents source sources text passage states stated state says say said mention mentioned note noted
    section following follows provided provides information answer question specifically general generally also additionally
    however therefore percent dollar dollars euro euros yuan here below above lot lots many several various due example
    whereas while although like most least maximum minimum more less fewer see refer described specified listed per based
    please context given 根据 按照 依据 文件 资料 文档 显示 指出 提到 规定 说明 上述 以下 如下 因此 所以 此外 另外 其中 即
    也就是说 具体 具体来说 总之 参见 请 参考 由于 因为 曾 曾经 现在 目前 至少 至多 最少 最多 不得 不可 不可以 不能 one two
    three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
    twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion 一 二 两 三 四 五 六 七 八 九 十 百
    千 万 亿
"""
_HAN = re.compile(r"[\u3400-\u9fff]")
_CLAUSE = re.compile(
    r"[,;:，；：。.!?！？\n|]+\s*|\s[–—-]\s|\b(?:and|but|which|while|whereas|because|unless|so that)\b"
    r"|(?:并且|而且|但是|因为|同时|以及|并)",
    re.IGNORECASE,
)
_IGNORED_ZH = word_set(
    """
    他 她 它 他们 她们 它们 该 此 本 的 了 是 在 和 与 及 或 也 都 而 且 被 将 其 之 所 为 以 于 并 等 应 应当 必须 可以 可 按
    按照 由 对 从 到 有 进行 共 就 则 须 需 能 即 内 中 上 下
    """
)
# Where one sentence is joined to another. A word before it keeps "and" between two things whole.
_JOINT = re.compile(
    r"[;；。]\s*|(?<=[^\W\d_]),? (?:and|but|while|whereas) (?=(?:the|it|he|she|they|this|these|there|in|on|at)\b)"
    r"|[，,]\s*(?:并且|而且|同时|此外|但是|但)",
    re.IGNORECASE,
)
_LEAST_SAID = 3  # terms of a clause that stands by itself
_STEPS = 3  # so many content words in a row without evidence make an invented clause
_STEPS_ZH = 6  # characters


@dataclass(frozen=True, slots=True)
class Wording:
    """The terms of a text: as a set, and in order with numbers left out."""

    terms: frozenset[str]
    order: tuple[str, ...]
    is_chinese: bool


def read_wording(text: str) -> Wording:
    meta, same = _tables()
    order = tuple(same.get(term, term) for term in terms(text) if term not in meta and not term[0].isdigit())
    return Wording(frozenset(order), order, len(_HAN.findall(text)) >= max(2, len(re.findall(r"[A-Za-z]+", text))))


def coverage(claim: Iterable[str], evidence: frozenset[str]) -> float:
    """Return the weighed share of the claim's terms that stand in `evidence`, in [0, 1]; 1 for a claim without terms."""
    claim = frozenset(claim)
    whole = sum(_weight(term) for term in claim)
    return sum(_weight(term) for term in claim if term in evidence) / whole if whole else 1.0


def weakest_clause(claim: str, evidence: frozenset[str]) -> float:
    """Return the coverage of the least covered clause of at least two terms; 1 where there is none."""
    shares = []
    for clause in _CLAUSE.split(claim):
        words = read_wording(clause).terms
        if sum(_weight(term) for term in words) >= 2:
            shares.append(coverage(words, evidence))
    return min(shares, default=1.0)


def split_clauses(text: str) -> list[str]:
    """Return the clauses of a sentence that each say something by themselves; the sentence alone where one of them does not."""
    parts = [part.strip() for part in _JOINT.split(text) if part.strip()]
    says = all(sum(_weight(term) for term in read_wording(part).terms) >= _LEAST_SAID for part in parts)
    return parts if says else [text]


def has_invented_run(claim: Wording, text: str, evidence: frozenset[str], evidence_text: str) -> bool:
    """Tell whether several content words in a row have no like in the evidence."""
    run = 0
    for term in claim.order:
        run = 0 if term in evidence or _HAN.match(term) else run + 1
        if run >= _STEPS:
            return True
    if not claim.is_chinese:
        return False
    run = 0
    for unit in content_units(text, is_chinese=True):
        is_known = unit in evidence or unit in evidence_text or any(unit[i : i + 2] in evidence_text for i in range(len(unit) - 1))
        run = 0 if is_known else run + len(unit)
        if run >= _STEPS_ZH:
            return True
    return False


def canonical(found: Sequence[str]) -> list[str]:
    """Return terms of the analyzer with one name for words that say the same."""
    _, same = _tables()
    return [same.get(term, term) for term in found]


def content_units(text: str, *, is_chinese: bool) -> list[str]:
    """Return the content words of a text in order, each once where it stands; numbers are the caller's."""
    meta, same = _tables()
    ordered: Sequence[str] = terms(text)
    if is_chinese:
        # the search mode gives the parts of a long word before the word: keep the longest only
        kept: list[str] = []
        for term in ordered:
            while kept and len(kept[-1]) < len(term) and kept[-1] in term:
                kept.pop()
            kept.append(term)
        ordered = [term for term in kept if term not in _IGNORED_ZH]
    return [same.get(term, term) for term in ordered if term not in meta and not term[0].isdigit()]


def _weight(term: str) -> float:
    return 0.3 if len(term) == 1 and _HAN.match(term) else 1.0


@cache
def _tables() -> tuple[frozenset[str], dict[str, str]]:
    """Return the terms without matter, and the one name of each group; analysed at first use, since that loads jieba."""
    groups = [[terms(word) for word in line.split()] for line in LINES]
    same = {word[0]: group[0][0] for group in groups for word in group if len(word) == 1 and len(group[0]) == 1}
    return frozenset(terms(_META_TEXT)), same
