# ruff: noqa: E501 - a pair of opposites is read in one line
"""Negation, bounds and opposites: does a claim turn its evidence round?

Both directions are looked at through the words around each cue: a cue of the claim must have its like in the evidence where the evidence
speaks of the same words, and a cue of the evidence may not be lost.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from language.lexicon import word_set
from language.ranges import OVER_A_QUANTITY

_AT_LEAST, _AT_MOST = "\u2191", "\u2193"  # one private token for each bound, once phrases are masked
_NOT_ZH = "(?:不得?|不能|不可以?|不应|不会|未|没有)"
# In this order: a negated bound holds the plain one ("no more than" holds "more than").
_BOUNDS = (
    (_AT_LEAST, rf"\bno(?:t)? (?:less|fewer) than\b|\bno(?:t)? below\b|{_NOT_ZH}(?:少于|低于|小于|短于)"),
    (_AT_MOST, r"\bno(?:t)? (?:more|longer|greater|later|higher) than\b"
     rf"|\b(?:may|must|can|shall|does|do|will|should)? ?not (?:to )?exceed\b|{_NOT_ZH}(?:超过|多于|高于|大于)"),
    (_AT_LEAST, r"\bat least\b|\b(?:a )?minimum(?: of)?\b|\bor (?:more|above|over|longer|higher)\b|\bmore than\b"
     rf"|{OVER_A_QUANTITY}|\b(?:exceed(?:s|ing|ed)?|above)(?= [\d$€£¥a-z])"
     r"|至少|最少|最低|起码|以上|超过|多于|高于|大于|已满"),
    (_AT_MOST, r"\bat most\b|\bup to\b|\b(?:a )?maximum(?: of)?\b|\bor (?:less|fewer|below|under)\b|\b(?:less|fewer) than\b"
     r"|\b(?:under|below)(?= [\d$€£¥])|至多|最多|最高|以下|以内|少于|低于|小于|不满|不足"),
)  # fmt: skip
_OPPOSITES = tuple(
    (re.compile(left, re.IGNORECASE), re.compile(right, re.IGNORECASE))
    for left, right in (
        (_AT_LEAST, _AT_MOST),
        (r"\bbefore\b|\bprior to\b|之前|以前|事先|提前", r"\bafter\b|\bfollowing\b|之后|以后|事后"),
        (r"\b(?:increas|ris|rose|grow|grew|gain|expand)\w*|增加|上升|增长|提高|上涨|扩大|增至|增", r"\b(?:decreas|fall|fell|declin|drop|reduc|shr[iau]nk|lower(?:ed|s|ing))\w*|减少|下降|降低|下跌|缩小|减至"),
        (r"\b(?:more|greater|higher|larger|bigger|longer)\b|更多|更高|更大|更长", r"\b(?:less|fewer|lower|smaller|shorter)\b|更少|更低|更小|更短"),
        (r"\b(?:highest|largest|biggest|greatest|most|longest|tallest)\b|最大|最高|最多|最长", r"\b(?:lowest|smallest|least|fewest|shortest)\b|最小|最低|最少|最短"),
        (r"\bearl(?:y|ier|iest)\b|最早|更早|早于", r"\blate(?:r|st)?\b|最晚|更晚|晚于|最迟"),
        (r"\bfirst\b|首次|首先|第一个", r"\blast\b|\bfinal\b|最后"),
        (r"\b(?:always|all|every|entire)\b|全部|所有|总是|一律|均", r"\b(?:never|none|no one|nobody)\b|从不|从未|没有任何"),
        (r"\b(?:allow(?:ed|s)?|permit(?:s|ted)?|eligible|entitled|may|can)\b(?! not)|(?<!不)可以|(?<!不)允许|准许|有权", r"\b(?:prohibit(?:s|ed)?|forbid(?:s|den)?|forbade|ban(?:ned|s)?|ineligible|must not|cannot|may not)\b|禁止|不得|不准|不可以|不能|严禁|无权"),
        (r"\b(?:paid)\b|带薪|有薪|有偿", r"\bunpaid\b|\bwithout pay\b|无薪|停薪|无偿|不带薪"),
        (r"\b(?:mandatory|required|compulsory|obligatory)\b|必须|强制|应当", r"\b(?:optional|voluntary|not required)\b|自愿|可选|不必|无需|无须"),
        (r"\bfull-time\b|全日制|全职", r"\bpart-time\b|非全日制|兼职"),
        (r"\b(?:internal|inside|inner)\b|内部|对内", r"\b(?:external|outside|outer)\b|外部|对外"),
        (r"\b(?:include[sd]?|including)\b|(?<!不)包括|(?<!不)包含|(?<!不)计入", r"\b(?:exclude[sd]?|excluding|except)\b|不包括|不包含|不含|除外|不计入"),
        (r"\b(?:north|northern)\b|北", r"\b(?:south|southern)\b|南"),
        (r"\b(?:east|eastern)\b|东", r"\b(?:west|western)\b|西"),
        (r"\b(?:public)\b|公开|公立", r"\bprivate\b|私人|私立|保密"),
        (r"\b(?:male|men|man|father|husband|son)\b|男", r"\b(?:female|women|woman|mother|wife|daughter)\b|女"),
        (r"\b(?:accept|approv)\w*|同意|批准|接受|通过", r"\b(?:reject|refus|den(?:y|ied|ies)|declin)\w*|拒绝|驳回|否决"),
        (r"\b(?:start|begin|began|begun|open(?:s|ed)?|commence)\w*|开始|起始", r"\b(?:end(?:s|ed|ing)?|stop|finish|clos(?:e|es|ed|ing)|cease|terminat)\w*|结束|终止|停止"),
        (r"\b(?:win|wins|won|victory|defeat(?:s|ed)?)\b|获胜|战胜|击败|胜", r"\b(?:lose|loses|lost|loss)\b|失败|战败|输给|落败"),
        (r"\b(?:temporary|short-term)\b|临时|短期", r"\b(?:permanent|indefinite|long-term)\b|永久|长期"),
        (r"\b(?:positive|advantage|benefit)\w*|有利|优点|积极", r"\b(?:negative|disadvantage|harm)\w*|不利|缺点|消极"),
        (r"\b(?:easy|simple|simplicity)\b|容易|简单", r"\b(?:hard|difficult|difficulty|complex|complexity)\b|困难|复杂"),
        (r"\b(?:old|older|ancient)\b|旧|老", r"\b(?:new|newer|modern)\b|新"),
        (r"\b(?:buy|bought|purchase)\w*|购买|买入", r"\b(?:sell|sold|sale)\w*|出售|卖出"),
        (r"\b(?:import)\w*\b(?!ant)|进口", r"\bexport\w*|出口"),
        (r"\b(?:upper)\b|上限|上级", r"\blower\b|下限|下级"),
        (r"\b(?:major|majority)\b|多数", r"\b(?:minor|minority)\b|少数"),
    )
)  # fmt: skip
_CUES = re.compile(
    r"\b(?:not|never|no|none|cannot|neither|nor|without|nobody|nothing)\b|n['’]t\b"
    r"|不得|不能|不可以?|不准|不予|不会|不应|不再|不享受|不需|不用|不必|不(?![断仅但同过久动论管锈少多低高超满足])|没有|没(?!收)|未(?!来|成年|婚|必|满|超)|无(?!论|线|锡|形|数|限|疑|固定)|勿|非(?![常洲法])|禁止|严禁",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\b(?:unable|fail(?:s|ed)?|lack(?:s|ed|ing)?|refus\w+|den(?:y|ied|ies)|prohibit\w*|forbid\w*|exclud\w+|except\w*|unless|hardly|rarely|few|little|ineligible|exempt\w*|avoid\w*|prevent\w*|stop\w*|un(?:able|paid|available|likely|lawful|authori[sz]ed|common|known|successful|necessary|fit|willing|acceptable|inhabited|affected|changed)|in(?:eligible|capable|valid|sufficient|complete)|non-?\w+)\b"
    r"|拒绝|除外|免|缺乏|无法|难以|停止|不",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"\bnot only\b|\bno doubt\b|\bwhether or not\b|\bif not\b|\bno\.\s|不仅|不但|是否|能否|可否|会不会|不断|不动产|不同",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[a-z0-9]+(?:[-'’][a-z0-9]+)*|[\u3400-\u9fff]|[\u2191\u2193]|[.;:!?。；：！？]", re.IGNORECASE)
_EMPTY = word_set(
    "the a an of to in on at for by with and or is are was were be been being it its this that these those as from their his her they he she you "
    "your we our i do does did has have had will would shall should can could may must if when than then there any also only 的 了 在 是 和 与 或 及 其 有 者 为 以 于 而 之 就 等"
)
_REACH = 5  # words on either side that tell what a cue speaks of


@dataclass(frozen=True, slots=True)
class _Cue:
    before: frozenset[str]
    after: frozenset[str]

    @property
    def around(self) -> frozenset[str]:
        return self.before | self.after


def find_contradiction(claim: str, evidence: str) -> str:
    """Return "negation", "direction" or "" for normalised texts; `evidence` is what the claim is held against."""
    claim, evidence = _mask(claim), _mask(evidence)
    if _negation_differs(claim, evidence):
        return "negation"
    if any(_is_turned(claim, evidence, left, right) or _is_turned(claim, evidence, right, left) for left, right in _OPPOSITES):
        return "direction"
    return ""


def count_negations(text: str) -> int:
    """Return how many words of a normalised text negate, those of a bound ("no more than") left out."""
    return len(_CUES.findall(_mask(text)))


def _mask(text: str) -> str:
    text = _HARMLESS.sub(" ", text)
    for token, pattern in _BOUNDS:
        text = re.sub(pattern, f" {token} ", text, flags=re.IGNORECASE)
    return text


def _negation_differs(claim: str, evidence: str) -> bool:
    claim_cues, evidence_cues = _cues(claim, _CUES), _cues(evidence, _CUES)
    weak = _cues(evidence, _WEAK)
    for cue in claim_cues:
        if not any(_shares(cue, other) for other in (*evidence_cues, *weak)):
            return True
    claim_words = set(_content(claim))
    loose = (*claim_cues, *_cues(claim, _WEAK))
    for cue in evidence_cues:
        scope = cue.after or cue.before
        kept = len(scope & claim_words)
        if scope and kept >= max(1, round(0.6 * len(scope))) and not any(_shares(cue, other) for other in loose):
            return True
    return False


def _is_turned(claim: str, evidence: str, said: re.Pattern[str], opposite: re.Pattern[str]) -> bool:
    """Tell whether the claim says `said` of words of which the evidence says only, or rather, `opposite`."""
    for cue in _cues(claim, said):
        same = [len(cue.around & other.around) for other in _cues(evidence, said)]
        other = [len(cue.around & other.around) for other in _cues(evidence, opposite)]
        if other and max(other) >= 1 and max(other) > max(same, default=0):
            return True
    return False


def _shares(left: _Cue, right: _Cue) -> bool:
    return bool(left.around & right.around)


def _cues(text: str, pattern: re.Pattern[str]) -> list[_Cue]:
    found = []
    for match in pattern.finditer(text):
        before = _near(_WORDS.findall(text[max(0, match.start() - 60) : match.start()])[::-1])
        after = _near(_WORDS.findall(text[match.end() : match.end() + 80]))
        found.append(_Cue(frozenset(before), frozenset(after)))
    return found


def _near(words: Sequence[str]) -> list[str]:
    near: list[str] = []
    for word in words:
        if word in ".;:!?。；：！？":
            break
        if word.lower() not in _EMPTY:
            near.append(_stem(word.lower()))
        if len(near) == _REACH:
            break
    return near


def _content(text: str) -> list[str]:
    return [_stem(word.lower()) for word in _WORDS.findall(text) if word.lower() not in _EMPTY]


def _stem(word: str) -> str:
    """Cut an English ending roughly: "earned", "earns", "earning" meet."""
    return re.sub(r"(?:ing|ed|es|s|e)$", "", word) if len(word) > 4 and word.isascii() else word
