"""Turn a follow-up into a standalone question by rule. It is used where no language model is, or where the model fails.

Recognised are: a question that only names what changes ("and after 15 years?", "那工龄12年呢?"), one that points back
("who approves it?", "它由谁批准?"), a correction ("I meant the Beta 500"), "are those all?", and, as a guess, one that leaves
out what it is about ("what is the price?") and the question that a long story ends with. One that stands alone stays as it is.
"""

import re
from collections.abc import Sequence

from chat.flow.rewriting.follow_ups.chinese import rewrite_chinese
from chat.flow.rewriting.follow_ups.english import rewrite_english
from chat.flow.rewriting.follow_ups.openings import without_opening
from chat.flow.rewriting.follow_ups.stories import question_of_story
from chat.flow.rewriting.follow_ups.value import FollowUp


def rewrite_question(question: str, history: Sequence[tuple[str, str]]) -> str:
    """Return `question` in a form that can be searched without the conversation; see `read_follow_up`."""
    return read_follow_up(question, history).text


def read_follow_up(question: str, history: Sequence[tuple[str, str]]) -> FollowUp:
    """Return what a question is read as after those before it.

    Args:
        question: as the user wrote it.
        history: earlier (question, answer) pairs, oldest first; with the questions as they were searched.
    Returns: the question itself where it stands alone or nothing came before; without greetings, thanks or "other topic:".
    """
    question, is_new_topic = without_opening(question.strip())
    if asked := question_of_story(question):
        return FollowUp(asked, plain=question)
    previous = next((past.strip() for past, _ in reversed(history) if past.strip()), "")
    if not previous or not question or is_new_topic:
        return FollowUp(question)
    if re.search(r"[\u3400-\u9fff]", question):
        return rewrite_chinese(question, previous)
    return rewrite_english(question, previous)
