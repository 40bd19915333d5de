"""A question about the library itself: answered from the database, without a search."""

from typing import Any

from django.utils import translation

from accounts.models import User
from chat.conversations.readable import readable_answers
from chat.flow.asked import Asked
from chat.flow.rights import reader_of, scope_of
from chat.flow.trace import AnswerTrace
from chat.library.looking import Looked, look_up
from chat.library.question import read_library_question
from chat.library.telling import listed_of, tell
from chat.models import Turn
from chat.types import Answer, Origin, Outcome
from gateway.threads import run_in_thread
from language.scripts.answer_language import code_of

_FEW = 3  # documents that "it" may be one of


async def answer_from_library(trace: AnswerTrace) -> Answer | None:
    """Return the answer to a question about the library; None for every other question. Raises: AccessEnded."""
    if read_library_question(trace.asked.question) is None:
        return None
    return await run_in_thread(_answer)(trace)


def _answer(trace: AnswerTrace) -> Answer | None:
    asked, question = trace.asked, read_library_question(trace.asked.question)
    reader = reader_of(asked.credential)
    with trace.timed("library"):
        before = _documents_before(asked, reader) if question and question.points_back else ()
        looked = None
        if question:
            looked = look_up(question, user=reader, collection=asked.collection, within=asked.within, before=before)
    if looked is None:
        return None
    trace.keep(scope_of(asked))
    trace.keep(looked)
    with translation.override(code_of(asked.question)):
        sentences, listed = tell(looked)
    return Answer(outcome=Outcome.ANSWERED, origin=Origin.LIBRARY, model="", sentences=sentences, listed=listed)


def _documents_before(asked: Asked, reader: User) -> tuple[str, ...]:
    """Return the uids of the documents that the conversation's last answer rests on; none where they are many."""
    if asked.within.document:
        return (asked.within.document,)
    if asked.turn is None:
        return ()
    earlier = Turn.objects.filter(conversation=asked.turn.conversation_id, position__lt=asked.turn.position)
    last = earlier.newest_attempts().order_by("-position").first()
    answer = readable_answers([last], user=reader)[last.pk] if last else {}
    rows = [*answer.get("citations", ()), *answer.get("listed", ())]
    uids = tuple(dict.fromkeys(row["document_uid"] for row in rows if row.get("document_uid")))
    return uids if len(uids) <= _FEW else ()


def library_receipt(looked: Looked) -> dict[str, Any]:
    """Return what was looked up, by which rule, and what was found, as JSON for the receipt."""
    asked, period = looked.asked, looked.period
    return {
        "about": str(asked.about),
        "subject": asked.subject,
        "collection": looked.collection.slug if looked.collection else "",
        "media_types": list(asked.media_types),
        "period": [period.first.isoformat(), period.last.isoformat()] if period else [],
        "collections": [{"slug": row.slug, "documents": count} for row, count in looked.collections],
        "count": looked.total,
        "documents": [_row(listed_of(one)) for one in looked.documents],
    }


def _row(listed: Any) -> dict[str, Any]:
    fields = ("document", "document_uid", "title", "version", "version_uid", "uploaded_at")
    return {name: getattr(listed, name) for name in fields}
