"""Turn a follow-up into a standalone question by rule. It is used where no language model is, or where the model fails.

Three shapes are recognised: a question that only names what changes ("and after 15 years?", "那工龄12年呢?"), one that points back
with a pronoun ("who approves it?", "它由谁批准?"), and one that stands alone, which is returned as it is.
"""

import re
from collections.abc import Sequence

from language.lexicon import word_set

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
_LEAD = re.compile(
    r"^(?:(?:and|but|or|so|then|ok(?:ay)?|also)\b[\s,]*)*(?:(?:what|how)\s+about|what\s+if|(?:is|are)\s+that\s+also|the\s+same\s+for)\b[\s,]*"
    r"|^(?:(?:and|but|or|so|then|also)\b[\s,]*)+",
    re.IGNORECASE,
)
_LEAD_ZH = re.compile(r"^(?:那么|那|如果是|如果|要是|还有|另外|而|再问一下)[，,]?\s*")
_TAIL_ZH = re.compile(r"(?:又)?(?:呢|怎么样|如何)?\s*[?？。]*\s*$")
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|she|him|her|his|this|that|these|those|there|one|ones|the same|such)\b", re.IGNORECASE
)
# "Is it allowed to …": this "it" stands for what follows, not for anything said before.
_IT_OF_WHAT_FOLLOWS = re.compile(r"\b(?:is|was|isn't|would)\s+it\s+(?:\w+\s+){1,2}?(?=to\b)", re.IGNORECASE)
_PRONOUN_ZH = re.compile(r"它们|他们|她们|它|他|她|这个|那个|这些|那些|这种|那种|此项|该项|该|上述|前者|后者|这里|那里|其")
_WH = re.compile(
    r"\b(?:what|who|whom|whose|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)\b",
    re.IGNORECASE,
)
_WH_ZH = re.compile(r"什么|谁|哪|几|多少|多久|多长|多大|何时|何|怎么|怎样|如何|为什么|是否|吗|能不能|可不可以|可以|需要")
_CONSTRAINT = re.compile(
    r"\b(?:after|before|under|over|within|for|with|without|in|on|at|during|since|until|from|as)\s+(?:[\w$€£%.,'’-]+\s*){1,6}$",
    re.IGNORECASE,
)
_NUMBER_UNIT_ZH = re.compile(
    r"(?:满|工作|工龄|超过|不满)*[\d一二两三四五六七八九十百千]+\s*(?:年|个月|月|天|日|小时|元|岁|级|次|人|周)"
)
_STOP = word_set(
    """
    what who whom whose when where which why how is are was were do does did can could may must should will would has have had
    be been a an the i me my we our you your of to in on at for from by with and or not many much long often far there that
    this it if per get
    """
)
_MIN_WORDS_ALONE = 5  # an English question with so many content words and no pronoun stands alone


def rewrite_question(question: str, history: Sequence[tuple[str, str]]) -> str:
    """Return `question` in a form that can be searched without the conversation.

    Args:
        question: as the user wrote it.
        history: earlier (question, answer) pairs, oldest first; with the questions as they were searched.
    Returns: the question itself where it stands alone or nothing came before; without greetings, thanks or "other topic:".
    """
    question, is_new_topic = _without_opening(question.strip())
    previous = next((past.strip() for past, _ in reversed(history) if past.strip()), "")
    if not previous or not question or is_new_topic:
        return question
    if _has_cjk(question):
        return _rewrite_chinese(question, previous)
    return _rewrite_english(question, previous)


def _without_opening(question: str) -> tuple[str, bool]:
    """Return the question without courtesies at its beginning, and whether it announces another topic."""
    rest = question[found.end() :] if (found := _COURTESY.match(question)) else question
    switch = _NEW_TOPIC.match(rest)
    rest = rest[switch.end() :] if switch else rest
    if not rest or rest == question:
        return question, False
    return _capitalise(rest), switch is not None


def _rewrite_english(question: str, previous: str) -> str:
    lead = _LEAD.match(question)
    rest = question[lead.end() :] if lead else question
    bare = rest.rstrip(" ?.!")
    content = [word for word in re.findall(r"[\w$%'-]+", bare.lower()) if word not in _STOP and not _PRONOUN.fullmatch(word)]
    asks = bool(_WH.match(bare))
    if not bare:
        return previous
    if not asks and len(content) <= _MIN_WORDS_ALONE and (lead or len(bare.split()) <= _MIN_WORDS_ALONE + 1):
        return _merge_english(previous, bare)
    if asks and _PRONOUN.search(_IT_OF_WHAT_FOLLOWS.sub(" ", bare)) and len(content) <= _MIN_WORDS_ALONE:
        return f"{_capitalise(bare)}? ({_topic(previous)})"
    if asks and len(content) <= 1 and len(bare.split()) <= 3:  # "How much?", "When?"
        return f"{_capitalise(bare)}? ({_topic(previous)})"
    return question


def _merge_english(previous: str, change: str) -> str:
    """Merge the change into the previous question: replace its final constraint, else append."""
    base = previous.rstrip(" ?.!")
    old = _CONSTRAINT.search(base)
    first = change.split()[0].lower()
    if old and _CONSTRAINT.match(change) and (old.group(0).split()[0].lower() == first or _shares_unit(old.group(0), change)):
        return f"{base[: old.start()].rstrip()} {change}?"
    for word in re.findall(r"\b(?:after|before|under|over|within)\s+[\w-]+\s+\w+", base, re.IGNORECASE):
        if _shares_unit(word, change):
            return f"{base.replace(word, change)}?"
    joiner = " " if _CONSTRAINT.match(change) else ", for "
    return f"{base}{joiner}{change}?"


def _shares_unit(old: str, new: str) -> bool:
    units = r"\b(?:hour|day|week|month|year|percent|dollar|mile|people|employee)s?\b"
    found = [{unit.lower().rstrip("s") for unit in re.findall(units, text, re.IGNORECASE)} for text in (old, new)]
    return bool(found[0] & found[1])


def _rewrite_chinese(question: str, previous: str) -> str:
    lead = _LEAD_ZH.match(question)
    rest = question[lead.end() :] if lead else question
    is_tail_only = bool(re.search(r"呢\s*[?？]?$", rest)) and not _WH_ZH.search(rest)
    bare = _TAIL_ZH.sub("", rest) if is_tail_only else rest.rstrip("?？。 ")
    if not bare:
        return previous
    if (lead or is_tail_only) and not _WH_ZH.search(bare):
        return _merge_chinese(previous, bare)
    pronoun = _PRONOUN_ZH.search(bare)
    if (pronoun and len(bare) <= 20) or (lead and len(bare) <= 12) or (len(bare) <= 4 and _WH_ZH.search(bare)):
        return f"{bare}？（{_topic(previous)}）"
    return question


def _merge_chinese(previous: str, change: str) -> str:
    base = previous.rstrip("?？。 ")
    old, new = _NUMBER_UNIT_ZH.search(base), _NUMBER_UNIT_ZH.search(change)
    if old and new and old.group(0)[-1] == new.group(0)[-1]:
        return f"{base[: old.start()]}{change}{base[old.end() :]}？"
    return f"{change}，{base}？"


def _topic(previous: str) -> str:
    """Return the previous question as a topic to search with: without its question mark and an earlier bracket."""
    return re.sub(r"\s*[(（][^()（）]*[)）]$", "", previous).rstrip(" ?？。.!")


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _has_cjk(text: str) -> bool:
    return bool(re.search(r"[\u3400-\u9fff]", text))
