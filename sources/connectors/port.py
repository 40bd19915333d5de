"""What a source of documents must be able to do, whatever it is: the one port between a connector and what keeps it in step.

A connector is a folder below `sources/connectors/` (or a package of somebody else's, by entry point) that declares a `Manifest`. It
knows how to list what changed and how to fetch one item; schedule, cursors, back-off, limits, deletion, rights here, history and
pages are shared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise  # of gettext_lazy; only the stubs name it

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True, order=True)
class Principal:
    """Somebody as the source names them. `kind` is "person", "group" or "everyone" (then `id` is empty).

    `id` is what stays when names change: a mail address, a SID, a uid as text, an id of the directory. `name` is for people.
    """

    kind: str
    id: str = ""
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may read an item there. Deny wins. Who matches nobody here reads nothing here."""

    allow: frozenset[Principal] = frozenset()
    deny: frozenset[Principal] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document as the source lists it; no bytes yet.

    `id` stays over renames and moves where the source can tell (an inode, an object's id), else it is the path. `version` changes
    exactly when the bytes do (ETag, hash, or size and time). `folders` are the names from the top down, for people ("Finance",
    "2026"). `rights` None: the source knows none, so those of the collection count. `deleted`: it is gone; only `id` counts then.
    """

    id: str
    name: str = ""
    folders: tuple[str, ...] = ()
    version: str = ""
    media_type: str = ""
    modified: datetime | None = None
    size: int | None = None  # bytes
    rights: Rights | None = None
    url: str = ""  # where people open the original; empty: nowhere
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """One page of a listing. `cursor` resumes after this page, also after kill -9.

    `complete`: this is the last page of a *whole* listing, so what was not listed since it began is gone. An incremental listing
    never sets it and names deletions by `Item.deleted`.
    """

    items: tuple[Item, ...]
    cursor: str
    complete: bool = False
    ended: bool = False  # nothing more for now


class Connector(Protocol):
    """An opened source. Used by one thread; closed by `close`. Errors: `sources.connectors.errors`."""

    def check(self) -> None:
        """Whether address and credentials serve; raises what is wrong in plain words."""

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        """Pages since `cursor`, "" for all. Streams: never holds all items. A cursor the source has forgotten: `CursorExpired`."""

    def fetch(self, item: Item, into: BinaryIO) -> None:
        """Write the bytes of `item`. `ItemGone`: it was deleted meanwhile. `ItemUnreadable`: this one alone cannot be had."""

    def rights_of(self, item: Item) -> Rights | None:
        """Who may read it right now, asked at the source; what the last listing said where the source cannot tell so cheaply."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One field of the form "where". `secret` values are sealed, or named by an environment variable."""

    name: str
    label: "str | StrPromise"  # translatable (gettext_lazy)
    help: "str | StrPromise" = ""
    required: bool = True
    secret: bool = False
    kind: str = "text"  # text, address, number, choice, yes_no
    choices: "tuple[tuple[str, str | StrPromise], ...]" = ()
    default: str = ""


class Opener(Protocol):
    def __call__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> Connector: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a connector says of itself; registered by the entry point group `attest.connectors`, own ones by the registry."""

    kind: str  # "folder", "smb", "webdav", …: never changes, stored in rows
    label: "str | StrPromise"  # translatable
    description: "str | StrPromise"
    settings: tuple[Setting, ...]
    open: Opener
    has_rights: bool  # whether listings carry rights of the source
    reuses_ids: bool = False  # an id may come back for another thing (inodes): one that moved and changed at once is taken for new
    principals: str = ""  # what its principals are, for the page that maps them: "mail", "sid", "posix", …
