"""The conversations that answers are kept in, and the answers while they are written."""

from typing import Any, Literal
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.params.functions import Query

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.errors import RequestInvalid
from api.library import FILES_BODY
from api.requests import ApiRequest
from chat.conversations.arranging import archive_conversation, delete_conversation, pin_conversation, rename_conversation
from chat.conversations.exporting.export import export_conversation
from chat.conversations.files import attach_files, files_of, remove_file
from chat.conversations.readable import cut_answers
from chat.conversations.searching import find_conversations
from chat.conversations.sharing import open_share, revoke_share, share_conversation
from chat.conversations.standing import with_standing
from chat.errors import sentence_for
from chat.models import Conversation, SharedConversation, Turn
from chat.services import list_turns, stop_turn
from chat.streaming.turn import find_turn
from ingest.errors import message_for, warning_for
from ingest.upload import receive_files

router = Router(tags=["conversations"])
READ, ASK = scoped(ApiKey.Scope.READ), scoped(ApiKey.Scope.ASK)
ATTACH = {**ASK, "openapi_extra": {**ASK["openapi_extra"], "requestBody": FILES_BODY}}


@router.get("/conversations", response={200: list[schemas.ConversationOut], **schemas.ERRORS}, **READ)
def list_conversations(
    request: ApiRequest,
    limit: int = Query(50, ge=1, le=200),
    page: int = Query(1, ge=1, le=1_000_000),
    q: str = "",
    archived: bool = False,
) -> list[schemas.ConversationOut]:
    """The caller's own conversations: pinned ones first, then the newest; `limit` per page. `archived`: the archived ones. `q`: at
    most `limit` conversations whose titles, questions or answers contain all of these words, archived or not."""
    mine = Conversation.objects.visible_to(request.user).select_related("collection")
    if q.strip():
        found = find_conversations(request.user, q, limit=limit)
        return [schemas.ConversationOut(**serialize_conversation(one.conversation)) for one in found]
    rows = (mine.archived() if archived else mine.kept())[(page - 1) * limit : page * limit]
    return [schemas.ConversationOut(**serialize_conversation(row)) for row in rows]


@router.patch("/conversations/{uuid:uid}", response={200: schemas.ConversationOut, **schemas.ERRORS}, **ASK)
def change_conversation(request: ApiRequest, uid: UUID, given: schemas.ConversationIn) -> schemas.ConversationOut:
    """Rename, pin or archive one of the caller's conversations; fields that are not sent stay unchanged."""
    row = find_conversation(request, str(uid))
    if given.title is not None:
        rename_conversation(row, title=given.title)
    if given.archived is not None:
        archive_conversation(row, is_archived=given.archived)
    if given.pinned is not None:
        pin_conversation(row, is_pinned=given.pinned)
    return schemas.ConversationOut(**serialize_conversation(row))


@router.delete("/conversations/{uuid:uid}", response={204: None, **schemas.ERRORS}, **ASK)
def remove_conversation(request: ApiRequest, uid: UUID) -> Status[None]:
    """Delete one of the caller's conversations with its questions and links. The receipts stay in the audit."""
    delete_conversation(find_conversation(request, str(uid)))
    return Status(204, None)


@router.get("/conversations/{uuid:uid}/files", response={200: schemas.ConversationFiles, **schemas.ERRORS}, **READ)
def list_files(request: ApiRequest, uid: UUID) -> schemas.ConversationFiles:
    """What is attached to one of the caller's conversations. `ready`: it can be asked about."""
    return _files_out(find_conversation(request, str(uid)))


@router.post("/conversations/files", response={202: schemas.ConversationFiles, **schemas.ERRORS}, **ATTACH)
def begin_with_files(request: ApiRequest) -> Status[schemas.ConversationFiles]:
    """Begin a conversation with files: its questions are asked of them. Nobody else reads them, and they go with it."""
    return Status(202, _attach(request, None))


@router.post("/conversations/{uuid:uid}/files", response={202: schemas.ConversationFiles, **schemas.ERRORS}, **ATTACH)
def attach_to_conversation(request: ApiRequest, uid: UUID) -> Status[schemas.ConversationFiles]:
    """Attach files to one of the caller's conversations. Each is kept or refused by itself; an error where all are."""
    return Status(202, _attach(request, find_conversation(request, str(uid))))


@router.delete("/conversations/{uuid:uid}/files/{uuid:file}", response={204: None, **schemas.ERRORS}, **ASK)
def remove_attached(request: ApiRequest, uid: UUID, file: UUID) -> Status[None]:
    """Take a file out of one of the caller's conversations; what was said from it is hidden."""
    remove_file(find_conversation(request, str(uid)), file, user=request.user)
    return Status(204, None)


def _attach(request: ApiRequest, conversation: Conversation | None) -> schemas.ConversationFiles:
    with receive_files(request, is_checked=True) as received:
        files = received.getlist("files")
        if not files:
            raise RequestInvalid(_("files: send one or more files as multipart/form-data in the field “files”."))
        conversation, refused = attach_files(files, user=request.user, conversation=conversation)
    if conversation is None or len(refused) == len(files):
        raise refused[0].reason
    told = _files_out(conversation)
    told.refused = [
        schemas.RefusedFile(name=one.name, error=schemas.ErrorDetail(code=one.reason.code, message=one.reason.message))
        for one in refused
    ]
    return told


def _files_out(conversation: Conversation) -> schemas.ConversationFiles:
    files = [
        schemas.AttachedFileOut(
            uid=one.document.uid,
            name=one.document.name,
            state=one.version.status,
            ready=one.can_be_asked,
            error=schemas.ErrorDetail(code=one.version.error_code, message=message_for(one.version.error_code))
            if one.version.error_code
            else None,
            warnings=[warning_for(row) for row in one.version.warnings],
        )
        for one in files_of(conversation)
    ]
    return schemas.ConversationFiles(conversation=conversation.uid, files=files)


@router.post("/conversations/{uuid:uid}/share", response={200: schemas.ShareOut, **schemas.ERRORS}, **ASK)
def share(request: ApiRequest, uid: UUID) -> schemas.ShareOut:
    """Share the conversation as it is now, by a link for people who sign in. Called again, the same link also includes what was
    asked since. Each reader sees the sentences whose sources they may read at that moment."""
    given = share_conversation(find_conversation(request, str(uid)), user=request.user)
    link = request.build_absolute_uri(reverse("chat:shared", args=[given.uid]))
    return schemas.ShareOut(uid=given.uid, link=link, created_at=given.created_at)


@router.delete("/conversations/{uuid:uid}/share", response={204: None, **schemas.ERRORS}, **ASK)
def unshare(request: ApiRequest, uid: UUID) -> Status[None]:
    """Revoke the link, if there is one."""
    revoke_share(find_conversation(request, str(uid)), user=request.user)
    return Status(204, None)


@router.get("/shared/{uuid:uid}", response={200: schemas.SharedOut, **schemas.ERRORS}, **READ)
def get_shared(request: ApiRequest, uid: UUID) -> schemas.SharedOut:
    """A conversation that somebody shares, by the ID in its link, as far as the caller may read its sources."""
    found = SharedConversation.objects.open_to(request.user).select_related("conversation__user", "conversation__collection")
    given = get_object_or_404(found, uid=uid)
    turns = [
        schemas.SharedTurnOut(question=turn.question, state=turn.state, answer=answer if answer.get("outcome") else None)
        for turn, answer in open_share(given, reader=request.user)
    ]
    owner = given.conversation.user
    return schemas.SharedOut(title=given.conversation.title, by=owner.get_full_name() or owner.username, turns=turns)


@router.get("/conversations/{uuid:uid}/export", response={200: bytes, **schemas.ERRORS}, **READ)
def export(request: ApiRequest, uid: UUID, format: Literal["md", "docx", "pdf"] = "md") -> HttpResponse:
    """One of the caller's conversations as a file with footnotes: Markdown, Word or PDF."""
    base = request.build_absolute_uri("/").rstrip("/")
    made = export_conversation(find_conversation(request, str(uid)), kind=format, user=request.user, base=base)
    return HttpResponse(made.data, content_type=made.media_type, headers={"Content-Disposition": made.disposition})


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
        "pinned": row.pinned_at is not None,
        "archived": row.archived_at is not None,
    }


@router.get("/turns/{uuid:uid}", response={200: schemas.TurnOut, **schemas.ERRORS}, **READ)
def get_turn(request: ApiRequest, uid: UUID) -> schemas.TurnOut:
    """One question of the caller's. While it is answered, `so_far` holds what was released, at most a second old."""
    turn = find_turn(request.user, uid)
    released = turn.progress.get("answer") if turn.progress else None
    answer, *so_far = cut_answers([turn.answer, *([released] if released else [])], user=request.user)
    ((_turn, answer),) = with_standing([(turn, answer)], user=request.user)
    return schemas.TurnOut(**serialize_turn(turn, answer, so_far=so_far[0] if so_far else None))


@router.post("/turns/{uuid:uid}/stop", response={200: schemas.TurnOut, **schemas.ERRORS}, **ASK)
def stop_answer(request: ApiRequest, uid: UUID) -> schemas.TurnOut:
    """Stop answering; what was released is kept. The state is `stopped` immediately; answer and receipt follow within a second."""
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
