"""List and fetch the pages that a Notion integration sees, by Notion's API of 2022-06-28.

Listings are whole. Notion tells when a page was changed by the minute: the version of one that was changed just now is marked, so
that the next listing takes it anew. Its search may lag behind by minutes, and its API tells no readers. Not read: files in pages,
comments.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sources.connectors.calling.addresses import check_url, service_rules
from sources.connectors.calling.calls import Calls, check_item_status, check_size, check_status, read_json
from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import CursorExpired, ItemGone, ItemUnreadable
from sources.connectors.naming import clean_name
from sources.connectors.notion.markdown import CONTAINERS, LISTED, title_of, write_block, write_properties, write_table, write_text
from sources.connectors.port import Changes, Item, Rights

API, KNOWN, VERSION = "https://api.notion.com", frozenset(("api.notion.com",)), "2022-06-28"
MOST_BLOCKS, DEEPEST_BLOCK, DEEPEST_PAGE = 20_000, 12, 32
JUST_NOW = timedelta(minutes=2)
ABOVE = {"page_id": "pages", "database_id": "databases", "block_id": "blocks"}
Found = dict[str, Any]


class Notion:
    def __init__(self, *, api: str, token: str) -> None:
        self._api = check_url(api).rstrip("/")

        def authorise(request: httpx.Request) -> None:
            request.headers["Authorization"] = f"Bearer {token}"

        headers = {"Notion-Version": VERSION}
        self._calls = Calls(self._api, authorise=authorise, headers=headers, rules=service_rules(self._api, KNOWN))
        self._above: dict[str, tuple[str, Found]] = {}  # name and parent of what pages lie in

    def close(self) -> None:
        self._calls.close()

    def check(self) -> None:
        self._calls.ask_json("GET", f"{self._api}/v1/users/me")

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        place = str(read_cursor(cursor, "next")["next"]) if cursor else ""
        while True:
            question: Found = {"filter": {"property": "object", "value": "page"}, "page_size": 100}
            question["sort"] = {"timestamp": "last_edited_time", "direction": "ascending"}
            response = self._calls.ask("POST", f"{self._api}/v1/search", json=question | ({"start_cursor": place} if place else {}))
            if place and response.status_code in (400, 404):
                raise CursorExpired(_("The search has expired there. Everything is listed again."))
            check_status(response)
            found = read_json(response)
            items = tuple(self._item(page) for page in found["results"] if not (page.get("archived") or page.get("in_trash")))
            place = str(found.get("next_cursor") or "") if found.get("has_more") else ""
            yield Changes(items=items, cursor=write_cursor(next=place) if place else "", complete=not place, ended=not place)
            if not place:
                return

    def fetch(self, item: Item, into: BinaryIO) -> None:
        response = self._calls.ask("GET", f"{self._api}/v1/pages/{quote(item.id)}")
        check_item_status(response)
        page = read_json(response)
        if page.get("archived") or page.get("in_trash"):
            raise ItemGone(_("It has been deleted in the meantime."))
        properties = page.get("properties", {})
        parts = [f"# {title_of(properties) or item.name.removesuffix('.md')}", "\n".join(write_properties(properties))]
        parts += self._blocks(item.id, 0, [MOST_BLOCKS])
        content = ("\n\n".join(part for part in parts if part) + "\n").encode(errors="replace")
        check_size(len(content))
        into.write(content)

    def rights_of(self, item: Item) -> Rights | None:
        return None

    def _item(self, page: Found) -> Item:
        edited = parse_datetime(str(page["last_edited_time"]))
        is_new = edited is not None and datetime.now(UTC) - edited < JUST_NOW
        return Item(
            id=str(page["id"]),
            name=clean_name(title_of(page.get("properties", {})), _("Untitled")) + ".md",
            folders=self._path(page.get("parent", {})),
            version=f"{page['last_edited_time']}{'~' if is_new else ''}",
            media_type="text/markdown",
            modified=edited,
            url=str(page.get("url", "")),
        )

    def _path(self, parent: Found) -> tuple[str, ...]:
        """Return the names of what a page lies in, from the top down."""
        names: list[str] = []
        while (kind := str(parent.get("type", ""))) in ABOVE and len(names) < DEEPEST_PAGE:
            own_id = str(parent[kind])
            if own_id not in self._above:
                response = self._calls.ask("GET", f"{self._api}/v1/{ABOVE[kind]}/{quote(own_id)}")
                if response.status_code in (403, 404):
                    break  # it is not shared with the integration
                check_status(response)
                found = read_json(response)
                name = title_of(found.get("properties", {})) if kind == "page_id" else write_text(found.get("title") or ())
                self._above[own_id] = (name, found.get("parent", {}))
            name, parent = self._above[own_id]
            names += [name] if name else []
        return tuple(reversed(names))

    def _blocks(self, above: str, depth: int, left: list[int]) -> Iterator[str]:
        """Yield the Markdown of what a page or block holds. `left`: how many blocks may still come."""
        if depth > DEEPEST_BLOCK:
            return
        for block in self._children(above, left):
            kind, own_id = str(block["type"]), str(block["id"])
            if kind == "table":
                rows = list(self._children(own_id, left))
                yield write_table(rows, has_header=bool(block["table"].get("has_column_header")))
                continue
            own = write_block(block)
            if not block.get("has_children") or kind in ("child_page", "child_database"):
                yield own
                continue
            inner = list(self._blocks(own_id, depth + 1, left))
            if kind in CONTAINERS:
                yield from inner
            else:
                indented = ["\n".join("  " + line for line in text.split("\n")) for text in inner] if kind in LISTED else inner
                yield "\n".join((own, *indented)) if kind in LISTED else "\n\n".join((own, *indented))

    def _children(self, above: str, left: list[int]) -> Iterator[Found]:
        place = ""
        while True:
            more = f"&start_cursor={quote(place)}" if place else ""
            response = self._calls.ask("GET", f"{self._api}/v1/blocks/{quote(above)}/children?page_size=100{more}")
            check_item_status(response)
            found = read_json(response)
            left[0] -= len(found["results"])
            if left[0] < 0:
                raise ItemUnreadable(_("The page has more than %(most)s blocks.") % {"most": MOST_BLOCKS})
            yield from found["results"]
            place = str(found.get("next_cursor") or "") if found.get("has_more") else ""
            if not place:
                return
