# ruff: noqa: E501 - a pattern is read in one line
"""What people say before their question: thanks, a greeting, that they change the subject, that they correct themselves."""

import re

_COURTESY = re.compile(
    r"(?:(?:ok(?:ay)?|thanks?(?: you)?(?: (?:so|very) much)?|great|perfect|got it|i see|all ?right|hi|hello|hey"
    r"|good (?:morning|afternoon))\b(?: there)?[.,!;:-]+\s+)+"
    r"|(?:(?:好的?|谢谢(?:你|您)?|多谢|明白了?|知道了|你好|您好)[。，,！!；;]+\s*)+",
    re.IGNORECASE,
)
_NEW_TOPIC = re.compile(
    r"(?:(?:an)?other|(?:a )?(?:new|different)|one more) (?:topic|question|subject|thing|matter)\b[\s.,:;-]+"
    r"|something (?:else|different)\b[\s.,:;-]+|(?:on|to) (?:a different|another) (?:note|topic|subject|matter)\b[\s.,:;-]+"
    r"|(?:changing|to change) the (?:topic|subject)\b[\s.,:;-]+|by the way\b[\s,:;-]+|btw\b[\s,:;-]+"
    r"|(?:换个?|另一个|别的|新的?|另外(?:问)?一个)(?:话题|问题|事)[：:，,。\s]*|顺便(?:问一下|问问|问)?[：:，,\s]*",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"(?:(?:no|nope|sorry|wait|actually|oops|hm+)\b[\s,.!:-]*)*"
    r"(?:i (?:meant|mean)(?: to (?:ask|say)(?: about)?)?|i(?:'m| am) (?:asking|talking) about|my question (?:is|was) about)\b[\s,:]*(?:about\b\s*)?"
    r"|(?:(?:no|nope|sorry|oops)\b[\s,.!:-]+)(?=(?:for|of|in|the|not)\b)"
    r"|(?:不对?|不是|抱歉|对不起|错了)?[，,。\s]*(?:我(?:的意思是|是说|说的是|指的是|问的是|想问的是|是问))[：:，,\s]*",
    re.IGNORECASE,
)


def without_opening(question: str) -> tuple[str, bool]:
    """Return the question without courtesies at its beginning, and whether it announces another topic."""
    rest = question[found.end() :] if (found := _COURTESY.match(question)) else question
    switch = _NEW_TOPIC.match(rest)
    rest = rest[switch.end() :] if switch else rest
    if not rest or rest == question:
        return question, False
    return capitalise(rest), switch is not None


def without_correction(question: str) -> str:
    """Return what a correction ("No, I meant the Beta 500") puts in the place of what was asked; "" where it is none."""
    found = _CORRECTION.match(question)
    return question[found.end() :].strip() if found and found.end() else ""


def capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]
