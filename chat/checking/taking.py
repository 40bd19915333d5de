"""What is taken for a check, and what is refused: limits, each with a sentence that says what to do."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from chat.errors import QuestionRefused
from chat.services import clean_question
from language.sentences import Span, split_sentences

MAX_TEXT = 20_000  # characters
MAX_SENTENCES = 200
MAX_PASSAGES = 50
MAX_PASSAGE_CHARACTERS = 400_000  # of all passages together
MAX_SENTENCE = 2_000  # characters: a longer one is not compared, only withheld
_NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")  # what PostgreSQL and tokenizers refuse


def take_text(text: str) -> str:
    """Return the text as it came: offsets count from its first character. Raises: QuestionRefused."""
    if not any(mark.isalnum() for mark in text):
        raise QuestionRefused("empty", _("Enter the text to be checked."))
    if len(text) > MAX_TEXT:
        message = _("The text has %(length)s characters; the limit is %(limit)s. Check it in parts.")
        raise QuestionRefused("too_long", message % {"length": len(text), "limit": MAX_TEXT})
    if _NOT_STORED.search(text):
        raise QuestionRefused("unreadable", _("The text contains characters that are not text. Remove them."))
    return text


def take_question(text: str | None) -> str:
    """Return the question as it is asked; "" where there is none. Raises: QuestionRefused."""
    return clean_question(text) if text and text.strip() else ""


def take_passages(passages: Sequence[str]) -> tuple[str, ...]:
    """Return the passages as they came. Raises: QuestionRefused."""
    if not passages:
        raise QuestionRefused("empty", _("Send at least one passage, or name a collection."))
    if len(passages) > MAX_PASSAGES:
        message = _("There are %(count)s passages; the limit is %(limit)s. Send only the ones that the text is based on.")
        raise QuestionRefused("too_many_passages", message % {"count": len(passages), "limit": MAX_PASSAGES})
    if (length := sum(map(len, passages))) > MAX_PASSAGE_CHARACTERS:
        message = _(
            "The passages have %(length)s characters in total; the limit is %(limit)s. Send only the parts that the text is "
            "based on."
        )
        raise QuestionRefused("too_long", message % {"length": length, "limit": MAX_PASSAGE_CHARACTERS})
    for number, passage in enumerate(passages, start=1):
        if not any(mark.isalnum() for mark in passage):
            raise QuestionRefused("empty", _("Passage %(number)s is empty.") % {"number": number})
        if _NOT_STORED.search(passage):
            message = _("Passage %(number)s contains characters that are not text. Remove them.")
            raise QuestionRefused("unreadable", message % {"number": number})
    return tuple(passages)


def cut_text(text: str) -> list[Span]:
    """Return the sentences of a text. Raises: QuestionRefused: too many."""
    spans = split_sentences(text)
    if len(spans) > MAX_SENTENCES:
        message = _("The text has %(count)s sentences; the limit is %(limit)s. Check it in parts.")
        raise QuestionRefused("too_many_sentences", message % {"count": len(spans), "limit": MAX_SENTENCES})
    return spans
