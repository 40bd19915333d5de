# ruff: noqa: E501 - a pattern is read in one line
"""Read whether a question asks for an overview of a document, or for what differs between two."""

import re
from dataclasses import dataclass

_OVERVIEW = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:please |can you |could you |would you )*(?:summari[sz]e|outline|sum up|give (?:me |us )?(?:a |an )?(?:short |brief |quick )?(?:summary|overview|outline) of"
        r"|(?:what are|list|give me|name) the (?:main|key|most important) points (?:of|in)|(?:a )?(?:short |brief )?(?:summary|overview|outline) of)"
        r"\s+(?P<subject>.+)",
        r"what(?:'s| is) (?P<subject>.+?) (?:all )?about",
        r"what does (?P<subject>.+?) (?:say|cover|contain|deal with|regulate|tell us|describe)",
        r"(?:请|麻烦|帮我|给我)*(?:总结|概括|概述|简述|归纳)(?:一下)?(?P<subject>.+?)(?:的(?:主要)?(?:内容|要点))?",
        r"(?P<subject>.+?)(?:主要)?(?:讲|说|写)了?(?:些)?什么(?:内容)?|(?P<second>.+?)的(?:主要)?(?:内容|要点)(?:是什么|有哪些)|(?P<third>.+?)是关于什么的",
    )
)
_CHANGED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:what|which things?) (?:has |have |is |was )?(?:changed|different|new) (?:between|from) (?P<x>.+?) (?:and|to) (?P<y>.+)",
        r"what(?:'s| is| are) the (?:main )?(?:differences?|changes?) (?:between|from) (?P<x>.+?) (?:and|to) (?P<y>.+)",
        r"(?:please )?compare (?P<x>.+?) (?:and|with|to) (?P<y>.+)",
        r"how (?:do|does|did) (?P<x>.+?) (?:and|differ from) (?P<y>.+?)(?: differ| compare)?",
        r"(?:请)?(?:比较|对比)(?:一下)?(?P<x>.+?)(?:和|与|跟)(?P<y>.+)",
        r"(?P<x>.+?)(?:和|与|跟|相比)(?P<y>.+?)(?:之间|相比)?(?:的)?(?:有|存在)?(?:什么|哪些|何)?(?:不同|区别|差别|差异|变化)(?:之处)?",
    )
)
_DETERMINER = re.compile(r"^(?:(?:the|our|this|document|file|这份|这个|该)\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AskedOfDocuments:
    """What is asked of one document, or of two, as the question names them."""

    names: tuple[str, ...]


def read_question(question: str) -> AskedOfDocuments | None:
    """Return which documents a question asks about as wholes; None for every other question. Whether there are such documents is
    asked of the database."""
    text = re.sub(r"\s+", " ", question).strip().rstrip("?？.。!！ ")
    for pattern in _CHANGED:
        if found := pattern.fullmatch(text):
            first, second = _bare(found["x"]), _bare(found["y"])
            return AskedOfDocuments((first, _completed(first, second)))
    for pattern in _OVERVIEW:
        if found := pattern.fullmatch(text):
            return AskedOfDocuments((_bare(next(part for part in found.groups() if part)),))
    return None


def _bare(name: str) -> str:
    return _DETERMINER.sub("", name.strip().strip("“”\"'《》「」")).strip()


def _completed(first: str, second: str) -> str:
    """Return "travel policy 2026" for the "2026" of "travel policy 2025 and 2026"."""
    number = r"(?:\d{4}|v?\d+(?:\.\d+)*)"
    if re.fullmatch(rf"{number}年?", second) and re.search(rf"{number}年?", first):
        return re.sub(rf"{number}年?(?!.*{number})", second, first)
    return second
