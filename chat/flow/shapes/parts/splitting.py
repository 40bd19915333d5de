"""Take a question apart: two questions in one, two sentences that ask, a comparison of two things."""

import re
from dataclasses import dataclass
from itertools import pairwise

from chat.flow.rewriting.by_rule import rewrite_question
from chat.flow.rewriting.follow_ups.openings import capitalise
from chat.flow.rewriting.follow_ups.phrases import phrases_of
from language.names import tag_words
from language.scripts.script import is_chinese
from language.sentences import split_sentences

MOST_PARTS = 3
_LEAST_WORDS, _LEAST_CHARACTERS = 3, 4  # of a part
_ASKS = (
    r"(?:what|who|whom|whose|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have)"
)
_NEXT_QUESTION = re.compile(rf"\s*[,;]?\s+and\s+(?:also\s+)?(?={_ASKS}\b)|\s*[;]\s+(?={_ASKS}\b)", re.IGNORECASE)
_BEGINS = re.compile(rf"^(?:\w+[\w'’ ]{{0,30}},\s+)?(?:(?:in|at|on|by|for|to|from|with|of)\s+)?{_ASKS}\b", re.IGNORECASE)
_COMPARES = re.compile(
    r"\b(?:differ\w*|compar\w+|versus|vs\.?|than|same|both|each|respectively|between|either|faster|slower|cheaper|longer|shorter|more|less"
    r"|higher|lower|larger|smaller|bigger|better|older|newer|earlier|later|chang\w+)\b",
    re.IGNORECASE,
)
_JOINS = re.compile(
    r"^\s*,?\s*(?:and|or|vs\.?|versus|compared (?:to|with)|with|than)\s+(?:the|a|an|my|our|those of|that of)?\s*$", re.IGNORECASE
)
_FROM_TO = re.compile(r"\bfrom (?P<x>[\w.,]+(?: [\w-]+)?) to (?P<y>[\w.,]+)(?P<rest> [\w-]+(?: of [\w-]+)?)", re.IGNORECASE)
_COMPARES_ZH = re.compile(r"不同|区别|差别|差异|相比|比较|各|分别|哪个|谁更|一样|相同|还是|更|都|变化")
_JOINS_ZH = ("和", "与", "跟", "同", "或", "还是", "比", "及", "以及")
_ENDS_ZH = re.compile(r"的|有|是|各|分别|哪|谁|在|相比|之间|一样|相同|不同|区别|差|更|都|，|、|要|需|可|能|应|会|多|几|[?？]")
_ASKS_ZH = re.compile(r"什么|谁|哪|几|多少|多久|多长|何时|怎么|怎样|如何|为什么|是否|吗|能不能|可不可以")


_TRAILING = re.compile(r"(?<=\w) (?:\w+ed|\w+er|differ|compare)$", re.IGNORECASE)
_COMPARING = (
    (
        re.compile(r"^what(?:'s| is| are) the (?:main )?(?:differences?|distinctions?) between (?:the |an? )?", re.IGNORECASE),
        "What is ",
    ),
    (re.compile(r"^(?:please )?compare\b(?: the| an?)?", re.IGNORECASE), "What is"),
    (
        re.compile(
            r"^how (?:do|does|did)\b(?P<side>.*?)\s+(?:differ|compare)(?:\s+(?:in|on|as to|with regard to|regarding))?\b",
            re.IGNORECASE,
        ),
        r"What is\g<side>,",
    ),
    (re.compile(r"^what (?:has |have )?changed (?:between|from|in)\b", re.IGNORECASE), "What does"),
    (re.compile(r"^which (?:one )?(?:is|has|costs?|takes?|gives?)?\s*(?=\w+er\b)", re.IGNORECASE), "How "),
    (re.compile(r",? and by how much\b", re.IGNORECASE), ""),
)
_COMPARING_ZH = re.compile(
    r"(?:之间)?(?:的)?(?:有|存在)?(?:什么|何|哪些)?(?:不同|区别|差别|差异)(?:之处|点)?|(?:各|分别)(?=[是有为])|相比|(?:之间)?(?:一样|相同)(?:吗|么)?"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a question, as a question of its own. `name`: the side of a comparison that it asks about; "" for no comparison."""

    question: str
    name: str = ""


def take_apart(question: str) -> tuple[Part, ...]:
    """Return the parts of a question that stands alone, two or three; none where it is one question."""
    parts = _sentences(question) or (_compared_zh(question) if is_chinese(question) else _joined(question) or _compared(question))
    return tuple(parts[:MOST_PARTS]) if len(parts) >= 2 else ()


def _sentences(question: str) -> list[Part]:
    """Return the sentences that ask, each read after the one before it."""
    asked = [span.text.strip() for span in split_sentences(question) if span.text.strip().endswith(("?", "？"))]
    return _chain(asked) if len(asked) > 1 else []


def _joined(question: str) -> list[Part]:
    """Return the questions of "How long is probation, and who decides?"."""
    pieces = [piece.strip(" ,?") for piece in _NEXT_QUESTION.split(question.strip())]
    if len(pieces) < 2 or not _BEGINS.match(pieces[0]) or any(len(piece.split()) < _LEAST_WORDS for piece in pieces):
        return []
    return _chain([f"{capitalise(piece)}?" for piece in pieces])


def _chain(asked: list[str]) -> list[Part]:
    found: list[Part] = []
    for text in asked:
        history = [(found[-1].question, "")] if found else []
        found.append(Part(rewrite_question(text, history)))
    return found


def _compared(question: str) -> list[Part]:
    """Return the question for each of the two things that it compares."""
    if not _COMPARES.search(question) and not re.search(r"^which\b.*\bor\b", question, re.IGNORECASE):
        return []
    if found := _FROM_TO.search(question):
        names = [f"{found[side]}{found['rest']}" for side in ("x", "y")]
        return [Part(f"{question[: found.start()]}with {name}{question[found.end() :]}", name) for name in names]
    phrases = phrases_of(question)
    for left, right in pairwise(phrases):
        between = question[left.end : right.start]
        if not _JOINS.match(between) or (re.match(r"[\d$€£]", right.text) and "than" in between):  # "more than 80 hours"
            continue
        second = _TRAILING.sub("", right.text)
        right_end = right.start + len(second)
        if re.fullmatch(r"[\d./-]+", second) and len(left.words) > 1:  # "the travel policy 2025 and 2026"
            second = f"{left.text.rsplit(' ', 1)[0]} {second}"
        rest, first = question[right_end:], _TRAILING.sub("", left.text)
        return [
            Part(_plainly(f"{question[: left.end]}{rest}", first), first),
            Part(_plainly(f"{question[: left.start]}{second}{rest}", second), second),
        ]
    return []


def _plainly(question: str, name: str) -> str:
    """Return the question about one side without the words that compare: "What is the difference between a group?"."""
    for pattern, put in _COMPARING:
        question = pattern.sub(put.format(name=name), question)
    return capitalise(re.sub(r"\s+", " ", question).strip())


def _compared_zh(question: str) -> list[Part]:
    """Return the question for each of the two things that a Chinese one compares; two clauses that ask, each for itself."""
    if _COMPARES_ZH.search(question):
        place = 0
        for word, _flag in tag_words(question):
            if word in _JOINS_ZH and place:
                return _sides_zh(question, place, place + len(word))
            place += len(word)
    return []


def _sides_zh(question: str, start: int, end: int) -> list[Part]:
    before = re.split(r"[，,。；;：:]", question[:start])[-1]
    left = re.sub(r"^(?:请问|请比较一下|比较一下|比较|对比)", "", before)
    stop = _ENDS_ZH.search(question[end:])
    if stop is None:
        return []
    right, rest = question[end : end + stop.start()], question[end + stop.start() :]
    if len(left) < 2 or len(right) < 1 or len(left) > 16 or len(right) > 16 or _ASKS_ZH.search(left + right):
        return []
    if (
        len(right) < len(left)
        and re.fullmatch(r"[\d一二三四五六七八九十]+\S?", right)
        and re.search(r"[\d一二三四五六七八九十]", left)
    ):
        right = re.sub(r"[\d一二三四五六七八九十]+\S?$", right, left)
    rest = _COMPARING_ZH.sub("", rest)
    return [Part(f"{left}{rest}", left), Part(f"{right}{rest}", right)]
