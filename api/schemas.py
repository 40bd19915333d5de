"""The shapes that travel: what programs send, and what they get. docs/api.md shows each in an example."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema


class ErrorDetail(Schema):
    code: str = Field(description="stable, for programs")
    message: str = Field(description="for people, in their language")


class ErrorOut(Schema):
    error: ErrorDetail
    request_id: str


ERRORS = dict.fromkeys((400, 401, 403, 404, 422, 429, 503), ErrorOut)


class CollectionIn(Schema):
    name: str
    slug: str = Field("", description="part of addresses; made from the name where empty")
    description: str = ""
    groups: list[str] = Field([], description="names of the groups that may read it")
    suggested_questions: list[str] = []


class CollectionChange(Schema):
    name: str | None = None
    description: str | None = None
    groups: list[str] | None = None
    suggested_questions: list[str] | None = None


class CollectionOut(Schema):
    slug: str
    name: str
    description: str
    documents: int = Field(description="that answer now")
    suggested_questions: list[str]
    groups: list[str] | None = Field(None, description="who may read it; told to knowledge admins alone")


class VersionOut(Schema):
    uid: UUID
    number: int
    state: Literal["uploaded", "parsed", "chunked", "embedded", "indexed", "failed"]
    is_finished: bool = Field(description="neither waiting nor running")
    is_reread: bool = Field(False, description="the same bytes as the version before, read again")
    pages: int | None
    pages_done: int
    passages: int
    media_type: str
    size: int = Field(description="bytes")
    sha256: str
    created_at: datetime
    indexed_at: datetime | None
    error: ErrorDetail | None


class DocumentOut(Schema):
    uid: UUID
    collection: str
    name: str
    title: str
    state: str = Field(description="of the newest version that the caller may see")
    answers: int | None = Field(description="number of the version that answers now; null until the first is indexed")
    created_at: datetime
    version: VersionOut | None


class DocumentPage(Schema):
    items: list[DocumentOut]
    count: int
    page: int
    pages: int


class MoveIn(Schema):
    collection: str = Field(description="address of the collection that it is to go to")


class EditionOut(Schema):
    number: int
    encoder: str = Field(description="fingerprint of the model; empty before the first document")
    cutting: int = Field(description="number of the way in which documents are cut into passages")
    created_at: datetime | None
    served_at: datetime | None = Field(description="since when it answers")


class IndexOut(Schema):
    serving: EditionOut
    building: EditionOut | None = Field(description="what is made beside it, and takes its place when it is whole")
    is_paused: bool
    documents: int | None = Field(description="that the one being built has to hold")
    done: int | None
    failed: int | None


class UploadOut(Schema):
    name: str
    outcome: Literal["new", "new_version", "unchanged", "refused"]
    document: UUID | None = None
    version: int | None = None
    state: str | None = None
    error: ErrorDetail | None = None


class SourceOut(Schema):
    document: UUID
    title: str
    version: int
    page: int
    label: str
    pages: int
    text: str


class QuestionIn(Schema):
    question: str
    collection: str | None = Field(None, description="address of one collection; else all that the caller may read")
    conversation: str | None = Field(None, description="a conversation to go on with, “new” to begin one; else none is kept")


class FeedbackIn(Schema):
    receipt: str = Field(description="of an answer that the caller was given")
    rating: Literal["helpful", "unhelpful", ""] = Field(description="empty: take it back")
    comment: str = ""


class FeedbackOut(FeedbackIn):
    pass


class SentenceOut(Schema):
    text: str
    prefix: str = Field(description="layout before it: white space, a list's mark")
    verdict: Literal["supported", "corrected"]
    citations: list[int]


class PlaceOut(Schema):
    document: str
    document_uid: str
    title: str
    version: int
    version_uid: str
    page: int | None
    page_number: int
    page_label: str
    start: int = Field(description="characters into the page's text")
    end: int


class CitationOut(PlaceOut):
    marker: int
    chunk_id: str
    quote: str
    score: float


class UsageOut(Schema):
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = Field(description="of the prompt, found in the server's prefix cache")


class AnswerOut(Schema):
    outcome: Literal["answered", "refused"]
    answer: str
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    nearest: list[PlaceOut]
    model: str
    fallback: str
    cached: bool = False  # what the model wrote for the same question and evidence before; checked anew
    read_as: str = Field("", description="the question in the documents' own words, where a vocabulary made it another")
    reason: str
    withheld: int
    sufficiency: float | None
    usage: UsageOut | None = Field(description="as the model's server counted; null where no model wrote the answer")
    receipt: str
    timings_ms: dict[str, float]
    conversation: str | None = None
    turn: str | None = None


class ConversationOut(Schema):
    uid: UUID
    title: str
    collection: str | None
    created_at: datetime
    updated_at: datetime


class TurnOut(Schema):
    uid: UUID
    question: str
    rewritten: str
    state: str
    error: ErrorDetail | None
    answer: dict[str, Any] | None = Field(description="as /ask gives it; sentences no longer readable are counted in “hidden”")
    created_at: datetime


class ConversationWithTurns(ConversationOut):
    turns: list[TurnOut]


class PassageOut(Schema):
    chunk_id: str
    collection: str
    document: str
    document_uid: UUID
    title: str
    version: int
    version_uid: UUID
    page: int | None
    page_number: int
    page_label: str
    heading_path: list[str]
    text: str
    start: int
    end: int
    score: float
    rank: int
    scores: dict[str, float | None]


class SearchOut(Schema):
    passages: list[PassageOut]
    dense_abstained: bool
    index_generation: int
