"""Questions and what people thought of the answers."""

from datetime import date
from typing import Literal

from ninja import Field, Schema

from api.strictness import Given


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
