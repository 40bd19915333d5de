"""Answer what is no question to the documents: distress, a question about the conversation itself, small talk."""

from chat.flow.asked import Asked
from chat.flow.talk.distress import read_distress, reply_to_distress
from chat.flow.talk.earlier import REASON, read_earlier, reply_with_earlier
from chat.flow.talk.small_talk import read_small_talk, reply_to
from chat.types import Answer, Outcome


def answer_talk(asked: Asked) -> Answer | None:
    """Return a reply without a search; None for everything that may be a question. Not for the event loop: reads the database."""
    message = asked.question
    if distress := read_distress(message):
        return _reply(str(distress), reply_to_distress(distress, message))
    if earlier := read_earlier(message):
        return _reply(REASON, reply_with_earlier(earlier, message, asked.turn))
    if kind := read_small_talk(message):
        return _reply(str(kind), reply_to(kind, message))
    return None


def is_talk(message: str) -> bool:
    """Tell whether a message is nothing that a later question may refer to."""
    return bool(read_distress(message) or read_earlier(message) or read_small_talk(message))


def _reply(reason: str, message: str) -> Answer:
    return Answer(outcome=Outcome.CHAT, model="", reason=reason, message=message)
