"""List and fetch the files of SharePoint libraries and OneDrive, by Microsoft Graph's delta.

The first listing is whole, later ones tell changes and deletions. Where a folder changed (its name, its place, whom it is shared
with), what lies below is listed again, as a delta does not; where a folder was deleted, all is. An id stays over renames and moves
within a library.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sources.connectors.calling.calls import check_item_status, check_status, read_json
from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import CursorExpired, ItemUnreadable, SourceAway
from sources.connectors.graph.client import Graph, part
from sources.connectors.graph.readers import read_rights
from sources.connectors.port import Changes, Item, Rights
from sources.connectors.walking import DEEPEST

TOP = 200
PREFER = {"Prefer": "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges, deltaExcludeParent"}
HASHES = ("quickXorHash", "sha256Hash", "sha1Hash")
Found = dict[str, Any]  # a driveItem


class Drives:
    def __init__(self, *, site: str, user: str, library: str, with_rights: bool, **sign_in: str) -> None:
        self._graph = Graph(**sign_in)
        self._site, self._user, self._library, self._with_rights = site, user, library, with_rights
        self._names: dict[str, str] = {}  # of drives
        self._folders: dict[tuple[str, str], tuple[str, str]] = {}  # drive and folder: its parent's id, its name

    def close(self) -> None:
        self._graph.close()

    def check(self) -> None:
        self._find_drives()

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        drives = self._find_drives()
        state: dict[str, Any] = read_cursor(cursor, "links") if cursor else {"whole": True, "links": {}}
        if set(state["links"]) - set(drives):
            raise CursorExpired(_("A library was removed. Everything is listed again."))
        todo: list[str] = state.setdefault("todo", list(drives))
        items: tuple[Item, ...] = ()
        while todo:
            drive = todo[0]
            found = self._ask_delta(drive, state["links"].get(drive, ""))
            if not state.get("whole"):
                for items in self._below_changed(drive, found["value"]):
                    yield Changes(items=items, cursor=write_cursor(**state))
            items = self._changed(drive, found["value"])
            link = str(found.get("@odata.nextLink") or "")
            state["links"][drive] = link or str(found["@odata.deltaLink"])
            if not link:
                todo.pop(0)
            if todo:
                yield Changes(items=items, cursor=write_cursor(**state))
        is_whole = bool(state.get("whole"))
        yield Changes(items=items, cursor=write_cursor(links=state["links"]), complete=is_whole, ended=True)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        self._graph.calls.download(self._graph.address(f"{_path_of(item.id)}/content"), into, may_leave=True)

    def rights_of(self, item: Item) -> Rights | None:
        if not self._with_rights:
            return None
        response = self._graph.ask(f"{_path_of(item.id)}/permissions")
        check_item_status(response)
        return self._read_rights(read_json(response))

    def _find_drives(self) -> dict[str, str]:
        """Return the libraries to be read: id and name."""
        if self._user:
            found = [self._graph.read(f"/users/{part(self._user)}/drive")]
        else:
            parts = urlsplit(self._site)
            site = self._graph.read(f"/sites/{quote(parts.hostname or '')}:{quote(parts.path.rstrip('/') or '/')}")
            found = list(self._graph.read_all(f"/sites/{part(str(site['id']))}/drives?$select=id,name"))
        self._names = {str(one["id"]): str(one["name"]) for one in found if self._library in ("", str(one["name"]))}
        if not self._names:
            raise SourceAway(_("The site has no library %(name)s.") % {"name": self._library})
        return self._names

    def _ask_delta(self, drive: str, link: str) -> Found:
        response = self._graph.ask(link or f"/drives/{part(drive)}/root/delta?$top={TOP}", headers=PREFER)
        if link and response.status_code in (400, 404, 410):
            raise CursorExpired(_("The list of changes has expired there. Everything is listed again."))
        check_status(response)
        return dict(read_json(response))

    def _below_changed(self, drive: str, found: list[Found]) -> Iterator[tuple[Item, ...]]:
        """Yield what lies in the folders that changed. Raises: CursorExpired: one was deleted."""
        folders = [one for one in found if "folder" in one and "root" not in one]
        if any("deleted" in one for one in folders):
            raise CursorExpired(_("A folder was deleted. Everything is listed again."))
        for one in folders:
            self._learn(drive, one)
        for one in folders:
            yield from self._below(drive, str(one["id"]))

    def _changed(self, drive: str, found: list[Found]) -> tuple[Item, ...]:
        """Return the files of a page, and those that are gone."""
        for one in found:
            if "folder" in one and "deleted" not in one:
                self._learn(drive, one)
        gone = tuple(Item(id=_id(drive, one), deleted=True) for one in found if "deleted" in one and "folder" not in one)
        return (*gone, *self._items(drive, [one for one in found if "file" in one and "deleted" not in one]))

    def _below(self, drive: str, folder: str) -> Iterator[tuple[Item, ...]]:
        waiting = [folder]
        while waiting:
            path = f"/drives/{part(drive)}/items/{part(waiting.pop())}/children?$top={TOP}"
            while path:
                response = self._graph.ask(path)
                if response.status_code == 404:
                    break  # it went meanwhile; the next listing says so
                check_status(response)
                page = read_json(response)
                for one in page["value"]:
                    if "folder" in one:
                        self._learn(drive, one)
                        waiting.append(str(one["id"]))
                yield self._items(drive, [one for one in page["value"] if "file" in one])
                path = str(page.get("@odata.nextLink") or "")

    def _items(self, drive: str, found: list[Found]) -> tuple[Item, ...]:
        rights: list[Rights | None] = [None] * len(found)
        if self._with_rights:
            answers = self._graph.read_many([f"/drives/{part(drive)}/items/{part(str(one['id']))}/permissions" for one in found])
            # Who may read what is gone or closed is not told: nobody here.
            rights = [Rights() if answer is None else self._read_rights(answer) for answer in answers]
        return tuple(self._item(drive, one, readers) for one, readers in zip(found, rights, strict=True))

    def _read_rights(self, answer: Found) -> Rights:
        permissions = list(answer["value"])
        if link := str(answer.get("@odata.nextLink") or ""):
            permissions += self._graph.read_all(link)
        return read_rights(permissions)

    def _item(self, drive: str, one: Found, rights: Rights | None) -> Item:
        hashes = one["file"].get("hashes") or {}
        version = next((str(hashes[name]) for name in HASHES if hashes.get(name)), "")
        return Item(
            id=_id(drive, one),
            name=str(one["name"]),
            folders=(*self._library_of(drive), *self._path(drive, str(one["parentReference"]["id"]))),
            version=version or str(one.get("cTag", "")),
            media_type=str(one["file"].get("mimeType", "")),
            modified=parse_datetime(str(one.get("lastModifiedDateTime", ""))),
            size=one.get("size"),
            rights=rights,
            url=str(one.get("webUrl", "")),
        )

    def _library_of(self, drive: str) -> tuple[str, ...]:
        """Return the library's name, where several are read."""
        return () if self._user or self._library else (self._names[drive],)

    def _path(self, drive: str, folder: str) -> tuple[str, ...]:
        """Return the names of the folders from the library down; a delta names only what is directly above."""
        names: list[str] = []
        while folder and len(names) < DEEPEST:
            if (drive, folder) not in self._folders:
                response = self._graph.ask(f"/drives/{part(drive)}/items/{part(folder)}?$select=id,name,root,parentReference")
                if response.status_code == 404:
                    break
                check_status(response)
                self._learn(drive, read_json(response))
            folder, name = self._folders[drive, folder]
            names.append(name)
        return tuple(reversed([name for name in names if name]))

    def _learn(self, drive: str, one: Found) -> None:
        is_root = "root" in one
        above = "" if is_root else str(one.get("parentReference", {}).get("id", ""))
        self._folders[drive, str(one["id"])] = (above, "" if is_root else str(one.get("name", "")))


def _id(drive: str, one: Found) -> str:
    return f"{drive}/{one['id']}"


def _path_of(item_id: str) -> str:
    drive, slash, item = item_id.partition("/")
    if not slash:
        raise ItemUnreadable(_("It is not in a document library."))
    return f"/drives/{part(drive)}/items/{part(item)}"
