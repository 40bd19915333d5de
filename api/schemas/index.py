"""The index and its editions."""

from datetime import datetime

from ninja import Field, Schema


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
