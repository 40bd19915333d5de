"""A long message with its question at the end, as people write to colleagues: the question alone is searched."""

import re

from chat.flow.rewriting.follow_ups.openings import capitalise
from language.scripts.script import is_chinese
from language.sentences import split_sentences

_LONG, _LONG_ZH = 220, 80  # characters from which a message is a story
_LEAST, _LEAST_ZH = 4, 5  # words, or Chinese characters, of a question that says what it is about
_LEAD_IN = re.compile(
    r"^(?:[^:：?？]{0,60}[:：]\s*(?=\S))?(?:(?:so|now|and|but|anyway|well|ok(?:ay)?|therefore)\b[\s,]*)*"
    r"(?:(?:my|the) question(?: is)?\b[\s,:]*)?|^(?:所以|那么|那|因此|总之|请问|我想问(?:一下)?|想问(?:一下)?|问题是)+[，,：:\s]*",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|he|him|she|her|this|that|these|those|there|one)\b|[它他她]|这|那|该|上述|其(?![他它余实中次])",
    re.IGNORECASE,
)


def question_of_story(message: str) -> str:
    """Return the one question that a long message ends with; "" for a short message, and where it would not stand alone."""
    chinese = is_chinese(message)
    if len(message) < (_LONG_ZH if chinese else _LONG):
        return ""
    sentences = [span.text.strip() for span in split_sentences(message)]
    asked = [one for one in sentences if one.endswith(("?", "？"))]
    if len(asked) != 1 or len(sentences) < 3:
        return ""
    question = _LEAD_IN.sub("", asked[0], count=1).strip()
    size = len(re.findall(r"[\u3400-\u9fff]", question)) if chinese else len(question.split())
    if size < (_LEAST_ZH if chinese else _LEAST) or _POINTS_BACK.search(question):
        return ""
    return capitalise(question)
