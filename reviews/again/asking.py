"""Asking the question of a receipt once more, as it would be answered now.

It is asked by whoever wants to know, with the rights of that person: nobody's question is recorded that they did not ask.
"""

from collections.abc import Callable
from uuid import UUID

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _

from accounts.credentials import Credential, find_reader
from audit.models import Event
from chat.errors import ChatError, QuestionRefused
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.running import finish_question
from chat.services import clean_question
from kb.models import Collection
from reviews.errors import ReviewRefused

VIA = "again"


def ask_again(event: Event, *, credential: Credential, compose: Callable[[], AnswerDependencies] | None = None) -> UUID:
    """Answer the question of a receipt now, with a receipt of its own. Returns: the number of that receipt.

    A follow-up is asked as it was searched. What was searched in one collection is searched in it again, where it may be read.
    Raises: ReviewRefused: there is no question any more, or no answer came; in a sentence.
    """
    data = event.payload.data
    question = str(data.get("rewritten") or data.get("question") or "")
    if not event.action.startswith("question.") or not question:
        raise ReviewRefused(_("There is no question to ask again: it was erased, or this event is not a question."))
    try:
        asked = Asked(question=clean_question(question), credential=credential, collection=_collection(event, credential), via=VIA)
        return UUID(async_to_sync(finish_question)(asked, compose=compose).receipt)
    except QuestionRefused as refused:
        raise ReviewRefused(refused.message) from refused
    except ChatError as error:
        raise ReviewRefused(str(error.sentence)) from error


def _collection(event: Event, credential: Credential) -> Collection | None:
    searched = event.payload.data.get("scope", {}).get("collections", [])
    reader = find_reader(credential)
    if len(searched) != 1 or reader is None:
        return None
    return Collection.objects.visible_to(reader).filter(slug=searched[0].get("slug", "")).first()
