# ruff: noqa: E501 - a pattern is read in one line
"""Read whether a question asks for the text of a clause by its number."""

import re
from dataclasses import dataclass

from language.clauses import DOTTED, NAMED, NAMED_ZH, read_number

_CLAUSE = rf"(?:the\s+)?(?:(?P<inner>{NAMED}|(?:\w+\s)?\((?:[a-z]|\d{{1,2}})\))\s*(?:,|\s(?:of|in|under))\s*(?:the\s+)?)?(?P<clause>{NAMED}|{DOTTED})"
_DOCUMENT = r"(?:\s+(?:of|in|from)\s+(?:the\s+|our\s+|this\s+)?(?P<document>[^?,;]{2,80}?))?"
_SAYS = r"(?:\s+(?:say|says|state|states|cover|covers|contain|contains|mean|provide|provides|regulate|regulates|read|deal with|about|tell us|require|requires))?(?:\s+exactly)?"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:and |so )?what (?:does|do|did|is|are) (?:it |the text )?(?:say |said |stated |written |regulated )?(?:in |under |at )?{_CLAUSE}{_DOCUMENT}{_SAYS}",
        rf"what(?:'s| stands) (?:in|under|at) {_CLAUSE}{_DOCUMENT}",
        rf"(?:please |can you |could you |would you )*(?:quote|show|read|cite|give|tell|recite|print)(?: me| us)?(?: out)?(?: the (?:text|wording|contents?) of| what)? {_CLAUSE}{_DOCUMENT}{_SAYS}",
        rf"(?:the )?(?:text|wording|contents?) of {_CLAUSE}{_DOCUMENT}",
        rf"(?:(?P<inner>{NAMED})\s(?:of|in)\s(?:the\s)?)?(?P<clause>{NAMED}){_DOCUMENT}",
        rf"(?:请问|请|引用|列出|给出)*(?P<document>[^，。？?第附]{{0,30}}?)(?:的|中的|里的|中|里)?(?P<clause>{NAMED_ZH})(?:的)?(?:具体)?(?:内容|规定|条款|原文)?(?:是什么|是?怎么(?:规定|说|写)的?|(?:主要)?(?:说|讲|写|规定|约定)了?(?:些)?什么(?:内容)?|有(?:什么|哪些)(?:规定|内容)|如何规定)?",
    )
)
_ANY = re.compile(
    r"^(?:the |this |our |that )?(?:document|file|agreement|contract|text|lease|regulation|rules|policy|handbook)$|^(?:本|该|这份|这个)?(?:文件|合同|协议|办法|规定|制度)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedClause:
    """A clause that a question asks for. `steps`: as of `language.clauses.ClauseNumber`. `document`: "" where none is named."""

    kind: str
    steps: tuple[str, ...]
    document: str = ""


def read_question(question: str) -> AskedClause | None:
    """Return which clause a question asks for the text of; None for every other question."""
    text = re.sub(r"\s+", " ", question).strip().rstrip("?？.。!！ ")
    for pattern in _PATTERNS:
        found = pattern.fullmatch(text)
        number = read_number(found["clause"]) if found else None
        if found is None or number is None:
            continue
        inner = found.groupdict().get("inner") or ""
        within = (read_number(inner) or read_number(inner[inner.index("(") :])) if "(" in inner else read_number(inner)
        document = (found.groupdict().get("document") or "").strip()
        steps = (*number.steps, *(within.steps if within else ()))
        return AskedClause(kind=number.kind, steps=steps, document="" if _ANY.match(document) else document)
    return None
