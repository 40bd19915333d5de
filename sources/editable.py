"""The values of a SQL source that people may set: the one list behind its form and the audit's payloads."""

from typing import Annotated, Any, TypedDict

from accounts.editable import Mark, readable_names
from sources.models import SqlSource


class SourceValues(TypedDict, total=False):
    """`dsn`: a newly typed address; empty keeps the stored one. `dsn_variable`: NAME of ATTEST_SOURCE_DSN_NAME, instead of it."""

    name: str
    dsn_variable: str
    dsn: Annotated[str, Mark.WRITE_ONLY]
    query: str
    key_column: str
    title_template: str
    text_template: str
    interval_minutes: int


def serialize_source(source: SqlSource) -> dict[str, Any]:
    """Return every readable value, and where the database is, without who reads it."""
    return {name: getattr(source, name) for name in readable_names(SourceValues)} | {"place": source.place}
