"""List and fetch the files of a Windows share (SMB 2 and 3), with who may read each by its access list.

A file's id is the one that the file system keeps over renames; where it tells none, or tells one twice, the path. Its version is
size and time of writing. Not read: the rights of the share itself, which Windows tells administrators only, and folders that are
links to elsewhere.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _
from smbprotocol.exceptions import AccessDenied, SMBException, SMBResponseException

from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import SourceAway
from sources.connectors.port import Changes, Item, Rights
from sources.connectors.smb.connecting import Share, translated
from sources.connectors.smb.descriptor import read_rights
from sources.connectors.smb.files import (
    GONE,
    Entry,
    join,
    list_folder,
    read_descriptor,
    read_descriptors,
    read_file,
)
from sources.connectors.smb.names import Names
from sources.connectors.walking import Folder, Path, Place, walk

AHEAD = 256  # files whose rights are asked for together
LEFT_OUT = ("thumbs.db", "desktop.ini", ".ds_store")


class WindowsShare:
    def __init__(
        self, *, host: str, port: int, share: str, folder: str, username: str, password: str, encrypt: bool, with_rights: bool
    ) -> None:
        self._sign_in = {"host": host, "port": port, "share": share, "username": username, "password": password, "encrypt": encrypt}
        self._host, self._label = host, f"{host}/{share}"
        self._root = tuple(part for part in folder.replace("\\", "/").split("/") if part)
        self._with_rights = with_rights
        self._opened: Share | None = None
        self._known_names: Names | None = None
        self._files: list[str] = []  # of the folder that was opened last, by name
        self._ahead: dict[str, bytes | SMBResponseException] = {}

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def check(self) -> None:
        with translated(self._host):
            try:
                next(list_folder(self._share.tree, self._path(())), None)
            except GONE as error:
                raise SourceAway(_("The share has no folder %(name)s.") % {"name": "/".join(self._root)}) from error

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        place = Place.read(read_cursor(cursor, "place")["place"]) if cursor else None
        seen: set[int] = set()
        self.check()
        with translated(self._host):
            for page in walk(self._open, lambda path, entry: self._item(path, entry, seen), place):
                cursor = "" if page.is_last or page.place is None else write_cursor(place=page.place.write())
                yield Changes(items=page.items, cursor=cursor, complete=page.is_last, ended=page.is_last)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        for content in self._read((*item.folders, item.name)):
            into.write(content)  # what goes wrong here is not the source's

    def _read(self, path: Path) -> Iterator[bytes]:
        with translated(self._host):
            yield from read_file(self._share.tree, self._path(path))

    def rights_of(self, item: Item) -> Rights | None:
        if not self._with_rights:
            return None
        with translated(self._host):
            return read_rights(read_descriptor(self._share.tree, self._path((*item.folders, item.name))), self._names)

    @property
    def _share(self) -> Share:
        if self._opened is None:
            self._opened = Share(**self._sign_in)  # type: ignore[arg-type]  # each has its own type
        return self._opened

    @property
    def _names(self) -> Names:
        if self._known_names is None:
            try:
                pipes = self._share.pipes()
            except SMBException:
                pipes = None
            self._known_names = Names(pipes)
        return self._known_names

    def _open(self, path: Path) -> Folder[Entry]:
        files: list[Entry] = []
        names: list[str] = []
        try:
            for entry in list_folder(self._share.tree, self._path(path)):
                if entry.is_folder and not entry.is_link:
                    names.append(entry.name)
                elif not entry.is_folder and not entry.name.startswith("~$") and entry.name.lower() not in LEFT_OUT:
                    files.append(entry)
        except (*GONE, AccessDenied):
            if not path:
                raise
            return Folder(files=[], folders=[])  # it was deleted, or closed to this account, since its parent was read
        files.sort(key=lambda entry: entry.name)
        self._files, self._ahead = [entry.name for entry in files], {}
        return Folder(files=files, folders=names)

    def _item(self, path: Path, entry: Entry, seen: set[int]) -> Item | None:
        where = (*path, entry.name)
        rights = self._rights(path, entry.name) if self._with_rights else None
        if self._with_rights and rights is None:
            return None  # it went meanwhile
        is_known = entry.file_id == 0 or entry.file_id in seen
        seen.add(entry.file_id)
        return Item(
            id="/".join(where) if is_known else f"#{entry.file_id:x}",
            name=entry.name,
            folders=path,
            version=f"{entry.size}-{entry.modified.timestamp():.6f}",
            modified=entry.modified,
            size=entry.size,
            rights=rights,
        )

    def _rights(self, path: Path, name: str) -> Rights | None:
        """Return who may read a file of the folder that was opened last, None where it is gone; more are asked for at once."""
        if name not in self._ahead:
            place = bisect_left(self._files, name)
            names = self._files[place : place + AHEAD]
            found = read_descriptors(self._share.tree, [self._path((*path, one)) for one in names])
            self._ahead = dict(zip(names, found, strict=True))
        found_one = self._ahead[name]
        if isinstance(found_one, GONE):
            return None
        if isinstance(found_one, SMBResponseException):
            return Rights()  # an item whose readers nobody tells is nobody's
        try:
            return read_rights(found_one, self._names)
        except ValueError:
            return Rights()

    def _path(self, path: Path) -> str:
        return join(*self._root, *path)
