"""Notion as its API is documented: search in pages, parents of three kinds, blocks within blocks."""

import json
from datetime import UTC, datetime

import pytest

from sources.connectors.errors import AddressRefused, CursorExpired, ItemGone, SignInRefused, Throttled
from sources.connectors.notion import MANIFEST
from tests.sources.connectors.fake_api import FakeApi
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.serving import served


def rich(text, **more):
    return [{"type": "text", "plain_text": text, "annotations": {"code": False}, "href": None, **more}]


def block(kind, text="", **more):
    return {"type": kind, "has_children": False, kind: {"rich_text": rich(text), **more}}


class FakeNotion(FakeApi):
    def __init__(self):
        super().__init__()
        self.accepted, self.page_size = "Bearer secret-7", 2
        self.pages, self.blocks = {}, {}
        self.put("p1", "Handbook", {"type": "workspace", "workspace": True}, [])
        self.put("p2", "Travel / 差旅", {"type": "page_id", "page_id": "p1"}, [block("paragraph", "Go.")])
        self.put("p3", "Row", {"type": "database_id", "database_id": "db"}, [block("paragraph", "Cell.")])

    def put(self, page_id, title, parent, blocks, edited="2026-11-29T09:00:00.000Z", **properties):
        named = {"Name": {"type": "title", "title": rich(title)}, **properties}
        self.pages[page_id] = {"object": "page", "id": page_id, "last_edited_time": edited, "in_trash": False, "parent": parent}
        self.pages[page_id] |= {"properties": named, "url": f"https://www.notion.so/{page_id}"}
        self.keep(page_id, blocks)

    def keep(self, above, blocks):
        self.blocks[above] = [{"id": f"{above}-{place}", **one} for place, one in enumerate(blocks)]

    def listed(self, found, start):
        start = int(start or 0)
        if start > len(found):
            return (400, {}, b'{"code": "validation_error"}')
        has_more = start + self.page_size < len(found)
        following = str(start + self.page_size) if has_more else None
        return {"results": found[start : start + self.page_size], "has_more": has_more, "next_cursor": following}

    def answer(self, method, path, query, body):
        assert self.environ["HTTP_NOTION_VERSION"] == "2022-06-28"
        if path == "/v1/users/me":
            return {"object": "user"}
        if path == "/v1/search":
            return self.listed(list(self.pages.values()), json.loads(body).get("start_cursor"))
        _empty, _v1, kind, own_id, *more = path.split("/")
        if kind == "blocks" and more and own_id in self.blocks:
            return self.listed(self.blocks[own_id], query.get("start_cursor"))
        if kind == "databases" and own_id == "db":
            return {"title": rich("Projects"), "parent": {"type": "page_id", "page_id": "p1"}}
        return self.pages.get(own_id) if kind == "pages" else None


@pytest.fixture
def api():
    fake = FakeNotion()
    with served(fake) as fake.address:
        yield fake


@pytest.fixture
def source(api):
    with opened(MANIFEST, {"api": api.address}, {"token": "secret-7"}) as connector:
        yield connector


def test_it_lists_pages_below_what_they_lie_in(source):
    source.check()
    found = list_all(source)
    assert found.is_complete
    assert set(found.by_name) == {"Handbook.md", "Handbook/Travel 差旅.md", "Handbook/Projects/Row.md"}
    travel = found.by_name["Handbook/Travel 差旅.md"]
    assert (travel.id, travel.url, travel.rights) == ("p2", "https://www.notion.so/p2", None)
    assert fetch(source, travel).decode() == "# Travel / 差旅\n\nGo.\n"


def test_blocks_become_markdown(source, api):
    code = {"type": "text", "plain_text": "x", "annotations": {"code": True}, "href": "https://acme.example"}
    rows = [{"type": "table_row", "table_row": {"cells": [rich("a|b"), rich(text)]}} for text in ("c", "d")]
    api.put(
        "p2",
        "Page",
        {"type": "workspace", "workspace": True},
        [
            block("heading_1", "Head"),
            {**block("bulleted_list_item", "one"), "has_children": True},
            block("to_do", "done", checked=True),
            {"type": "paragraph", "has_children": False, "paragraph": {"rich_text": [*rich("see "), code]}},
            block("code", "print()", language="python"),
            {"type": "table", "has_children": True, "table": {"has_column_header": True}},
            {"type": "column_list", "has_children": True, "column_list": {}},
            {"type": "child_page", "has_children": True, "child_page": {"title": "Below"}},
        ],
        Status={"type": "status", "status": {"name": "Open"}},
        Owner={"type": "people", "people": [{"name": "Ada"}, {"name": "Bob"}]},
        Due={"type": "date", "date": {"start": "2026-12-01", "end": None}},
        Empty={"type": "number", "number": None},
        Sum={"type": "formula", "formula": {"type": "number", "number": 4}},
    )
    api.keep("p2-1", [block("bulleted_list_item", "two")])
    api.keep("p2-5", rows)
    api.keep("p2-6", [block("paragraph", "column")])
    page = next(item for item in list_all(source).items if item.id == "p2")
    assert fetch(source, page).decode() == (
        "# Page\n\n- Status: Open\n- Owner: Ada, Bob\n- Due: 2026-12-01\n- Sum: 4\n\n## Head\n\n- one\n  - two\n\n- [x] done\n\n"
        "see [`x`](https://acme.example)\n\n```python\nprint()\n```\n\n| a\\|b | c |\n| --- | --- |\n"
        "| a\\|b | d |\n\ncolumn\n\nBelow\n"
    )


def test_a_page_that_was_changed_just_now_is_taken_again(source, api):
    moment = datetime.now(UTC).replace(second=0, microsecond=0).isoformat().replace("+00:00", ".000Z")
    api.pages["p1"]["last_edited_time"] = moment
    page = next(item for item in list_all(source).items if item.id == "p1")
    assert page.version == f"{moment}~"
    assert {item.version for item in list_all(source).items if item.id != "p1"} == {"2026-11-29T09:00:00.000Z"}


def test_what_is_in_the_bin_is_not_listed_and_not_fetched(source, api):
    gone = next(item for item in list_all(source).items if item.id == "p2")
    api.pages["p2"]["in_trash"] = True
    assert "p2" not in {item.id for item in list_all(source).items}
    with pytest.raises(ItemGone):
        fetch(source, gone)
    del api.pages["p2"]
    with pytest.raises(ItemGone):
        fetch(source, gone)


def test_a_listing_goes_on_from_every_page_and_begins_anew_where_it_was_forgotten(source):
    list_from_every_page(source)
    for cursor in ('{"next": "99"}', "nonsense", "[]", "{}"):
        with pytest.raises(CursorExpired):
            list_all(source, cursor)


def test_it_waits_when_it_is_told_to(source, api):
    api.throttled = 1
    with pytest.raises(Throttled) as throttled:
        list_all(source)
    assert throttled.value.retry_after == 2
    assert list_all(source).is_complete


def test_what_is_wrong_is_told_apart(api, settings):
    with opened(MANIFEST, {"api": api.address}, {"token": "wrong"}) as source, pytest.raises(SignInRefused):
        source.check()
    for token in ("sécret", "two\nlines"):
        with opened(MANIFEST, {"api": api.address}, {"token": token}) as source, pytest.raises(SignInRefused) as refused:
            source.check()
        assert token not in refused.value.message
    settings.SOURCE_HOSTS = []
    with pytest.raises(AddressRefused):
        MANIFEST.open({"api": api.address}, {"token": "secret-7"})
