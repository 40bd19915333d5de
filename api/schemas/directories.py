"""Company directories and their syncs."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema


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
