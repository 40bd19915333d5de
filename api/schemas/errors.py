"""How every error is told."""

from ninja import Field, Schema


class ErrorDetail(Schema):
    code: str = Field(description="stable, for programs")
    message: str = Field(description="for people, in their language")


class ErrorOut(Schema):
    error: ErrorDetail
    request_id: str


ERRORS = dict.fromkeys((400, 401, 403, 404, 405, 413, 415, 422, 429, 503), ErrorOut)
