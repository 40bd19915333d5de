"""List and fetch the files of a WebDAV folder.

A listing is whole, folder by folder. Where the server gives ids (Nextcloud, ownCloud), the root's ETag changes with whatever
changes below it, so a listing that would find nothing costs one request; not where rights are listed, which ETags know nothing
of, and not for longer than a day: what lies on storage beyond the server may change without it.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from django.utils.translation import gettext as _

from sources.connectors.calling.addresses import check_url
from sources.connectors.calling.calls import ANSWER_TIME_S, DOWNLOAD_TIME_S, Calls, check_item_status, check_status, with_password
from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import CursorExpired, SourceAway
from sources.connectors.port import Changes, Item, Principal, Rights
from sources.connectors.walking import Folder, Path, Place, walk
from sources.connectors.webdav.answers import ASKED, Entry, read_entries

TRUSTED_S = 24 * 3600  # how long an unchanged root is believed
Shares = frozenset[Principal]


class WebDav:
    def __init__(self, *, address: str, username: str, password: str, with_shares: bool) -> None:
        self._root = check_url(address).rstrip("/")
        self._with_shares = with_shares
        authorise = with_password(username, password) if username or password else None
        self._calls = Calls(self._root, authorise=authorise)

    def close(self) -> None:
        self._calls.close()

    def check(self) -> None:
        if not self._ask(()).is_folder:
            raise SourceAway(_("This is the address of a file. Enter the address of a folder."))

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        state = read_cursor(cursor, "etag", "place") if cursor else {}
        if "etag" in state:
            yield self._unchanged(cursor, state)
            return
        end = state.get("end", "") if cursor else self._end()
        shares: dict[Path, Shares] = {}
        place = Place.read(state.get("place"))
        for page in walk(lambda path: self._open(path, shares), lambda path, entry: self._item(path, entry, shares), place):
            cursor = end if page.is_last else write_cursor(place=page.place.write() if page.place else None, end=end)
            yield Changes(items=page.items, cursor=cursor, complete=page.is_last, ended=page.is_last)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        self._calls.download(self._url((*item.folders, item.name)), into)

    def rights_of(self, item: Item) -> Rights | None:
        if not self._with_shares:
            return None
        shares: Shares = frozenset()
        path = (*item.folders, item.name)
        for depth in range(len(path) + 1):
            entry = self._ask(path[:depth], is_item=True)
            shares |= _shares(entry)
        return Rights(allow=shares)

    def _end(self) -> str:
        """Return the cursor behind a whole listing that begins now."""
        root = self._ask(())
        if self._with_shares or not (root.file_id and root.etag):
            return ""
        return write_cursor(etag=root.etag, at=int(time.time()))

    def _unchanged(self, cursor: str, state: dict[str, object]) -> Changes:
        is_old = not 0 <= time.time() - float(str(state.get("at", 0))) < TRUSTED_S
        if is_old or self._ask(()).etag != state["etag"]:
            raise CursorExpired(_("Something has changed. Everything is listed again."))
        return Changes(items=(), cursor=cursor, ended=True)

    def _open(self, path: Path, shares: dict[Path, Shares]) -> Folder[Entry]:
        for other in [known for known in shares if known != path[: len(known)]]:
            del shares[other]  # only what is above this folder is needed
        own = _decoded_path(self._root, path)
        files: list[Entry] = []
        names: list[str] = []
        is_there = False
        with self._propfind(path, "1", DOWNLOAD_TIME_S, may_be_gone=bool(path)) as entries:
            if entries is None:
                return Folder(files=[], folders=[])  # it was deleted, or closed to this account, since its parent was read
            for entry in entries:
                if entry.path == own:
                    is_there = True
                    shares[path] = shares.get(path[:-1], frozenset()) | _shares(entry)
                elif entry.path.rpartition("/")[0] == own and entry.name:
                    if entry.is_folder:
                        names.append(entry.name)
                    else:
                        files.append(entry)
        if not is_there:
            raise SourceAway(_("The server returned a different folder than requested. Check the address."))
        return Folder(files=files, folders=names)

    def _item(self, path: Path, entry: Entry, shares: dict[Path, Shares]) -> Item:
        scheme_and_host = "{0.scheme}://{0.netloc}".format(urlsplit(self._root))
        return Item(
            id=entry.file_id or "/".join((*path, entry.name)),
            name=entry.name,
            folders=path,
            version=entry.etag or f"{entry.size}-{entry.modified}",
            media_type=entry.media_type,
            modified=entry.modified,
            size=entry.size,
            rights=Rights(allow=shares[path] | _shares(entry)) if self._with_shares else None,
            url=f"{scheme_and_host}/index.php/f/{entry.file_id}" if entry.file_id else self._url((*path, entry.name)),
        )

    def _ask(self, path: Path, *, is_item: bool = False) -> Entry:
        with self._propfind(path, "0", ANSWER_TIME_S, is_item=is_item) as entries:
            entry = next(entries, None) if entries else None
        if entry is None:
            raise SourceAway(_("The server did not respond as WebDAV should. Check the address."))
        return entry

    @contextmanager
    def _propfind(
        self, path: Path, depth: str, time_s: float, *, is_item: bool = False, may_be_gone: bool = False
    ) -> Iterator[Iterator[Entry] | None]:
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        url = self._url(path) if is_item else self._url(path) + "/"
        with self._calls.stream("PROPFIND", url, time_s=time_s, headers=headers, content=ASKED) as (response, chunks):
            if may_be_gone and response.status_code in (403, 404, 410):
                yield None
                return
            (check_item_status if is_item else check_status)(response)
            with closing(read_entries(chunks)) as entries:
                yield entries

    def _url(self, path: Path) -> str:
        return "/".join((self._root, *(quote(part, safe="") for part in path)))


def _shares(entry: Entry) -> Shares:
    return entry.sharees | ({entry.owner} if entry.owner else frozenset())


def _decoded_path(root: str, path: Path) -> str:
    return "/".join((unquote(urlsplit(root).path), *path))
