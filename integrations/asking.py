"""Asking from outside: the question's place, and its events as JSON."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from chat.conversations.where import Where
from chat.errors import ChatError, QuestionRefused
from chat.flow.asked import Asked
from chat.flow.events import Progress, Status
from chat.flow.running import run_question
from chat.streaming.frames import status_text
from chat.streaming.sse import WAITING, frame
from chat.types import Answer
from kb.models import Collection


def where_in(collections: "QuerySet[Collection]", *, user: User) -> Where:
    """Return where somebody asks: in those of the collections that they may read now; everywhere where none is chosen.

    Raises: QuestionRefused: they may read none of them. To ask everywhere instead would be more than was allowed.
    """
    chosen = list(collections.values_list("pk", flat=True))
    if not chosen:
        return Where()
    readable = tuple(Collection.objects.visible_to(user).filter(pk__in=chosen).order_by("name"))
    if not readable:
        raise QuestionRefused("unknown_collection", _("You cannot read any of the collections that are searched here."))
    return Where(collections=readable)


async def json_frames(asked: Asked, *, language: str) -> AsyncGenerator[bytes, None]:
    """Yield `status`, each `sentence`, and last `done` (the whole answer) or `failed`. After a status with the step `fallback` the
    sentences begin anew."""
    sent = 0
    try:
        async with aclosing(run_question(asked)) as events:
            async for event in events:
                match event:
                    case None:
                        yield WAITING
                    case Status():
                        sent = 0 if event.step == "fallback" else sent
                        with translation.override(language):
                            text = status_text(event)
                        yield frame({"step": event.step, "text": text}, name="status")
                    case Progress():
                        answer = event.answer.as_dict()
                        for sentence in answer["sentences"][sent:]:
                            yield frame(sentence, name="sentence")
                        sent = len(answer["sentences"])
                    case Answer():
                        with translation.override(language):
                            yield frame(answer_for_outside(event), name="done")
    except ChatError as error:
        with translation.override(language):
            failure = {"code": error.code, "message": str(error.sentence)}
        yield frame(failure, name="failed")


def answer_for_outside(answer: Answer) -> dict[str, Any]:
    """Return what somebody reads of an answer elsewhere: its sentences, what they cite, or why there is none and what is near."""
    given = answer.as_dict()
    kept = ("outcome", "sentences", "citations", "nearest", "message", "hint", "instead", "receipt", "withheld", "owners")
    return {name: given[name] for name in kept if name in given}
