# ruff: noqa: E501 - a pattern is read in one line
"""How much a question asks for: one fact, several things, steps, an overview."""

import re

_STEPS = re.compile(
    r"\b(?:steps?|procedure|process|checklist|instructions?)\b"
    r"|\bhow (?:do|does|can|should|would|must) (?:i|we|you|one|an?|the)\b|\bwhat now\b"
    r"|\bwhat (?:do|must|should|shall) (?:i|we|you|one|employees) (?:do|bring|need|prepare|submit|provide|hand|check)\b"
    r"|\bwhat (?:has|have|needs?) to (?:be|happen)\b|\b(?:conditions|requirements|criteria|prerequisites|eligib\w+)\b"
    r"|步骤|流程|怎么办|怎么(?:申请|做|操作|处理|提交)|如何(?:申请|操作|处理|办理|提交)|条件|材料|手续|要求|程序|应当包括|包括什么|分哪?几",
    re.IGNORECASE,
)
_THING = re.compile(
    r"(?:so |and )?what (?:is|are|does|do) (?:the|an?) (?P<english>[\w-]+)(?! of\b)|什么是(?P<chinese>[\u3400-\u9fff\w]{2,12}?)[?？。]*$"
    r"|(?P<told>[\u3400-\u9fff]{2,12}?)(?:是什么|是做什么的|负责什么)[?？。]*$",
    re.IGNORECASE,
)
_OVERVIEW = re.compile(
    r"\b(?:summar(?:y|ies|ise|ize|ising|izing)|overview|outline|main points|key points|gist|in short|tell me about|explain)\b"
    r"|\bwhat (?:does|do) .{1,80} (?:say|tell(?: us)?|state|regulate|provide) (?:about|on|regarding|concerning|for)\b"
    r"|\bwhat are the (?:rules|regulations|provisions|policies)\b|\bwhat is the (?:policy|rule)\b"
    r"|总结|概括|概述|简述|归纳|介绍一下|说说|主要内容|是怎么规定的|有(?:什么|哪些)规定|怎么规定|如何规定|讲了什么|要点",
    re.IGNORECASE,
)
_RULES = r"(?:(?:all |main |general )?(?:rules?|regulations?|provisions?|guidelines?|policy|policies|guidance|procedures?|terms) (?:for|on|about|of|regarding) )?"
_TOPIC = re.compile(
    r"(?:so |and |please,? |can you |could you |briefly )*(?:"
    r"what (?:do|does|did) (?:the |our |your |my |this |these )?[\w' -]{2,60}? (?:say|tell (?:us|me)|state|provide) (?:about|on|regarding|concerning) (.{3,}?)"
    rf"|(?:summari[sz]e|outline|sum up|explain|tell me about|give (?:me |us )?(?:a |an )?(?:short |brief |quick )?(?:summary|overview|outline) of) (?:the |our |your |my )?{_RULES}(.{{3,}}?)"
    r")(?: to me| for me| briefly| in short)?[?.! ]*$"
    r"|(?:请)?(?:帮我|给我)?(?:总结|概括|概述|简述|归纳|介绍|说说|讲讲)一?下?(?:关于|有关)?(.{2,}?)(?:的(?:相关)?(?:规定|要求|内容|规则|要点))?[。？?]*$"
    r"|(?:关于|有关|对于?)?(.{2,}?)(?:方面)?(?:是怎么规定的|怎么规定的?|如何规定的?|有(?:什么|哪些)(?:相关)?规定)[。？?]*$",
    re.IGNORECASE,
)


def thing_asked_of(question: str) -> str:
    """Return the word that names what a question asks to be told about: "approver" of "What is the approver role?"; "" for none."""
    if found := _THING.match(question.strip()):
        return found["english"] or found["chinese"] or found["told"]
    return ""


def asks_for_steps(question: str) -> bool:
    """Tell whether a list answers best: steps, conditions, what is needed."""
    return bool(_STEPS.search(question))


def asks_for_overview(question: str) -> bool:
    """Tell whether a question asks for all that a text says on a subject."""
    return bool(_OVERVIEW.search(question))


def topic_of(question: str) -> str:
    """Return the subject that an overview is wanted of: "passwords" of "Summarise the rules for passwords"; "" for none."""
    found = _TOPIC.match(" ".join(question.split()))
    return next((text for text in found.groups() if text), "") if found else ""
