"""Confluence Cloud as its REST API is documented: searches in pages, restrictions, space permissions, attachments."""

import base64
import re

import pytest

from sources.connectors.confluence import MANIFEST
from sources.connectors.errors import AddressRefused, CursorExpired, ItemGone, SignInRefused, SourceAway, Throttled
from sources.connectors.port import Principal
from tests.sources.connectors.fake_api import FakeApi
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.serving import served

TOKEN = "token-7"
PEOPLE = {"a1": "ada@acme.example", "b2": "bob@acme.example", "c3": ""}
GROUPS = {"g1": ("accounting", ["a1", "b2"]), "g2": ("everybody", ["a1", "b2", "c3"])}


def user(account):
    return {"type": "known", "accountId": account, "email": PEOPLE[account], "displayName": account.upper()}


def group(group_id):
    return {"type": "group", "name": GROUPS[group_id][0], "id": group_id}


class FakeConfluence(FakeApi):
    def __init__(self):
        super().__init__()
        self.accepted = "Basic " + base64.b64encode(f"ada@acme.example:{TOKEN}".encode()).decode()
        self.pages, self.restricted, self.space_readers, self.page_size = {}, {}, ["g2"], 2
        self.add("1", "Home & start", ())
        self.add("2", "Finance", ("1",))
        self.add("3", "预算 2026", ("1", "2"), files={"att9": "plan.pdf"})

    def add(self, page_id, title, above, files=()):
        self.pages[page_id] = {"title": title, "above": above, "number": 1, "body": f"<p>{title}</p>", "files": dict(files)}

    def restrictions(self, page_id):
        who = self.restricted.get(page_id, ())
        users = [user(one) for one in who if one in PEOPLE]
        groups = [group(one) for one in who if one in GROUPS]
        found = {"user": {"results": users, "size": len(users)}, "group": {"results": groups, "size": len(groups)}}
        return {"operation": "read", "restrictions": found}

    def shown(self, page_id):
        page = self.pages[page_id]
        files = [
            {
                "id": file_id,
                "title": name,
                "version": {"number": 1},
                "extensions": {"mediaType": "application/pdf", "fileSize": 4},
            }
            for file_id, name in page["files"].items()
        ]
        return {
            "id": page_id,
            "type": "page",
            "title": page["title"],
            "space": {"id": 77, "key": "FIN", "name": "Finance team"},
            "version": {"number": page["number"], "when": "2026-11-30T09:00:00.000Z"},
            "ancestors": [{"id": above, "title": self.pages[above]["title"]} for above in page["above"]],
            "restrictions": {"read": self.restrictions(page_id)},
            "children": {"attachment": {"results": files, "_links": {}}},
            "_links": {"webui": f"/spaces/FIN/pages/{page_id}"},
        }

    def answer(self, method, path, query, body):
        path = path.removeprefix("/wiki")
        if path == "/api/v2/spaces":
            spaces = [{"id": "77", "key": "FIN", "name": "Finance team"}]
            return {"results": [one for one in spaces if one["key"] in query.get("keys", "FIN")], "_links": {}}
        if path == "/api/v2/spaces/77/permissions":
            return {"results": [self.permission(one) for one in self.space_readers], "_links": {}}
        if path == "/rest/api/content/search":
            return self.search(query)
        if found := re.fullmatch(r"/rest/api/content/(\d+)/restriction/byOperation/read", path):
            return self.restrictions(found[1])
        if found := re.fullmatch(r"/api/v2/pages/(\d+)", path):
            page = self.pages.get(found[1])
            return page and {"id": found[1], "title": page["title"], "body": {"export_view": {"value": page["body"]}}}
        if re.fullmatch(r"/rest/api/content/3/child/attachment/att9/download", path):
            return (200, {"Content-Type": "application/pdf"}, b"%PDF")
        if path == "/rest/api/group/by-id":
            return group(query["id"])
        if path == "/rest/api/user":
            return user(query["accountId"])
        if found := re.fullmatch(r"/rest/api/group/(\w+)/membersByGroupId", path):
            return self.members(found[1], int(query.get("start", 0)))
        return None

    def permission(self, who):
        principal = {"type": "user" if who in PEOPLE else "group", "id": who}
        return {"id": "1", "principal": principal, "operation": {"key": "read", "targetType": "space"}}

    def members(self, group_id, start):
        """One on a page, so that lists go on."""
        accounts = GROUPS[group_id][1]
        more = f"/rest/api/group/{group_id}/membersByGroupId?start={start + 1}" if start + 1 < len(accounts) else None
        return {"results": [user(accounts[start])], "_links": {"next": more} if more else {}}

    def search(self, query):
        start = int(query.get("cursor", 0))
        if start > len(self.pages):
            return (400, {}, b"{}")
        wanted = re.match(r'id = "(\d+)"', query["cql"])
        ids = [wanted[1]] if wanted else list(self.pages)
        links = (
            {"next": f"/rest/api/content/search?cql=x&cursor={start + self.page_size}"} if start + self.page_size < len(ids) else {}
        )
        return {"results": [self.shown(one) for one in ids[start : start + self.page_size]], "_links": links}


@pytest.fixture
def api():
    fake = FakeConfluence()
    with served(fake) as fake.address:
        yield fake


@pytest.fixture
def where(api):
    return {"address": f"{api.address}/wiki", "username": "ada@acme.example"}


@pytest.fixture
def source(where):
    with opened(MANIFEST, where, {"token": TOKEN}) as connector:
        yield connector


def person(mail):
    return Principal("person", mail)


def test_it_lists_pages_and_attachments_below_those_above_them(source, where):
    source.check()
    found = list_all(source)
    assert found.is_complete
    assert set(found.by_name) == {
        "Finance team/Home & start.html",
        "Finance team/Home & start/Finance.html",
        "Finance team/Home & start/Finance/预算 2026.html",
        "Finance team/Home & start/Finance/预算 2026/plan.pdf",
    }
    page = found.by_name["Finance team/Home & start.html"]
    assert page.url == f"{where['address']}/spaces/FIN/pages/1"
    assert b"<title>Home &amp; start</title>" in fetch(source, page) and b"<p>Home & start</p>" in fetch(source, page)
    assert fetch(source, found.by_name["Finance team/Home & start/Finance/预算 2026/plan.pdf"]) == b"%PDF"


def test_a_move_and_a_rename_keep_the_id_and_an_edit_changes_the_version(source, api):
    before = list_all(source).items[1]
    api.pages["2"] |= {"title": "Money", "above": (), "number": 2}
    after = list_all(source).items[1]
    assert (after.id, after.name, after.folders) == (before.id, "Money.html", ("Finance team",))
    assert after.version != before.version


def test_what_is_deleted_is_not_listed_and_not_fetched(source, api):
    gone = list_all(source).items[0]
    api.pages["2"]["above"] = ()
    api.pages["3"]["above"] = ("2",)
    del api.pages["1"]
    assert gone.id not in {item.id for item in list_all(source).items}
    with pytest.raises(ItemGone):
        fetch(source, gone)


def test_without_restrictions_the_space_says_who_reads(source, api):
    api.space_readers = ["g1", "c3"]
    rights = {item.rights for item in list_all(source).items}
    assert [right.allow for right in rights] == [frozenset({Principal("group", "accounting"), person("c3")})]


def test_restrictions_cut_and_count_for_what_lies_below(source, api):
    api.space_readers = ["g1"]
    api.restricted["2"] = ("g2",)
    api.restricted["3"] = ("b2", "c3")
    found = {item.id: item.rights.allow for item in list_all(source).items}
    assert found["1"] == {Principal("group", "accounting")}
    assert found["2"] == {person("ada@acme.example"), person("bob@acme.example")}
    assert found["3"] == found["att3/att9"] == {person("bob@acme.example")}
    api.restricted["2"] = ("a1",)
    page = next(item for item in list_all(source).items if item.id == "3")
    assert page.rights.allow == frozenset()


def test_rights_are_asked_anew_at_question_time(source, api):
    page = next(item for item in list_all(source).items if item.id == "att3/att9")
    api.restricted["1"] = ("a1",)
    assert source.rights_of(page).allow == {person("ada@acme.example")}


def test_a_listing_goes_on_from_every_page_and_begins_anew_where_it_was_forgotten(source):
    list_from_every_page(source)
    cursor = list_all(source).pages[0].cursor.replace("cursor=2", "cursor=99")
    with pytest.raises(CursorExpired):
        list_all(source, cursor)


def test_it_waits_when_it_is_told_to(source, api):
    api.throttled = 1
    with pytest.raises(Throttled) as throttled:
        list_all(source)
    assert throttled.value.retry_after == 2
    assert list_all(source).is_complete


def test_what_is_wrong_is_told_apart(where, settings):
    with opened(MANIFEST, where, {"token": "wrong"}) as source, pytest.raises(SignInRefused):
        source.check()
    with opened(MANIFEST, {**where, "spaces": "FIN,HR"}, {"token": TOKEN}) as source, pytest.raises(SourceAway, match="HR"):
        source.check()
    settings.SOURCE_HOSTS = []
    with opened(MANIFEST, where, {"token": TOKEN}) as source, pytest.raises(AddressRefused):
        source.check()
