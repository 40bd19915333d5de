"""The title of a conversation: what its first question is about, without how it asks."""

import re

TITLE_CHARACTERS = 80
_POLITE = (
    r"(?:hi|hello|hey|dear \w+|good (?:morning|afternoon|evening)|please|excuse me|sorry)[,!.:]?\s+",
    r"(?:can|could|would|will) (?:you|somebody|anyone) (?:please )?(?:tell|show|explain to|give|remind) (?:me|us)\s+(?:about\s+)?",
    r"(?:tell|show|give|explain to) (?:me|us)\s+(?:about\s+)?",
    r"(?:i|we) (?:would like|want|need|have) to (?:know|find out|ask|understand)\s+(?:about\s+)?",
    r"(?:do|does) (?:you|anyone|anybody|somebody) know\s+",
    r"(?:i|we) (?:was|am|were|are) wondering\s+(?:if\s+|whether\s+)?",
)
_ASKING = (
    r"what(?:['’]s| is| are| was| were)\s+(?:the\s+|our\s+|an?\s+)?",
    r"what (?:does|do|did) (?P<kept>.+?) (?:say|state|mean|require|contain|cover)\b(?:\s+about)?(?P<rest>.*)",
    r"which\s+(?:are (?:the\s+)?)?",
    r"what\s+",
    r"who(?: is| are)?\s+(?:the\s+)?",
    r"how (?:do|can|should|may|must) (?:i|we|you|one|someone|employees)\s+",
    r"(?:may|can|should|must|do) (?:i|we)\s+",
    r"(?:is|are) there\s+(?:an?\s+|any\s+)?",
)
_AMOUNT = re.compile(
    r"how (?:many|much)\s+(?P<what>.+?)\s+(?:do|does|did|can|may|must|should|will|would|is|are|was|were|has|have)\s+(?P<whom>.+)",
    re.I,
)
_PRONOUNS = re.compile(r"^(?:i|we|you|one|it|they|there|he|she)\b", re.I)
_CHINESE_POLITE = re.compile(
    r"^(?:你好|您好|请问一下|请问|麻烦问一下|麻烦|我想知道|我想问一下|我想问|想问一下|想问|请告诉我|告诉我|请介绍一下|介绍一下|能否告诉我"
    r"|能不能告诉我|可以告诉我)[,\uff0c\u3002!\uff01:\uff1a\s]*"
)
_CHINESE_END = re.compile(
    r"(?:是什么|是多少|有哪些|是哪些|是怎样的|是怎么样的|怎么样|是谁|吗|呢|啊|呀|吧)*[?\uff1f\u3002!\uff01\s]*$"
)
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def title_of(question: str) -> str:
    """Return what the question is about, in one line of at most TITLE_CHARACTERS; its own words where nothing else tells it."""
    line = " ".join(question.split())
    subject = _chinese_subject(line) if _CHINESE.search(line) else _english_subject(line)
    if len(subject) < 4 and not _CHINESE.search(subject):
        subject = line  # nothing would be left of it
    return _cut(subject or line)


def _english_subject(line: str) -> str:
    subject = line
    for pattern in _POLITE:
        subject = re.sub(rf"^{pattern}", "", subject, flags=re.I)
    subject = subject.rstrip(" ?!.")
    if found := _AMOUNT.match(subject):
        whom = found["whom"]
        subject = found["what"] if _PRONOUNS.match(whom) else f"{found['what']}: {whom}"
    else:
        for pattern in _ASKING:
            if found := re.match(rf"{pattern}", subject, flags=re.I):
                kept = found.groupdict().get("kept")
                rest = (found.groupdict().get("rest") or "").strip()
                subject = f"{kept}: {rest}" if kept and rest else kept or subject[found.end() :]
                break
    subject = re.sub(r"^(?:the|our|an?)\s+", "", subject, flags=re.I)
    return subject[:1].upper() + subject[1:]


def _chinese_subject(line: str) -> str:
    subject, before = line, ""
    while subject != before:
        before, subject = subject, _CHINESE_POLITE.sub("", subject)
    return _CHINESE_END.sub("", subject) or subject


def _cut(line: str) -> str:
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line[: TITLE_CHARACTERS - 1]
    head, space, _rest = cut.rpartition(" ")
    return f"{head if space and len(head) > TITLE_CHARACTERS // 2 else cut}…"
