"""Recognise "What did I ask first?" and answer it from the conversation, without a search."""

import re
from enum import StrEnum

from django.utils import translation
from django.utils.translation import gettext as _

from chat.models import Turn
from language.scripts.answer_language import code_of

MOST_LISTED = 10
_MAX_CHARACTERS = 80
REASON = "earlier_questions"


class Earlier(StrEnum):
    FIRST = "first"
    LAST = "last"
    ALL = "all"


_ASKED = r"(?:did i(?: just)? ask(?: you)?|have i(?: just)? asked(?: you)?|was i asking(?: you)?)"
_PATTERNS = (
    (Earlier.FIRST, rf"what {_ASKED} (?:first|at first|at the (?:beginning|start)|initially)|what was my (?:very )?first question"),
    (
        Earlier.ALL,
        rf"what {_ASKED} (?:so far|until now|today|in this conversation)|(?:list|show)(?: me)? (?:all )?my (?:earlier )?questions",
    ),
    (
        Earlier.LAST,
        rf"what {_ASKED}(?: (?:last|before|before that|just now|earlier|a moment ago|previously))?"
        r"|what was my (?:last|previous|earlier) question|repeat my (?:last|previous) question",
    ),
    (
        Earlier.FIRST,
        r"我(?:最开始|一开始|最初|最先|首先|第一次)(?:都)?问(?:了|的是?)?(?:你)?(?:什么|啥|哪个问题)|我的?(?:第一个|最初的?)问题是(?:什么|啥|哪个)",
    ),
    (Earlier.ALL, r"我(?:到目前为止|目前|至今)?(?:一共|总共|都)问(?:了|过)(?:你)?(?:些)?(?:什么|哪些(?:问题)?)"),
    (
        Earlier.LAST,
        r"我(?:刚才|刚刚|之前|前面|上次|上一次)(?:都)?问(?:了|的是?)?(?:你)?(?:什么|啥)(?:来着)?|我(?:的)?(?:上一个|上个|刚才的|前一个)问题是(?:什么|啥)",
    ),
)
_EDGES = re.compile(r"^(?:please|sorry|请问|那|那么|ok|and)[\s,，]*|[\s?？.。!！]+$", re.IGNORECASE)


def read_earlier(message: str) -> Earlier | None:
    """Return which earlier questions are asked for; None for every other message."""
    if len(message) > _MAX_CHARACTERS:
        return None
    said = _EDGES.sub("", " ".join(message.lower().split()))
    return next((kind for kind, pattern in _PATTERNS if re.fullmatch(pattern, said)), None)


def reply_with_earlier(kind: Earlier, message: str, turn: Turn | None) -> str:
    """Return the earlier questions of the conversation as they were typed. Reads the database: not for the event loop."""
    asked = _asked_before(turn) if turn else []
    with translation.override(code_of(message)):
        if not asked:
            return _("This is the first question of the conversation, so there is no earlier one.")
        match kind:
            case Earlier.FIRST:
                return _("You first asked: “%(question)s”") % {"question": asked[0]}
            case Earlier.LAST:
                return _("Before this you asked: “%(question)s”") % {"question": asked[-1]}
        lines = [f"{number}. {question}" for number, question in list(enumerate(asked, start=1))[-MOST_LISTED:]]
        return "\n".join([_("You asked:"), *lines])


def _asked_before(turn: Turn) -> list[str]:
    earlier = Turn.objects.filter(conversation=turn.conversation_id, position__lt=turn.position)
    return [" ".join(one.question.split()) for one in earlier.newest_attempts().order_by("position").only("question", "position")]
