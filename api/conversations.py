"""The conversations that answers are kept in, and the answers while they are written."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Router
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.requests import ApiRequest
from chat.conversations.readable import cut_answers
from chat.errors import sentence_for
from chat.models import Conversation, Turn
from chat.services import list_turns, stop_turn
from chat.standing import with_standing
from chat.streaming.turn import find_turn

router = Router(tags=["conversations"])
READ = scoped(ApiKey.Scope.READ)


@router.get("/conversations", response={200: list[schemas.ConversationOut], **schemas.ERRORS}, **READ)
def list_conversations(
    request: ApiRequest, limit: int = Query(50, ge=1, le=200), page: int = Query(1, ge=1, le=1_000_000)
) -> list[schemas.ConversationOut]:
    """The caller's own conversations, the newest first; `limit` on each page."""
    rows = Conversation.objects.visible_to(request.user).select_related("collection")[(page - 1) * limit : page * limit]
    return [schemas.ConversationOut(**serialize_conversation(row)) for row in rows]


@router.get("/conversations/{uuid:uid}", response={200: schemas.ConversationWithTurns, **schemas.ERRORS}, **READ)
def get_conversation(
    request: ApiRequest, uid: UUID, limit: int = Query(50, ge=1, le=200), before: int | None = Query(None, ge=0, le=2**31 - 1)
) -> schemas.ConversationWithTurns:
    """One of the caller's conversations with the newest attempt at each of its last questions, as they may read the answers now.
    `before`: the field “earlier” of the response before, for the questions before those."""
    row = find_conversation(request, str(uid))
    shown = list_turns(row, user=request.user, before=before, limit=limit)
    turns = [schemas.TurnOut(**serialize_turn(turn, answer)) for turn, answer in with_standing(shown.turns, user=request.user)]
    return schemas.ConversationWithTurns(**serialize_conversation(row), turns=turns, earlier=shown.earlier)


def find_conversation(request: ApiRequest, uid: str) -> Conversation:
    try:
        named = UUID(uid)
    except ValueError as error:
        raise Http404 from error
    return get_object_or_404(Conversation.objects.visible_to(request.user).select_related("collection"), uid=named)


def serialize_conversation(row: Conversation) -> dict[str, Any]:
    return {
        "uid": row.uid,
        "title": row.title,
        "collection": row.collection.slug if row.collection else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


@router.get("/turns/{uuid:uid}", response={200: schemas.TurnOut, **schemas.ERRORS}, **READ)
def get_turn(request: ApiRequest, uid: UUID) -> schemas.TurnOut:
    """One question of the caller's. While it is answered, `so_far` holds what was released, at most a second old."""
    turn = find_turn(request.user, uid)
    released = turn.progress.get("answer") if turn.progress else None
    answer, *so_far = cut_answers([turn.answer, *([released] if released else [])], user=request.user)
    ((_turn, answer),) = with_standing([(turn, answer)], user=request.user)
    return schemas.TurnOut(**serialize_turn(turn, answer, so_far=so_far[0] if so_far else None))


@router.post("/turns/{uuid:uid}/stop", response={200: schemas.TurnOut, **schemas.ERRORS}, **scoped(ApiKey.Scope.ASK))
def stop_answer(request: ApiRequest, uid: UUID) -> schemas.TurnOut:
    """Stop answering; what was released stays. The state is `stopped` at once; answer and receipt follow within a second."""
    stop_turn(find_turn(request.user, uid))
    return get_turn(request, uid)


def serialize_turn(turn: Turn, answer: dict[str, Any], *, so_far: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a turn; its answer only where it has a whole one."""
    error = {"code": turn.error_code, "message": sentence_for(turn.error_code)} if turn.error_code else None
    return {
        "uid": turn.uid,
        "question": turn.question,
        "rewritten": turn.rewritten,
        "state": turn.state,
        "error": error,
        "answer": answer if answer.get("outcome") else None,
        "so_far": so_far,
        "created_at": turn.created_at,
    }
