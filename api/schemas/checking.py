"""Somebody's text, checked sentence by sentence."""

from typing import Literal

from ninja import Field, Schema

from api.schemas.answers import CitationOut
from api.strictness import Given


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
