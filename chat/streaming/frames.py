"""The events of a page's stream: rendered for one reader, in their language, with their rights of now."""

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.credentials import Credential, find_reader
from accounts.requests import SignedInRequest
from chat.conversations.readable import cut_answers, readable_answer
from chat.conversations.sources import describe_sources
from chat.errors import AccessEnded
from chat.flow.events import Status
from chat.models import Turn
from chat.streaming.released import Released
from chat.streaming.sse import frame


def progress_frames(turn: Turn, released: Released, request: SignedInRequest, credential: Credential) -> bytes | None:
    """Return the events for what was released; the last of them has its number. None where the reader's access has ended."""
    frames = []
    with translation.override(request.LANGUAGE_CODE):
        if released.status is not None:
            frames.append(("status", {"text": status_text(released.status)}))
        if released.answer is not None:
            reader = find_reader(credential)
            if reader is None:
                return None
            (answer,) = cut_answers([released.answer], user=reader)
            context = {"turn": turn, "answer": answer, "streaming": True}
            for name in ("answer", "sources"):
                frames.append((name, {"html": render_to_string(f"chat/_{name}.html", context, request)}))
    last = len(frames) - 1
    return b"".join(
        frame(data, name=name, number=released.number if place == last else None) for place, (name, data) in enumerate(frames)
    )


def last_frame(turn: Turn, request: SignedInRequest, credential: Credential) -> bytes:
    """Return "done" or "failed" with the finished turn, as its owner may read it now."""
    try:
        turn.refresh_from_db()
    except Turn.DoesNotExist:
        return b""  # the conversation was deleted meanwhile
    reader = find_reader(credential)
    if reader is None:  # what this connection receives; the turn itself stays as it is
        turn.state, turn.error_code, turn.answer = Turn.State.FAILED, AccessEnded.code, {}
    with translation.override(request.LANGUAGE_CODE):
        answer = readable_answer(turn, user=reader) if reader else {}
        ((_turn, answer),) = describe_sources([(turn, answer)])
        name = "failed" if turn.state == Turn.State.FAILED else "done"
        context = {"turn": turn, "answer": answer, "streaming": False, "offers_next": turn.state == Turn.State.ANSWERED}
        return frame({"html": render_to_string("chat/_turn.html", context, request)}, name=name)


def status_text(status: Status) -> str:
    """Return what is being done, in the active language."""
    match status.step:
        case "searching":
            return ngettext("Searching %(count)s collection…", "Searching %(count)s collections…", status.count) % {
                "count": status.count
            }
        case "reading" if status.passages:
            number = number_format(status.passages, force_grouping=True)
            passages = ngettext("%(number)s passage", "%(number)s passages", status.passages) % {"number": number}
            collections = ngettext("%(number)s collection", "%(number)s collections", status.collections)
            return _("%(passages)s in %(collections)s · reading %(count)s…") % {
                "passages": passages,
                "collections": collections % {"number": status.collections},
                "count": status.count,
            }
        case "reading":
            return ngettext("Reading %(count)s passage…", "Reading %(count)s passages…", status.count) % {"count": status.count}
        case "fallback":
            return _("The language model is not responding. Trying another way…")
    return _("Writing…")
