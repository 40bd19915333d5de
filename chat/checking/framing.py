"""Sentences that say nothing about the world: leads, headings, and that the passages do not tell something.

Found by their form, not by their subject. A lead or a heading may still hold a fact of its own: whoever calls checks it first.
"""

import re
from typing import Literal

FramingKind = Literal["lead", "heading", "refusal"]
LONGEST_HEADING = 60  # characters; Chinese ones count double

_SOURCE = (
    r"(?:the|these|those|this|your|any(?: of the)?|given|provided|available|above)\s+(?:\w+\s+){0,3}?"
    r"(?:passages?|texts?|documents?|sources?|contexts?|articles?|excerpts?|information|evidence|materials?)\b"
)
_TELLS = (
    r"(?:mention|say|state|tell|provide|specify|contain|include|give|describe|explain|address|discuss|indicate|answer|cover|offer"
    r"|list|detail|clarify|reveal|define|disclose|refer)"
)
_TOLD = r"(?:mentioned|stated|specified|provided|given|found|described|discussed|addressed|included)"
_IS_NOT = r"(?:not|n['’]t|no\s+\w+(?:\s+\w+)?\s+(?:is|are|was|were))"
_CANNOT = r"\b(?:unable|not able|cannot|can not|can['’]t|could not|impossible)\b[^.;]{0,40}?\b(?:answer|determine|find|tell|say)\b"
_REFUSALS = (
    re.compile(rf"\b{_SOURCE}[^.;:]{{0,40}}?\b(?:do(?:es)?|did)(?:\s+not|n['’]t)\s+(?:\w+ly\s+)?{_TELLS}", re.IGNORECASE),
    re.compile(rf"{_CANNOT}[^.;]*\b{_SOURCE}", re.IGNORECASE),
    re.compile(rf"\b{_IS_NOT}\s+(?:\w+ly\s+)?{_TOLD}\s+(?:in|by)\s+{_SOURCE}", re.IGNORECASE),
    re.compile(r"^(?:unable|not able) to answer\b", re.IGNORECASE),
    re.compile(
        r"(?:文中|文件|文档|资料|材料|段落|原文|上文|上述内容|所给内容|给定内容|提供的信息|以上信息)[^。；;]{0,12}?"
        r"(?:没有|并未|未曾|未|无法|并没有)[^。；;]{0,6}?(?:提及|提到|说明|给出|涉及|包含|提供|写明|回答|指出)"
    ),
)
_GOES_ON = re.compile(r"\b(?:but|however|although|though|nevertheless)\b|但是|不过|然而|但", re.IGNORECASE)
_LEADS = (
    re.compile(
        r"^(?:sure|certainly|of course|absolutely|okay|ok|great|yes|no|hello|hi|thank you|thanks|i hope|i can help|let me"
        r"|i['’]m happy|i['’]d be|please (?:note|let|feel)|feel free|here(?:['’]s| is| are))\b",
        re.IGNORECASE,
    ),
    re.compile(r"^(?:好的|当然|没问题|以下是|下面是|您好|你好|希望(?:以上|这)|如有(?:其他)?(?:问题|疑问))"),
)
_LONGEST_LEAD = 90  # characters: a longer sentence says more than that something follows
_STOPS = ".。!！?？;；…"


def read_framing(text: str, *, prefix: str = "", is_line: bool = False) -> FramingKind | None:
    """Return what kind of framing a sentence looks like, None where it looks like a claim.

    Args:
        text: without markers and layout.
        prefix: layout before it ("## ", "- ").
        is_line: whether it stands on a line of its own, with other lines after it.
    """
    bare = text.strip("*_ \t")
    if is_refusal(bare):
        return "refusal"
    if "#" in prefix:
        return "heading"
    if bare.endswith((":", "：")) or text.rstrip().endswith((":**", "：**")):
        return "lead"
    if is_line and not prefix.strip() and not bare.endswith(tuple(_STOPS)) and _width(bare) <= LONGEST_HEADING:
        return "heading"
    if _width(bare) <= _LONGEST_LEAD and any(pattern.match(bare) for pattern in _LEADS):
        return "lead"
    return None


def is_refusal(text: str) -> bool:
    """Tell whether a sentence says that its sources do not tell something, and nothing more."""
    return any(pattern.search(text) for pattern in _REFUSALS) and not _GOES_ON.search(text)


def _width(text: str) -> int:
    return sum(2 if "\u2e80" <= char <= "\u9fff" else 1 for char in text)
