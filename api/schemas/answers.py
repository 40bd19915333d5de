"""Answers, sentence by sentence, with their citations."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from api.schemas.places import PlaceOut


class SentenceOut(Schema):
    text: str
    prefix: str = Field(description="layout before it: white space, a list's mark")
    verdict: Literal["supported", "corrected"]
    citations: list[int]
    listed: list[int] = Field([], description="what of the answer's `listed` it tells, from 1; empty where it cites evidence")


class CitationOut(PlaceOut):
    marker: int
    chunk_id: str
    quote: str
    score: float


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


class AcceptedOut(Schema):
    conversation: UUID
    turn: UUID
