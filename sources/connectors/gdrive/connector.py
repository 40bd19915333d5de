"""List and fetch the files of Google Drive, by its API v3.

The first listing is whole, later ones read the feed of changes. Where a folder changed, what lies below is listed again; where one
went to the bin, all is. Google's documents, tables and slides come as Office files; their version is when they were last changed,
that of other files the hash of their bytes.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

import httpx
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sources.connectors.calling.addresses import check_url, service_rules
from sources.connectors.calling.calls import (
    DOWNLOAD_TIME_S,
    USUAL_WAIT_S,
    Calls,
    check_item_status,
    check_size,
    check_status,
    read_json,
)
from sources.connectors.calling.tokens import Bearer
from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import CursorExpired, Throttled
from sources.connectors.gdrive.readers import FIELDS, read_rights
from sources.connectors.gdrive.signing import KNOWN, ServiceKey, TokenDesk
from sources.connectors.port import Changes, Item, Rights
from sources.connectors.walking import DEEPEST

FOLDER = "application/vnd.google-apps.folder"
OFFICE = "application/vnd.openxmlformats-officedocument"
EXPORTED = {
    "application/vnd.google-apps.document": (f"{OFFICE}.wordprocessingml.document", ".docx"),
    "application/vnd.google-apps.spreadsheet": (f"{OFFICE}.spreadsheetml.sheet", ".xlsx"),
    "application/vnd.google-apps.presentation": (f"{OFFICE}.presentationml.presentation", ".pptx"),
}
FILE = f"id,name,mimeType,md5Checksum,size,modifiedTime,webViewLink,parents,trashed,permissions({FIELDS})"
Found = dict[str, Any]  # a file as the API gives it


class GoogleDrive:
    def __init__(self, *, api: str, key: ServiceKey, subject: str, drive: str, folder: str, with_rights: bool) -> None:
        self._api = check_url(api).rstrip("/")
        self._drive, self._folder, self._with_rights = drive, folder, with_rights
        self._desk = TokenDesk(key, subject)
        bearer = Bearer(self._desk.ask)
        self._calls = Calls(self._api, authorise=bearer.authorise, renew=bearer.renew, rules=service_rules(self._api, KNOWN))
        self._folders: dict[str, tuple[str, str]] = {}  # its parent's id, its name

    def close(self) -> None:
        self._calls.close()
        self._desk.close()

    def check(self) -> None:
        self._begin()
        if self._folder:
            self._read(f"/files/{quote(self._folder)}", fields="id")

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        state = read_cursor(cursor, "start", "changes") if cursor else {"start": self._begin(), "page": ""}
        if "start" in state:
            yield from self._list_all(state)
        else:
            yield from self._list_changed(state["changes"])

    def fetch(self, item: Item, into: BinaryIO) -> None:
        exported = next(
            (kind for kind, _ending in EXPORTED.values() if kind == item.media_type and item.version.startswith("at ")), ""
        )
        query = {"mimeType": exported} if exported else {"alt": "media", "supportsAllDrives": "true"}
        url = f"{self._api}/drive/v3/files/{quote(item.id)}{'/export' if exported else ''}?{urlencode(query)}"
        with self._calls.stream("GET", url, time_s=DOWNLOAD_TIME_S, may_leave=True) as (response, chunks):
            if response.status_code == 403:
                _check_pace(response, next(chunks, b""))
            check_item_status(response)
            size = 0
            for chunk in chunks:
                size += len(chunk)
                check_size(size)
                into.write(chunk)

    def rights_of(self, item: Item) -> Rights | None:
        return self._ask_rights(item.id) if self._with_rights else None

    def _begin(self) -> str:
        """Return the place in the feed of changes that is reached now."""
        return str(self._read("/changes/startPageToken", supportsAllDrives="true", driveId=self._drive)["startPageToken"])

    def _list_all(self, state: dict[str, str]) -> Iterator[Changes]:
        page = state["page"]
        while True:
            found = self._files(f"trashed = false and mimeType != '{FOLDER}'", page)
            page = str(found.get("nextPageToken") or "")
            items = self._items(found["files"])
            cursor = write_cursor(**({**state, "page": page} if page else {"changes": state["start"]}))
            yield Changes(items=items, cursor=cursor, complete=not page, ended=not page)
            if not page:
                return

    def _list_changed(self, token: str) -> Iterator[Changes]:
        while True:
            fields = f"nextPageToken,newStartPageToken,changes(changeType,fileId,removed,file({FILE}))"
            where = {"driveId": self._drive, "includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}
            found = self._read("/changes", pageToken=token, includeRemoved="true", pageSize="500", fields=fields, **where)
            changes = [one for one in found["changes"] if one.get("changeType", "file") == "file"]
            following = str(found.get("nextPageToken") or "")
            folders = [one["file"] for one in changes if one.get("file", {}).get("mimeType") == FOLDER]
            if any(folder.get("trashed") for folder in folders):
                raise CursorExpired(_("A folder was deleted. Everything is listed again."))
            for folder in folders:
                self._learn(folder)
            for folder in folders:
                for items in self._below(str(folder["id"])):
                    yield Changes(items=items, cursor=write_cursor(changes=token))
            items = self._changed(changes)
            token = following or str(found["newStartPageToken"])
            yield Changes(items=items, cursor=write_cursor(changes=token), ended=not following)
            if not following:
                return

    def _changed(self, changes: list[Found]) -> tuple[Item, ...]:
        gone = {str(one["fileId"]) for one in changes if one.get("removed") or one.get("file", {}).get("trashed")}
        files = [one["file"] for one in changes if str(one["fileId"]) not in gone and one.get("file", {}).get("mimeType") != FOLDER]
        items = self._items(files)
        gone |= {str(one["id"]) for one in files} - {item.id for item in items}  # moved out of the folder that is read
        return (*(Item(id=one, deleted=True) for one in sorted(gone)), *items)

    def _below(self, folder: str) -> Iterator[tuple[Item, ...]]:
        waiting = [folder]
        while waiting:
            above, page = waiting.pop(), ""
            while True:
                found = self._files(f"'{above}' in parents and trashed = false", page)
                for one in found["files"]:
                    if one["mimeType"] == FOLDER:
                        self._learn(one)
                        waiting.append(str(one["id"]))
                yield self._items([one for one in found["files"] if one["mimeType"] != FOLDER])
                page = str(found.get("nextPageToken") or "")
                if not page:
                    break

    def _items(self, files: list[Found]) -> tuple[Item, ...]:
        return tuple(item for one in files if (item := self._item(one)) is not None)

    def _item(self, one: Found) -> Item | None:
        media_type, ending = EXPORTED.get(str(one["mimeType"]), (str(one["mimeType"]), ""))
        if media_type.startswith("application/vnd.google-apps."):
            return None  # forms, sites, shortcuts: nothing that can be read
        path = self._path(one)
        if path is None:
            return None
        size = str(one.get("size", ""))
        return Item(
            id=str(one["id"]),
            name=str(one["name"]) + ending,
            folders=path,
            version=f"at {one['modifiedTime']}" if ending else str(one.get("md5Checksum") or one["modifiedTime"]),
            media_type=media_type,
            modified=parse_datetime(str(one.get("modifiedTime", ""))),
            size=int(size) if size.isdigit() and not ending else None,
            rights=self._rights(one) if self._with_rights else None,
            url=str(one.get("webViewLink", "")),
        )

    def _rights(self, one: Found) -> Rights:
        """Return the readers of a file; those of files in shared drives are not in lists, and asked for."""
        return read_rights(one["permissions"]) if one.get("permissions") else self._ask_rights(str(one["id"]))

    def _ask_rights(self, file_id: str) -> Rights:
        permissions: list[Found] = []
        page = ""
        while True:
            query = {
                "fields": f"nextPageToken,permissions({FIELDS})",
                "pageSize": "100",
                "supportsAllDrives": "true",
                "pageToken": page,
            }
            response = self._ask(f"/files/{quote(file_id)}/permissions", **query)
            if response.status_code in (403, 404):
                return Rights()  # whose readers nobody tells is nobody's
            check_status(response)
            found = read_json(response)
            permissions += found["permissions"]
            page = str(found.get("nextPageToken") or "")
            if not page:
                return read_rights(permissions)

    def _path(self, one: Found) -> tuple[str, ...] | None:
        """Return the names of the folders above a file, from the top or from the folder that is read; None: it lies outside."""
        names: list[str] = []
        above = str((one.get("parents") or [""])[0])
        while above and len(names) < DEEPEST:
            if above == self._folder:
                return tuple(reversed(names))
            if above not in self._folders:
                response = self._ask(f"/files/{quote(above)}", fields="id,name,parents", supportsAllDrives="true")
                if response.status_code in (403, 404):
                    break  # it is shared from a folder that this account may not see
                check_status(response)
                self._learn(read_json(response))
            above, name = self._folders[above]
            names.append(name)
        return None if self._folder else tuple(reversed(names))

    def _learn(self, folder: Found) -> None:
        self._folders[str(folder["id"])] = (str((folder.get("parents") or [""])[0]), str(folder["name"]))

    def _files(self, query: str, page: str) -> Found:
        where = {"corpora": "drive" if self._drive else "user", "driveId": self._drive, "pageToken": page}
        flags = {"includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}
        return self._read("/files", q=query, pageSize="500", fields=f"nextPageToken,files({FILE})", **where, **flags)

    def _read(self, path: str, **query: str) -> Found:
        response = self._ask(path, **query)
        if query.get("pageToken") and response.status_code in (400, 404, 410):
            raise CursorExpired(_("The list of changes has expired there. Everything is listed again."))
        check_status(response)
        return dict(read_json(response))

    def _ask(self, path: str, **query: str) -> httpx.Response:
        text = urlencode({name: value for name, value in query.items() if value})
        response = self._calls.ask("GET", f"{self._api}/drive/v3{path}?{text}")
        _check_pace(response, response.content)
        return response


def _check_pace(response: httpx.Response, content: bytes) -> None:
    """Google asks to wait by 403, too, with a reason. Raises: Throttled."""
    if response.status_code == 403 and b"ateLimitExceeded" in content:
        raise Throttled(_("%(host)s asks to wait.") % {"host": response.url.host}, retry_after=USUAL_WAIT_S)
