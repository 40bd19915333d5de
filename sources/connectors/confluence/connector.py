"""List and fetch pages and attachments of Confluence Cloud, by its REST API.

Listings are whole, by a search that gives pages with their restrictions (/rest/api/content/search); a page comes as HTML
(`export_view`). An id stays over renames and moves. Not read: blog posts, comments, whiteboards, databases, and Confluence Data
Center, whose API differs.
"""

import html
import json
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import quote

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sources.connectors.calling.addresses import check_url
from sources.connectors.calling.calls import Calls, check_item_status, check_size, check_status, read_json, with_password
from sources.connectors.confluence.readers import PageReaders, next_url
from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import CursorExpired, ItemUnreadable, SourceAway
from sources.connectors.naming import clean_name
from sources.connectors.port import Changes, Item, Rights

LIMIT = 50
EXPANDED = ",".join(
    (
        *("version", "space", "ancestors", "children.attachment.version"),
        *("restrictions.read.restrictions.user", "restrictions.read.restrictions.group"),
    )
)


class Confluence:
    def __init__(self, *, address: str, username: str, token: str, spaces: tuple[str, ...], with_rights: bool) -> None:
        self._api = check_url(address).rstrip("/")
        self._spaces, self._with_rights = spaces, with_rights
        self._calls = Calls(self._api, authorise=with_password(username, token), headers={"Accept": "application/json"})
        self._readers = PageReaders(self._calls, self._api)

    def close(self) -> None:
        self._calls.close()

    def check(self) -> None:
        keys = f"&keys={quote(','.join(self._spaces))}" if self._spaces else ""
        found = self._calls.ask_json("GET", f"{self._api}/api/v2/spaces?limit=250{keys}")
        known = {str(one["key"]) for one in found["results"]}
        if missing := [key for key in self._spaces if key not in known]:
            raise SourceAway(_("There is no space %(name)s, or the account may not read it.") % {"name": ", ".join(missing)})

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        if not cursor:
            self.check()
            self._readers = PageReaders(self._calls, self._api)
        url = str(read_cursor(cursor, "next")["next"]) if cursor else self._search("type = page" + self._in_spaces())
        while url:
            response = self._calls.ask("GET", url)
            if cursor and response.status_code in (400, 404, 410):
                raise CursorExpired(_("The search has expired there. Everything is listed again."))
            check_status(response)
            found = read_json(response)
            items = tuple(item for page in found["results"] for item in self._items(page))
            url = next_url(found, self._api)
            cursor = write_cursor(next=url) if url else ""
            yield Changes(items=items, cursor=cursor, complete=not url, ended=not url)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        if item.id.startswith("att"):
            page_id, _slash, attachment = item.id.removeprefix("att").partition("/")
            url = f"{self._api}/rest/api/content/{quote(page_id)}/child/attachment/{quote(attachment)}/download"
            self._calls.download(url, into, may_leave=True)
            return
        response = self._calls.ask("GET", f"{self._api}/api/v2/pages/{quote(item.id)}?body-format=export_view")
        check_item_status(response)
        page = read_json(response)
        title, body = html.escape(str(page["title"])), str(page["body"]["export_view"]["value"])
        head = f'<head><meta charset="utf-8"><title>{title}</title></head>'
        content = f"<!doctype html><html>{head}<body><h1>{title}</h1>{body}</body></html>"
        encoded = content.encode(errors="replace")
        check_size(len(encoded))
        into.write(encoded)

    def rights_of(self, item: Item) -> Rights | None:
        if not self._with_rights:
            return None
        page_id = item.id.removeprefix("att").partition("/")[0]
        found = self._calls.ask_json("GET", self._search(f"id = {json.dumps(page_id)}"))["results"]
        if not found:
            raise ItemUnreadable(_("The account may not read it."))
        self._readers.forget(found[0])
        return self._readers.rights(found[0])

    def _in_spaces(self) -> str:
        return f" and space in ({', '.join(json.dumps(key) for key in self._spaces)})" if self._spaces else ""

    def _search(self, query: str) -> str:
        return (
            f"{self._api}/rest/api/content/search?cql={quote(query + ' order by created')}&limit={LIMIT}&expand={quote(EXPANDED)}"
        )

    def _items(self, page: dict[str, Any]) -> Iterator[Item]:
        rights = self._readers.rights(page) if self._with_rights else None
        folders = (str(page["space"]["name"]), *(str(one["title"]) for one in page.get("ancestors", ())))
        title = str(page["title"])
        yield Item(
            id=str(page["id"]),
            name=clean_name(title, "page") + ".html",
            folders=folders,
            version=str(page["version"]["number"]),
            media_type="text/html",
            modified=parse_datetime(str(page["version"].get("when", ""))),
            rights=rights,
            url=self._api + str(page["_links"]["webui"]),
        )
        for file in self._attachments(page):
            extensions = file.get("extensions", {})
            yield Item(
                id=f"att{page['id']}/{file['id']}",
                name=clean_name(str(file["title"]), "file"),
                folders=(*folders, title),
                version=str(file["version"]["number"]),
                media_type=str(extensions.get("mediaType", "")),
                modified=parse_datetime(str(file["version"].get("when", ""))),
                size=extensions.get("fileSize"),
                rights=rights,
                url=self._api + str(page["_links"]["webui"]),
            )

    def _attachments(self, page: dict[str, Any]) -> Iterator[dict[str, Any]]:
        found = page.get("children", {}).get("attachment", {})
        while True:
            yield from found.get("results", ())
            url = next_url(found, self._api)
            if not url:
                return
            found = self._calls.ask_json("GET", url)
