# ruff: noqa: E501 - a pattern is read in one line
"""Names the heading that a quotation stands below, where a question asks which section, article or part says something."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from chat.flow.writing.blocks import Text
from chat.flow.writing.labelled import Labelled
from chat.judge.candidates import Candidate
from chat.verify.quotations import Quotation
from chat.verify.windows import Passage
from language.clauses import read_number

_ASKS = re.compile(
    r"\b(?:which|what) (?:section|article|clause|part|chapter|paragraph|annex|appendix|heading|rule)\b(?! of\b)|第几(?:条|章|节|部分)|哪一?(?:条|章|节|部分|款)",
    re.IGNORECASE,
)


def with_headings(told: Sequence[Labelled], *, question: str, candidates: Sequence[Candidate]) -> list[Labelled]:
    """Return the quotations with the heading of each before it, unless it begins with a number of its own or has a label.

    Args:
        candidates: all sentences of the evidence.
    """
    if not _ASKS.search(question):
        return list(told)
    passages = {one.evidence.marker: one.passage for one in candidates}
    labelled: list[Labelled] = []
    last = ""
    for label, quotation in told:
        heading = "" if label else _heading_of(quotation, passages.get(quotation.marker))
        named = _("“%(name)s”:") % {"name": heading} if heading and heading != last else label
        last = heading or last
        labelled.append((named, quotation))
    return labelled


def _heading_of(quotation: Quotation, passage: Passage | None) -> str:
    number = read_number(quotation.text)
    if passage is None or (number is not None and not number.is_plain and not number.is_below):
        return ""
    text = Text([passage])
    for position in range(len(passage.sentences) - 1, -1, -1):
        sentence = passage.sentences[position]
        if sentence.start < quotation.start and text.is_heading(position):
            return sentence.text
    path = passage.evidence.heading_path
    return path[-1] if path else ""
