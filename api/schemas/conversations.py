"""Conversations, their turns, and what is shared of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from api.schemas.errors import ErrorDetail
from api.strictness import Given


class ConversationOut(Schema):
    uid: UUID
    title: str
    collection: str | None
    created_at: datetime
    updated_at: datetime
    pinned: bool
    archived: bool


class ConversationIn(Given):
    title: str | None = None
    pinned: bool | None = None
    archived: bool | None = None


class AttachedFileOut(Schema):
    uid: UUID
    name: str
    state: str
    ready: bool
    error: ErrorDetail | None = None
    warnings: list[str] = []


class RefusedFile(Schema):
    name: str
    error: ErrorDetail


class ConversationFiles(Schema):
    conversation: UUID
    files: list[AttachedFileOut]
    refused: list[RefusedFile] = []


class ShareOut(Schema):
    uid: UUID
    link: str
    created_at: datetime


class SharedTurnOut(Schema):
    question: str
    state: str
    answer: dict[str, Any] | None = Field(description="as /ask gives it, without the sentences that the caller may not read")


class SharedOut(Schema):
    title: str
    by: str
    turns: list[SharedTurnOut]


class TurnOut(Schema):
    uid: UUID
    question: str
    rewritten: str
    state: str
    error: ErrorDetail | None
    answer: dict[str, Any] | None = Field(
        description="as /ask gives it; sentences no longer readable are counted in “hidden”. A citation of a version that was"
        " replaced has “replaced_by” {version, at}; “deleted_sources” [{title, deleted_at}] names what was deleted since"
    )
    so_far: dict[str, Any] | None = Field(description="while it is answered: what was released, as “answer” has it")
    created_at: datetime


class ConversationWithTurns(ConversationOut):
    turns: list[TurnOut]
    earlier: int | None = Field(description="ask again with this as “before” for earlier turns; null: there are none")
