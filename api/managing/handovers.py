"""Questions for people: whoever asked hands one over, and whoever looks after its collection answers it."""

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.library import PAGE_MAX, PER_PAGE_MAX
from api.requests import ApiRequest
from api.strictness import Given
from chat.streaming.turn import find_turn
from curation.access import managed_collection, managed_handover
from curation.handover import services
from curation.handover.models import Handover

router = Router(tags=["handovers"])
ASK, READ, MANAGE = scoped(ApiKey.Scope.ASK), scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.MANAGE)
State = Literal["open", "taken", "answered", "closed"]


class HandoverIn(Given):
    note: str = Field("", description="what the people should know besides")


class ReplyIn(Given):
    text: str


class AskedOut(Schema):
    """As whoever asked sees it."""

    uid: UUID
    turn: UUID
    conversation: UUID
    question: str
    note: str
    state: State
    taken_by: str | None = Field(description="user name of who sees to it, or answered")
    reply: str = Field(description="written by a person, not checked; empty where there is none yet")
    replied_at: datetime | None
    created_at: datetime


class HandoverOut(Schema):
    uid: UUID
    collection: str | None = Field(description="null: of none, for knowledge admins")
    asker: str = Field(description="user name")
    question: str
    note: str
    state: State
    taken_by: str | None = Field(description="user name")
    reply: str
    replied_at: datetime | None
    created_at: datetime


class TranscriptOut(Schema):
    question: str
    state: str
    receipt: str
    answer: dict[str, Any] | None = Field(description="as /ask gives it, without the sentences that the caller may not read")


class HandoverWithTranscript(HandoverOut):
    transcript: list[TranscriptOut] = Field(description="the last 20 questions up to this one, the oldest first")


@router.post("/turns/{uuid:uid}/handover", response={201: AskedOut, **schemas.ERRORS}, **ASK)
def hand_over_turn(request: ApiRequest, uid: UUID, given: HandoverIn) -> Status[AskedOut]:
    """Hand over one of the caller's questions, refused or answered, to the people who manage the collection that it is about."""
    made = services.hand_over(find_turn(request.user, uid), user=request.user, note=given.note)
    return Status(201, show_asked(made))


@router.get("/turns/{uuid:uid}/handover", response={200: AskedOut, **schemas.ERRORS}, **READ)
def get_turn_handover(request: ApiRequest, uid: UUID) -> AskedOut:
    """The state of a question that the caller handed over."""
    return show_asked(_own(request, uid))


@router.delete("/turns/{uuid:uid}/handover", response={204: None, **schemas.ERRORS}, **ASK)
def withdraw_handover(request: ApiRequest, uid: UUID) -> Status[None]:
    """Withdraw a handover that has not been answered yet; it is closed."""
    services.close(_own(request, uid), user=request.user)
    return Status(204, None)


@router.get("/handovers/own", response={200: list[AskedOut], **schemas.ERRORS}, **READ)
def list_own_handovers(
    request: ApiRequest, page: int = Query(1, ge=1, le=PAGE_MAX), per_page: int = Query(50, ge=1, le=PER_PAGE_MAX)
) -> list[AskedOut]:
    """The questions that the caller handed over, newest first. A page that is not full is the last."""
    rows = Handover.objects.asked_by(request.user).select_related("turn__conversation", "taken_by")
    return [show_asked(row) for row in rows.order_by("-created_at", "-pk")[(page - 1) * per_page : page * per_page]]


@router.get("/handovers", response={200: list[HandoverOut], **schemas.ERRORS}, **MANAGE)
def list_handovers(
    request: ApiRequest,
    collection: str = "",
    state: State = "open",
    page: int = Query(1, ge=1, le=PAGE_MAX),
    per_page: int = Query(50, ge=1, le=PER_PAGE_MAX),
) -> list[HandoverOut]:
    """The questions of a collection, or of all collections that the caller manages; waiting ones oldest first, the others newest
    first. A page that is not full is the last."""
    rows = Handover.objects.manageable_by(request.user).in_state(state)
    if collection:
        rows = rows.filter(collection=managed_collection(request.user, collection))
    rows = rows.select_related("turn", "collection", "asker", "taken_by")
    return [HandoverOut(**serialize_handover(row)) for row in rows[(page - 1) * per_page : page * per_page]]


@router.get("/handovers/{uuid:uid}", response={200: HandoverWithTranscript, **schemas.ERRORS}, **MANAGE)
def get_handover(request: ApiRequest, uid: UUID) -> HandoverWithTranscript:
    """One question with what was asked and answered before it, as far as the caller may read its sources."""
    row = managed_handover(request.user, uid)
    transcript = [
        TranscriptOut(
            question=turn.question, state=turn.state, receipt=turn.receipt, answer=answer if answer.get("outcome") else None
        )
        for turn, answer in services.read_transcript(row, reader=request.user)
    ]
    return HandoverWithTranscript(**serialize_handover(row), transcript=transcript)


@router.post("/handovers/{uuid:uid}/take", response={200: HandoverOut, **schemas.ERRORS}, **MANAGE)
def take_handover(request: ApiRequest, uid: UUID) -> HandoverOut:
    """Take on a question."""
    return HandoverOut(**serialize_handover(services.take(managed_handover(request.user, uid), user=request.user)))


@router.post("/handovers/{uuid:uid}/reply", response={200: HandoverOut, **schemas.ERRORS}, **MANAGE)
def reply_to_handover(request: ApiRequest, uid: UUID, given: ReplyIn) -> HandoverOut:
    """Answer: the text appears in the asker's conversation immediately, marked as written by a person, and is sent to them by
    email."""
    return HandoverOut(
        **serialize_handover(services.reply(managed_handover(request.user, uid), user=request.user, text=given.text))
    )


@router.post("/handovers/{uuid:uid}/close", response={200: HandoverOut, **schemas.ERRORS}, **MANAGE)
def close_handover(request: ApiRequest, uid: UUID) -> HandoverOut:
    """Close it without an answer."""
    return HandoverOut(**serialize_handover(services.close(managed_handover(request.user, uid), user=request.user)))


def _own(request: ApiRequest, uid: UUID) -> Handover:
    rows = Handover.objects.select_related("turn__conversation", "taken_by")
    return get_object_or_404(rows, turn=find_turn(request.user, uid), asker=request.user)


def show_asked(row: Handover) -> AskedOut:
    return AskedOut(turn=row.turn.uid, conversation=row.turn.conversation.uid, **_common(row))


def serialize_handover(row: Handover) -> dict[str, Any]:
    collection = row.collection.slug if row.collection else None
    return {**_common(row), "collection": collection, "asker": row.asker.get_username()}


def _common(row: Handover) -> dict[str, Any]:
    return {
        "uid": row.uid,
        "question": row.turn.question,
        "note": row.note,
        "state": cast(State, row.state),
        "taken_by": row.taken_by.get_username() if row.taken_by else None,
        "reply": row.reply,
        "replied_at": row.replied_at,
        "created_at": row.created_at,
    }
