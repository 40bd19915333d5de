"""What a search found."""

from uuid import UUID

from ninja import Field, Schema

from api.schemas.places import PlaceOut


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
