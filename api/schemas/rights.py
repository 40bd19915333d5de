"""Who reads what, and who looks after it."""

from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from api.strictness import Given


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


class ChoiceIn(Given):
    model: str = Field(
        description="name of an offered model; “quotes”: none, the documents are quoted; “routes”: the installation’s"
    )


class ChoiceOut(Schema):
    model: str
    offered: list[str] = Field(description="names of the models that may be chosen")


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
