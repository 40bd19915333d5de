"""A Chinese follow-up as a question that stands alone."""

import re

from chat.flow.rewriting.follow_ups.english import topic_of
from chat.flow.rewriting.follow_ups.openings import without_correction
from chat.flow.rewriting.follow_ups.value import FollowUp
from language.names import tag_words

_LEAD = re.compile(r"^(?:那么|那|如果是|如果|要是|还有|另外|而|再问一下)[，,]?\s*")
_TAIL = re.compile(r"(?:又)?(?:呢|怎么样|如何)?\s*[?？。]*\s*$")
_ANY_PRONOUN = re.compile(
    r"它们|他们|她们|它|他|她|这个|那个|这些|那些|这种|那种|此项|该项|该|上述|前者|后者|这里|那里|其(?![他它余实中次])"
)
_PRONOUN = re.compile(r"(?:它们|他们|她们|它|他|她|其(?![他它余实中次]))(?P<whose>的)?")
_WH = re.compile(r"什么|谁|哪|几|多少|多久|多长|多大|何时|何|怎么|怎样|如何|为什么|是否|吗|能不能|可不可以|可以|需要")
_NUMBER_UNIT = re.compile(
    r"(?:满|工作|工龄|超过|不满)*[\d一二两三四五六七八九十百千]+\s*(?:年|个月|月|天|日|小时|元|岁|级|次|人|周)"
)
_ALL_OF_THEM = re.compile(
    r"^(?:就|只有?|只是)?(?:这些|那些|这几[个种项]|它们|他们)(?:就?是)?(?:全部|所有|仅有|唯一)?的?(?P<what>.*?)(?:了|吗|么)+$"
    r"|^还有(?:没有)?(?:别的|其他的?|其它的?|哪些|什么)(?P<more>.*?)(?:吗|呢)?$"
)
_NAME_FLAGS = ("nr", "ns", "nt", "nz", "nrt", "nrfg", "eng")
# A word that what a question says of its subject begins with.
_PREDICATE = re.compile(
    r"(?:是|是否|有|没有|有没有|在|由|归|属于|被|把|让|可|可以|可否|能|能否|能不能|会|会不会|要|要不要|需|需要|应|应该|应当|必须|得|不|没|未|每|每年|每月|每天|一般|通常"
    r"|负责|包括|包含|规定|分|分为|去|到|用|谁|哪.*|几.*|多少.*|多[久长大高远]|怎.*|如何|何.*|为什么|为何|什么.*|最.*|[，,。；;？?])"
)
_OPENING = re.compile(r"^(?:请问|请|麻烦(?:你|您)?|(?:能不能|可以|能)?介绍一下|介绍|我们?的?|公司的?|说说|讲讲|关于)+")
_LONGEST_SUBJECT = 14  # characters
_SHORT = 9  # characters up to which a question without a pronoun may leave out what it is about


def rewrite_chinese(question: str, previous: str) -> FollowUp:
    """Return the question in a form that can be searched without the one before (`previous`, as it was searched)."""
    if changed := without_correction(question):
        return _put(previous, changed.rstrip("?？。 "))
    lead = _LEAD.match(question)
    rest = question[lead.end() :] if lead else question
    is_tail_only = bool(re.search(r"呢\s*[?？]?$", rest)) and not _WH.search(rest)
    bare = _TAIL.sub("", rest) if is_tail_only else rest.rstrip("?？。 ")
    if not bare:
        return FollowUp(previous)
    if (asked := _ALL_OF_THEM.match(question.rstrip("?？。 "))) is not None:
        return _ask_for_all(question, previous, asked)
    if (lead or is_tail_only) and not _WH.search(bare):
        return _put(previous, bare)
    pronoun = _ANY_PRONOUN.search(bare)
    if pronoun and len(bare) <= 20:
        return FollowUp(_without_pronoun(bare, previous) or f"{bare}？（{topic_of(previous)}）")
    if not pronoun and len(bare) <= _SHORT and _WH.search(bare):
        return _about(bare, previous, question)
    if lead and len(bare) <= 12:
        return FollowUp(f"{bare}？（{topic_of(previous)}）")
    return FollowUp(question)


def subject_of(question: str) -> str:
    """Return what a question is about: what stands before its predicate; "" where nothing or too much does."""
    text = _OPENING.sub("", question)
    subject = ""
    for word, _flag in tag_words(text):
        if subject and _PREDICATE.fullmatch(word):
            break
        subject += word
    subject = subject.strip("的 ")
    size = len(re.sub(r"[A-Za-z0-9 .-]+", "xx", subject))
    return subject if 2 <= size <= _LONGEST_SUBJECT and not _WH.search(subject) else ""


def owner_of(subject: str) -> str:
    """Return what "它" stands for after a question about this subject: the pump, of "the pump's price"."""
    return subject.partition("的")[0].strip() or subject


def _ask_for_all(question: str, previous: str, asked: re.Match[str]) -> FollowUp:
    what = next((one for one in asked.groups() if one), "").strip("的 ")
    if not what:
        found = re.search(r"(?:有|是)?(?:哪些|哪几[个种项])(?P<what>[^？?，,。]*)", previous)
        if found is None:
            return FollowUp(f"{question.rstrip('?？。 ')}？（{topic_of(previous)}）")
        return FollowUp(previous)
    return FollowUp(f"有哪些{what}？")


def _without_pronoun(bare: str, previous: str) -> str:
    found = list(_PRONOUN.finditer(bare))
    owner = owner_of(subject_of(topic_of(previous)))
    if len(found) != 1 or len(list(_ANY_PRONOUN.finditer(bare))) != 1 or len(owner) < 2 or owner in bare:
        return ""
    put = f"{owner}的" if found[0]["whose"] else owner
    return f"{bare[: found[0].start()]}{put}{bare[found[0].end() :]}？"


def _about(bare: str, previous: str, question: str) -> FollowUp:
    """Put what the question before is about in front of one that names nothing: a guess, to be confirmed by what is found."""
    owner = owner_of(subject_of(topic_of(previous)))
    if len(owner) < 2 or owner in bare:
        return FollowUp(f"{bare}？（{topic_of(previous)}）")
    return FollowUp(f"{owner}{'的' if tag_words(bare)[0][1].startswith('n') else ''}{bare}？", plain=question)


def _put(previous: str, change: str) -> FollowUp:
    """Put a change where the question before has its like: a number of the same unit, the phrase with the same end, a name, its
    subject; else put it before the question."""
    base = previous.rstrip("?？。 ")
    both = f"{change}，{base}？"
    old, new = _NUMBER_UNIT.search(base), _NUMBER_UNIT.search(change)
    if old and new and old.group(0)[-1] == new.group(0)[-1]:
        return FollowUp(f"{base[: old.start()]}{change}{base[old.end() :]}？")
    bare = change.strip("的 ")
    if new or any(_PREDICATE.fullmatch(word) for word, _flag in tag_words(bare)):
        return FollowUp(both)
    if (alike := _with_same_end(base, bare)) or (alike := _name_in(base, bare)):
        return FollowUp(f"{base.replace(alike, bare, 1)}？")
    subject = subject_of(base)
    if not subject:
        return FollowUp(both)
    owner, _of, owned = subject.partition("的")
    is_of_named = owned and _is_name(owner) and not _is_name(bare)
    return FollowUp(f"{base.replace(owned if is_of_named else owner, bare, 1)}？", plain=both)


def _with_same_end(base: str, bare: str) -> str:
    """Return the phrase of the question before that ends with the same word: 采购合同 for 租赁合同."""
    own = [word for word, _flag in tag_words(bare)]
    words = [word for word, _flag in tag_words(base)]
    if len(own) < 2 or len(own[-1]) < 2 or own[-1] not in words:
        return ""
    at = words.index(own[-1])
    first = max(0, at - len(own) + 1)
    return "".join(words[first : at + 1])


def _name_in(base: str, bare: str) -> str:
    """Return the name of the question before whose kind (a place, a person, a code) the change is of."""
    own = {flag for _word, flag in tag_words(bare)} & set(_NAME_FLAGS)
    return next((word for word, flag in tag_words(base) if flag in own and flag in ("ns", "nr", "nt")), "")


def _is_name(text: str) -> bool:
    return bool(re.search(r"[A-Za-z0-9]", text)) or any(flag in _NAME_FLAGS for _word, flag in tag_words(text))
