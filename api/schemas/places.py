"""Where a stretch of text stands."""

from ninja import Field, Schema


class CorrectionOut(Schema):
    by: str
    on: str = Field(description="YYYY-MM-DD")
    reason: str
    page_says: str = Field(description="the passage as it was read")


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
