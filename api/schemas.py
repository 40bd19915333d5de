"""The schemas of requests and responses. docs/api.md shows each in an example."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from ninja import Field, Schema

from accounts.editable import Mark
from api.editable import schema_of
from api.strictness import Given
from kb.editable import CollectionValues, DocumentValues


class ErrorDetail(Schema):
    code: str = Field(description="stable, for programs")
    message: str = Field(description="for people, in their language")


class ErrorOut(Schema):
    error: ErrorDetail
    request_id: str


ERRORS = dict.fromkeys((400, 401, 403, 404, 405, 413, 415, 422, 429, 503), ErrorOut)


if TYPE_CHECKING:  # what is made when it runs has no type of its own

    class CollectionIn(Given): ...

    class CollectionChange(Given): ...

    class DocumentChange(Given): ...
else:
    CollectionIn = schema_of("CollectionIn", CollectionValues, required=["name"])
    CollectionChange = schema_of("CollectionChange", CollectionValues, without=[Mark.ONCE])
    DocumentChange = schema_of("DocumentChange", DocumentValues)
ADMIN_ONLY = (
    "groups",
    "download_groups",
    "is_listed",
    "vocabulary",
    "sufficiency_threshold",
    "expired_documents",
)  # null for everyone else


class CollectionOut(Schema):
    slug: str
    name: str
    description: str
    documents: int = Field(description="that answer now")
    suggested_questions: list[str]
    groups: list[str] | None = Field(None, description="who may read it; for knowledge admins only")
    download_groups: list[str] | None = Field(
        None, description="whose members may also download originals; for knowledge admins only"
    )
    is_listed: bool | None = Field(None, description="whether others may know of it and ask for access; for knowledge admins only")
    vocabulary: str | None = Field(None, description="for knowledge admins only")
    sufficiency_threshold: float | None = Field(None, description="null: the default; for knowledge admins only")
    expired_documents: Literal["left_out", "told"] | None = Field(
        None, description="what becomes of documents after their last valid day; for knowledge admins only"
    )


class CorrectionOut(Schema):
    by: str
    on: str = Field(description="YYYY-MM-DD")
    reason: str
    page_says: str = Field(description="the passage as it was read")


class WarningOut(Schema):
    """What was left out of a file that was read, or is to be taken with care."""

    code: str = Field(description="stable, for programs")
    message: str = Field(description="for people, in their language")
    pages: list[int] = Field([], description="physical, from 1; empty where it is of the whole file")


State = Literal["uploaded", "parsed", "chunked", "embedded", "indexed", "failed"]


class VersionOut(Schema):
    uid: UUID
    number: int
    state: State
    is_finished: bool = Field(description="neither waiting nor running")
    is_reread: bool = Field(False, description="the same bytes as the version before, read again")
    restored_from: int | None = Field(None, description="number of the earlier version whose original this is, after a roll-back")
    pages: int | None
    pages_done: int
    passages: int
    media_type: str
    size: int = Field(description="bytes")
    sha256: str
    created_at: datetime
    indexed_at: datetime | None
    error: ErrorDetail | None
    warnings: list[WarningOut] = Field(
        [], description="the warnings of its page: attachments, sheets or pictures that were not read …"
    )


class ReadingFaultOut(Schema):
    uid: UUID
    version: int
    page: int
    note: str = Field(description="what is wrong, in the reader's words")
    reported_by: str = Field(description="user name; empty where the account is gone")
    created_at: datetime


class ReadersIn(Given):
    groups: list[str] = Field([], description="names of groups")
    people: list[str] = Field([], description="user names")


class ReadersOut(Schema):
    groups: list[str]
    people: list[str]


class NarrowIn(Given):
    readers: ReadersIn | None = Field(
        description="who may read it, of those who may read what it lies in: members of these groups, and these people; null: all"
    )


class StewardIn(Given):
    role: Literal["owner", "editor"] | None = Field(description="null: neither")


class StewardOut(Schema):
    person: str = Field(description="user name")
    role: Literal["owner", "editor"]
    is_active: bool = Field(description="can sign in")


class SyncOut(Schema):
    ended_at: datetime
    outcome: Literal["done", "failed", "unavailable", "too_many_leavers", "nobody"] = Field(
        description="where it is not “done”, nothing or not everything was changed"
    )
    people: int = Field(description="that the directory has")
    made: int
    changed: int
    disabled: int
    enabled: int = Field(description="again: people who came back")
    refused: int = Field(description="left as they are: the last admin, names that are another account's")


class DirectoryOut(Schema):
    slug: str
    name: str
    connected: int = Field(description="accounts that are the directory's")
    last_sync: SyncOut | None


class DirectoriesOut(Schema):
    directories: list[DirectoryOut]


class ListedCollectionOut(Schema):
    """A collection that the caller may not read, and may ask for."""

    slug: str
    name: str
    description: str


class AccessIn(Given):
    reason: str = Field(description="why the caller needs it, for its owner; at most 500 characters")


class AccessDecision(Given):
    days: int | None = Field(description="for how many days access is granted, from 1 to 366; null: it is refused")
    answer: str = Field("", description="for the person who asked; needed where it is refused")


class AccessOut(Schema):
    id: int
    collection: str = Field(description="address")
    person: str = Field(description="user name")
    reason: str
    state: Literal["waiting", "granted", "refused", "withdrawn", "ended", "expired"]
    asked_at: datetime
    decided_at: datetime | None
    answer: str = Field(description="why it was refused or ended")
    until: datetime | None = Field(description="of a granted one")


class FolderIn(Given):
    name: str
    parent: UUID | None = Field(None, description="of the folder that it lies in; null: of none")


class FolderChange(Given):
    name: str


class FileIn(Given):
    folder: UUID | None = Field(description="of the same collection; null: none")


class FolderOut(Schema):
    uid: UUID
    name: str
    path: str = Field(description="with the folders that it lies in: “Contracts/2026”")
    parent: UUID | None
    readers: ReadersOut | None = Field(
        None, description="who may read what is in it; null: all who may read what it lies in, and for readers of the collection"
    )


class DocumentOut(Schema):
    uid: UUID
    collection: str
    name: str
    title: str
    folder: UUID | None = Field(None, description="that it lies in")
    origin: str = Field("", description="where its source has it: “Share › Finance › 2026”; empty where it was uploaded")
    original_url: str = Field("", description="of the original at its source, if it has one")
    readers: ReadersOut | None = Field(
        None, description="who may read it, where it is narrowed; for those who may change the collection alone"
    )
    state: str = Field(description="of the newest version that the caller may see")
    answers: int | None = Field(description="number of the version that answers now; null until the first is indexed")
    created_at: datetime
    tags: list[str] = Field([], description="names")
    owner: str | None = Field(None, description="user name of who answers for what it says")
    valid_from: date | None = Field(None, description="the first day on which answers may use it")
    expires_on: date | None = Field(None, description="the last day on which it holds, in the installation's time zone")
    review_by: date | None = Field(None, description="by when it is to be looked through again")
    in_force: bool = Field(True, description="its first valid day has come, and its last is not over")
    version: VersionOut | None
    warnings: list[WarningOut] = Field([], description="of the version that answers; of `version` until one does")
    reading_faults: list[ReadingFaultOut] = Field(
        [], description="open reports of misread pages, for those who may change the collection; empty for everyone else"
    )


class DocumentPage(Schema):
    items: list[DocumentOut]
    count: int
    page: int
    pages: int


class TagOut(Schema):
    uid: UUID
    name: str
    documents: int = Field(description="that the caller sees and that have it")


class TagChange(Given):
    name: str | None = Field(None, description="its new name")
    into: UUID | None = Field(None, description="of the tag that takes its place: the two are merged")


class ReviewedIn(Given):
    review_by: date | None = Field(description="by when it is to be looked through again; null: not again")


class BulkFilter(Given):
    """What /collections/{slug}/documents takes, all parts together."""

    q: str = ""
    state: str = ""
    tag: str = ""
    owner: str = ""
    folder: UUID | None = None


class BulkIn(Given):
    action: Literal["move", "file", "delete", "retry", "reread", "tag", "untag", "narrow", "owner", "days"]
    documents: list[UUID] | None = Field(None, description="uids; either these or `filter`", max_length=50_000)
    filter: BulkFilter | None = Field(None, description="all documents of the collection that it finds; {}: all")
    to: str | None = Field(None, description="of “move”: address of the target collection")
    folder: UUID | None = Field(None, description="of “file”: of the same collection; null: none")
    tags: list[str] | None = Field(None, description="of “tag” and “untag”: names")
    owner: str | None = Field(None, description="of “owner”: user name; null: nobody")
    readers: ReadersIn | None = Field(None, description="of “narrow”: who may read them; null: all who may read what they lie in")
    valid_from: date | None = Field(None, description="of “days”: what is not sent stays, null takes it away")
    expires_on: date | None = None
    review_by: date | None = None


class BulkFailure(Schema):
    document: UUID
    name: str
    error: ErrorDetail


class BulkOut(Schema):
    uid: UUID
    action: str
    state: Literal["waiting", "running", "done"]
    asked_at: datetime
    ended_at: datetime | None
    total: int
    done: int
    failed: int
    failures: list[BulkFailure] = Field(description="a page of them")


class PassageChangeIn(Given):
    kind: Literal["off", "corrected"]
    reason: str
    text: str = Field("", description="of a corrected one: what is to be read in its place")


class ChunkOut(Schema):
    ordinal: int = Field(description="of the passage within the version, from 0")
    page: int
    start: int = Field(description="characters into the page's text")
    end: int
    heading_path: list[str]
    text: str = Field(description="as it is searched and quoted")
    is_off: bool
    change: UUID | None = Field(None, description="to take it back: DELETE /passage-changes/{uid}")
    correction: CorrectionOut | None = Field(None, description="of a corrected one")


class MoveIn(Given):
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


class QuestionIn(Given):
    question: str
    collection: str | None = Field(None, description="address of one collection; else all that the caller may read")
    conversation: str | None = Field(None, description="a conversation to go on with, “new” to begin one; else none is kept")
    collections: list[str] = Field([], description="addresses of several collections, in place of one")
    document: str | None = Field(None, description="number (uid) of the one document to ask")
    kinds: list[Literal["pdf", "word", "spreadsheet", "slides", "mail", "web"]] = Field([], description="kinds of files; else all")
    tags: list[str] = Field([], description="names; of documents that have one of these tags")
    since: date | None = Field(None, description="of documents whose current version was uploaded on this day or later")
    until: date | None = Field(None, description="or on this day or earlier")


class FeedbackIn(Given):
    receipt: str = Field(description="of an answer that the caller was given")
    rating: Literal["helpful", "unhelpful", ""] = Field(description="empty: take it back")
    reason: Literal["wrong_source", "out_of_date", "incomplete", "not_my_question", ""] = Field(
        "", description="of an unhelpful one"
    )
    comment: str = ""


class FeedbackOut(Schema):
    receipt: str
    rating: Literal["helpful", "unhelpful", ""]
    reason: str
    comment: str


class SentenceOut(Schema):
    text: str
    prefix: str = Field(description="layout before it: white space, a list's mark")
    verdict: Literal["supported", "corrected"]
    citations: list[int]
    listed: list[int] = Field([], description="what of the answer's `listed` it tells, from 1; empty where it cites evidence")


class PlaceOut(Schema):
    document: str
    document_uid: str = Field(json_schema_extra={"format": "uuid"})
    title: str
    version: int
    version_uid: str = Field(json_schema_extra={"format": "uuid"})
    page: int | None
    page_number: int
    page_label: str
    start: int = Field(description="characters into the page's text")
    end: int
    origin: str = Field("", description="where its source has it: “Share › Finance › 2026”; empty where it was uploaded")
    original_url: str = Field("", description="of the original at its source, if it has one")
    expired_on: str = Field("", description="last valid day of the document (YYYY-MM-DD), where it is over; else empty")
    correction: CorrectionOut | None = Field(None, description="of the passage, by those who run the collection")


class CitationOut(PlaceOut):
    marker: int
    chunk_id: str
    quote: str
    score: float


class CheckIn(Given):
    text: str = Field(description="of anybody, in English or Chinese; it is cut into sentences")
    passages: list[str] | None = Field(None, description="what it is checked against; either these or `collection`")
    collection: str | None = Field(None, description="address of a collection whose documents it is checked against")
    question: str | None = Field(None, description="that the text answers, where there is one")


class QuoteOut(Schema):
    citation: int = Field(description="as in `citations` of the sentence")
    quote: str
    start: int = Field(description="characters into the passage; into the page's text where a collection was named")
    end: int


class CheckedSentenceOut(Schema):
    text: str
    start: int = Field(description="characters (code points) into the text that was sent")
    end: int
    verdict: Literal["supported", "corrected", "withheld", "framing"]
    reason: str = Field(description="why, for programs; empty where it is supported")
    score: float = Field(description="estimated probability that the evidence tells it, from 0 to 1")
    citations: list[int] = Field(description="numbers of passages, from 1; where a collection was named, of `citations` below")
    quotes: list[QuoteOut] = Field(description="the words that carry the sentence")


class CheckOut(Schema):
    sentences: list[CheckedSentenceOut] = Field(description="in the order of the text")
    citations: list[CitationOut] = Field(description="places in the collection's documents; empty where passages were sent")
    receipt: str = Field(description="number of the event in the audit")
    timings_ms: dict[str, float]


class ListedOut(Schema):
    """What an answer from the library names."""

    kind: Literal["document", "collection"]
    title: str
    collection: str = Field(description="address")
    document: str = Field(description="its name; empty for a collection")
    document_uid: str
    version: int | None
    version_uid: str
    uploaded_at: str = Field(description="of that version; empty for a collection")
    documents: int | None = Field(description="of a collection: how many answer")


class UsageOut(Schema):
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = Field(description="of the prompt, found in the server's prefix cache")


class ApprovedOut(Schema):
    by: str = Field(description="user name")
    at: datetime
    question: str = Field(description="that it was approved for; the one asked means the same")


class AnswerOut(Schema):
    outcome: Literal["answered", "refused", "chat"] = Field(description="chat: no question, and nothing was searched")
    origin: Literal["quoted", "computed", "approved", "library", "written", ""] = Field(
        "", description="how the answer came; empty where none was given"
    )
    answer: str = Field(description="empty where it is refused")
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    listed: list[ListedOut] = Field([], description="of an answer from the library: what it names")
    nearest: list[PlaceOut]
    model: str
    approved: ApprovedOut | None = Field(None, description="who approved it for a question that means the same, and when")
    fallback: str
    cached: bool = False  # what the model wrote for the same question and evidence before; checked anew
    normalized_question: str = Field("", description="the question in the documents' own words, where a vocabulary made it another")
    understood_as: str = Field("", description="a follow-up as the question that was searched; empty where it stands alone")
    reason: str = Field(description="why it was refused: stable, for programs")
    message: str = Field("", description="the same for people, in the language of the question; to small talk, the reply")
    hint: str = Field("", description="of a refusal: what the reader may try")
    instead: str = Field("", description="of a refusal: what was found instead, and why it does not fit")
    owners: list[str] = Field([], description="of a refusal: who owns the collection of the nearest source, to be asked")
    question_back: str = Field("", description="what is asked back, with “choices” to choose from")
    choices: list[str] = Field(
        [], description="questions that would be answered: which of several is meant, or like the refused one"
    )
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
    pinned: bool
    archived: bool


class ConversationIn(Given):
    title: str | None = None
    pinned: bool | None = None
    archived: bool | None = None


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


class AcceptedOut(Schema):
    conversation: UUID
    turn: UUID


class ConversationWithTurns(ConversationOut):
    turns: list[TurnOut]
    earlier: int | None = Field(description="ask again with this as “before” for earlier turns; null: there are none")


class PassageOut(PlaceOut):
    chunk_id: str
    collection: str
    heading_path: list[str]
    text: str
    score: float
    rank: int
    scores: dict[str, float | None]


class FoundDocumentOut(Schema):
    uid: UUID
    title: str
    name: str
    collection: str
    named: bool = Field(description="its name holds all of the words")
    passage: str | None = Field(description="the nearest one; null: the name alone was found")
    place: PlaceOut | None


class SearchOut(Schema):
    passages: list[PassageOut]
    dense_abstained: bool
