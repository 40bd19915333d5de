"""The connector of a folder: whole listings, streamed in one order, resumed after the last file of a page."""

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sources.connectors.errors import CursorExpired, ItemGone, ItemUnreadable, SourceAway
from sources.connectors.folder.posix import (
    ENTER,
    OPEN,
    READ,
    both,
    by_number,
    by_system_name,
    entries_of,
    read_acl,
    rights_from,
)
from sources.connectors.folder.walking import FILE, NOT_HERE, NOT_OURS, Found, Way, opened_root, opened_way, walk
from sources.connectors.port import Changes, Item, Principal, Rights

PAGE_ITEMS = 500
PIECE_BYTES = 1 << 20


class FolderConnector:
    """A folder. `by_name`: principals are called by the names that this machine has for them, else by their numbers."""

    def __init__(self, *, root: Path, keeps_rights: bool, by_name: bool) -> None:
        self.root, self.keeps_rights = root, keeps_rights
        self._name: Callable[[str, int], Principal] = by_system_name if by_name else by_number

    def check(self) -> None:
        """Raises: SourceAway."""
        with opened_root(self.root) as root:
            try:
                os.listdir(root)  # noqa: PTH208 - an opened folder
            except OSError as error:
                raise SourceAway(f"{self.root}: {error.strerror}") from error

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        """Pages of the whole folder; the cursor is the way to the last file that was listed. Raises: SourceAway, CursorExpired."""
        after = _read_cursor(cursor)
        with opened_root(self.root) as root:
            device = os.fstat(root).st_dev
            passing: list[Rights] = []  # who gets through the folders down to each on the way
            items: list[Item] = []
            last = after
            for found in walk(root, after=after):
                if not isinstance(found, Found):
                    way, folder = found
                    del passing[len(way) :]
                    if self.keeps_rights:
                        passing.append(both(passing[-1] if passing else OPEN, self._rights(os.fstat(folder), folder, ".", ENTER)))
                    continue
                if len(items) == PAGE_ITEMS:
                    yield Changes(items=tuple(items), cursor=json.dumps(last))
                    items = []
                rights = None
                if self.keeps_rights:
                    try:
                        rights = both(passing[-1], self._rights(found.status, found.folder, found.way[-1], READ))
                    except FileNotFoundError:
                        continue
                items.append(_item(found.way, found.status, device=device, rights=rights))
                last = found.way
            yield Changes(items=tuple(items), cursor="", complete=True, ended=True)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        """Raises: ItemGone, ItemUnreadable, SourceAway."""
        way = (*item.folders, item.name)
        with opened_root(self.root) as root:
            try:
                with opened_way(root, way) as folders:
                    opened = os.open(way[-1], FILE, dir_fd=folders[-1])
            except OSError as error:
                raise _refusal(error, way) from error
            with os.fdopen(opened, "rb", buffering=0) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or _id(way, status, device=os.fstat(root).st_dev) != item.id:
                    raise ItemGone("/".join(way))
                try:
                    while piece := file.read(PIECE_BYTES):
                        into.write(piece)
                except OSError as error:
                    if error.errno in (
                        errno.EIO,
                        errno.ESTALE,
                        errno.ETIMEDOUT,
                    ):  # of the share; the store's disk says so otherwise
                        raise SourceAway(f"{'/'.join(way)}: {error.strerror}") from error
                    raise

    def rights_of(self, item: Item) -> Rights | None:
        """Raises: ItemGone, ItemUnreadable, SourceAway."""
        if not self.keeps_rights:
            return None
        way = (*item.folders, item.name)
        with opened_root(self.root) as root:
            try:
                with opened_way(root, way) as folders:
                    rights = OPEN
                    for folder in folders:
                        rights = both(rights, self._rights(os.fstat(folder), folder, ".", ENTER))
                    status = os.stat(way[-1], dir_fd=folders[-1], follow_symlinks=False)
                    return both(rights, self._rights(status, folders[-1], way[-1], READ))
            except OSError as error:
                raise _refusal(error, way) from error

    def close(self) -> None:
        """Nothing is kept open between two calls."""

    def _rights(self, status: os.stat_result, folder: int, name: str, bit: int) -> Rights:
        return rights_from(entries_of(status, acl=read_acl(folder, name)), bit, name=self._name)


def _refusal(error: OSError, way: Way) -> Exception:
    if error.errno in NOT_HERE:
        if "?" in "".join(way):  # what takes the place of bytes that are no text
            return ItemUnreadable("Its name is not UTF-8. Rename it.")
        return ItemGone("/".join(way))
    if error.errno in NOT_OURS:
        return ItemUnreadable("Attest may not read this file.")
    return SourceAway(f"{'/'.join(way)}: {error.strerror}")


def _item(way: Way, status: os.stat_result, *, device: int, rights: Rights | None) -> Item:
    return Item(
        id=_id(way, status, device=device),
        name=way[-1],
        folders=way[:-1],
        version=f"{status.st_mtime_ns}-{status.st_size}",
        modified=datetime.fromtimestamp(status.st_mtime, UTC),
        size=status.st_size,
        rights=rights,
    )


def _id(way: Way, status: os.stat_result, *, device: int) -> str:
    """Return what stays when a file is moved: its inode, and its device where that is not the root's, whose number changes when a
    share is mounted anew. A file with several names is a file at each of them."""
    inode = f"{status.st_ino}" if status.st_dev == device else f"{status.st_dev}-{status.st_ino}"
    return inode if status.st_nlink == 1 else f"{inode}:{'/'.join(way)}"


def _read_cursor(cursor: str) -> Way:
    if not cursor:
        return ()
    try:
        return tuple(str(part) for part in json.loads(cursor))
    except (ValueError, TypeError) as error:
        raise CursorExpired("the cursor cannot be read") from error
