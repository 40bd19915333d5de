"""SharePoint as Microsoft Graph documents it: tokens, delta with pages, batches, permissions, downloads from elsewhere."""

import json
import re

import pytest

from sources.connectors.errors import (
    AddressRefused,
    ConnectorError,
    CursorExpired,
    ItemGone,
    SignInRefused,
    SourceAway,
    Throttled,
)
from sources.connectors.graph import MANIFEST
from sources.connectors.graph.readers import read_rights
from sources.connectors.port import Principal
from tests.sources.connectors.fake_api import FakeApi
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.serving import served

SECRET = "secret-7"
ADA = {"grantedToV2": {"user": {"id": "u1", "displayName": "Ada", "email": "ada@acme.example"}}, "roles": ["read"]}


class Downloads(FakeApi):
    """Where Microsoft keeps the bytes: another host, which must see no token."""

    def __init__(self):
        super().__init__()
        self.bytes = {}
        self.tokens_seen = []

    def answer(self, method, path, query, body):
        self.tokens_seen.append(self.environ.get("HTTP_AUTHORIZATION", ""))
        return (200, {"Content-Type": "application/octet-stream"}, self.bytes[path])


class FakeGraph(FakeApi):
    """One library. Every change has a number, and a delta tells what is newer than one."""

    def __init__(self, downloads):
        super().__init__()
        self.downloads, self.tokens, self.top = downloads, 0, 2
        self.items, self.permissions, self.changed, self.clock, self.oldest = {}, {}, {}, 0, 0
        self.put("root", "root", None, root={})
        self.put("f1", "Finance", "root", folder={"childCount": 1})
        self.put("f2", "2026 预算", "f1", folder={"childCount": 1})
        self.write("d1", "plan.docx", "f2", b"the plan")
        self.write("d2", "read & me.txt", "root", b"read me")

    def put(self, item_id, name, above, **facets):
        self.clock += 1
        self.changed[item_id] = self.clock
        self.items[item_id] = {"id": item_id, "name": name, **facets}
        if above:
            self.items[item_id]["parentReference"] = {"driveId": "b!1", "id": above}

    def write(self, item_id, name, above, content):
        facets = {"file": {"mimeType": "text/plain", "hashes": {"quickXorHash": f"x{content.hex()}"}}, "size": len(content)}
        dates = {"lastModifiedDateTime": "2026-11-30T09:00:00Z", "webUrl": f"https://acme.sharepoint.com/{item_id}"}
        self.put(item_id, name, above, **facets, **dates)
        self.downloads.bytes[f"/{item_id}"] = content
        self.permissions.setdefault(item_id, [ADA])

    def delete(self, item_id):
        facet = {name: self.items[item_id][name] for name in ("file", "folder") if name in self.items[item_id]}
        self.put(item_id, "", None, deleted={"state": "deleted"}, **facet)

    def is_open(self, path):
        return path.endswith("/oauth2/v2.0/token")

    def answer(self, method, path, query, body):
        if path == "/tenant-1/oauth2/v2.0/token":
            if f"client_secret={SECRET}".encode() not in body or b"grant_type=client_credentials" not in body:
                return (401, {}, b'{"error": "invalid_client"}')
            self.tokens += 1
            self.accepted = f"Bearer token-{self.tokens}"
            return {"token_type": "Bearer", "expires_in": 3599, "access_token": f"token-{self.tokens}"}
        path = path.removeprefix("/v1.0")
        if path == "/sites/acme.sharepoint.com:/sites/Finance":
            return {"id": "acme.sharepoint.com,1,2"}
        if path in ("/sites/acme.sharepoint.com,1,2/drives", "/users/ada@acme.example/drive"):
            drive = {"id": "b!1", "name": "Documents"}
            return {"value": [drive]} if path.endswith("drives") else drive
        if path == "/drives/b!1/root/delta":
            return self.delta(int(query.get("since", 0)), int(query.get("skip", 0)))
        if path == "/$batch":
            asked = json.loads(body)["requests"]
            return {"responses": [self.one(request) for request in reversed(asked)]}
        if found := re.fullmatch(r"/drives/b!1/items/(\w+)(/\w+)?", path):
            return self.item(found[1], found[2])
        return None

    def delta(self, since, skip):
        if since < self.oldest:
            return (410, {}, b'{"error": {"code": "resyncRequired"}}')
        newer = sorted((number, item_id) for item_id, number in self.changed.items() if number > since)
        if since == 0:
            newer = [one for one in newer if "deleted" not in self.items[one[1]]]
        value = [self.items[item_id] for _number, item_id in newer[skip : skip + self.top]]
        link = f"{self.address}/v1.0/drives/b!1/root/delta"
        if skip + self.top < len(newer):
            return {"value": value, "@odata.nextLink": f"{link}?since={since}&skip={skip + self.top}"}
        return {"value": value, "@odata.deltaLink": f"{link}?since={self.clock}"}

    def one(self, request):
        item_id = re.fullmatch(r"/drives/b!1/items/(\w+)/permissions", request["url"])[1]
        if item_id not in self.permissions:
            return {"id": request["id"], "status": 404, "body": {}}
        return {"id": request["id"], "status": 200, "body": {"value": self.permissions[item_id]}}

    def item(self, item_id, more):
        if item_id not in self.items or "deleted" in self.items[item_id]:
            return None
        if more == "/content":
            return (302, {"Location": f"{self.downloads.address}/{item_id}"}, b"")
        if more == "/permissions":
            return {"value": self.permissions[item_id]}
        if more == "/children":
            return {"value": [one for one in self.items.values() if one.get("parentReference", {}).get("id") == item_id]}
        return self.items[item_id]


@pytest.fixture
def api():
    downloads = Downloads()
    fake = FakeGraph(downloads)
    with served(downloads) as downloads.address, served(fake) as fake.address:
        yield fake


@pytest.fixture
def where(api):
    site = "https://acme.sharepoint.com/sites/Finance"
    return {"tenant": "tenant-1", "client": "client-1", "site": site, "api": api.address, "login": api.address}


@pytest.fixture
def source(where):
    with opened(MANIFEST, where, {"client_secret": SECRET}) as connector:
        yield connector


def test_it_lists_files_with_library_and_folders(source, api):
    source.check()
    found = list_all(source)
    assert found.is_complete
    assert set(found.by_name) == {"Documents/Finance/2026 预算/plan.docx", "Documents/read & me.txt"}
    plan = found.by_name["Documents/Finance/2026 预算/plan.docx"]
    assert (plan.id, plan.size, plan.url) == ("b!1/d1", 8, "https://acme.sharepoint.com/d1")
    assert fetch(source, plan) == b"the plan"
    assert api.downloads.tokens_seen == [""]  # the token stays with the API


def test_later_listings_tell_changes_moves_and_deletions(source, api):
    first = list_all(source)
    assert list_all(source, first.cursor).items == []
    api.write("d3", "new.txt", "root", b"new")
    api.put(
        "d2", "moved.txt", "f2", **{name: value for name, value in api.items["d2"].items() if name in ("file", "size", "webUrl")}
    )
    api.delete("d1")
    second = list_all(source, first.cursor)
    assert not second.is_complete
    assert set(second.by_name) == {"Documents/new.txt", "Documents/Finance/2026 预算/moved.txt"}
    assert second.deleted == {"b!1/d1"}
    moved = second.by_name["Documents/Finance/2026 预算/moved.txt"]
    before = first.by_name["Documents/read & me.txt"]
    assert (moved.id, moved.version) == (before.id, before.version)
    with pytest.raises(ItemGone):
        fetch(source, first.by_name["Documents/Finance/2026 预算/plan.docx"])


def test_what_lies_in_a_folder_that_changed_is_listed_again(source, api):
    first = list_all(source)
    api.permissions["d1"] = []
    api.put("f1", "Money", "root", folder={})
    second = list_all(source, first.cursor)
    (plan,) = second.items
    assert (plan.id, plan.folders, plan.rights.allow) == ("b!1/d1", ("Documents", "Money", "2026 预算"), frozenset())


def test_a_folder_that_was_deleted_has_all_listed_anew(source, api):
    first = list_all(source)
    api.delete("f1")
    with pytest.raises(CursorExpired):
        list_all(source, first.cursor)


def test_a_cursor_that_was_forgotten_has_all_listed_anew(source, api):
    first = list_all(source)
    api.oldest = 99
    with pytest.raises(CursorExpired):
        list_all(source, first.cursor)


def test_a_listing_goes_on_from_every_page(source):
    list_from_every_page(source)


def test_a_token_that_ends_is_renewed_once(source, api):
    list_all(source)
    api.accepted = "Bearer another"
    assert list_all(source).is_complete
    assert api.tokens == 2


def test_it_waits_when_it_is_told_to_and_goes_on_where_it_was(source, api):
    changes = source.list_changes("")
    first = next(changes)
    api.throttled = 1
    with pytest.raises(Throttled) as throttled:
        list(changes)
    assert throttled.value.retry_after == 2
    assert list_all(source, first.cursor).is_complete


def test_permissions_become_people_and_groups(source, api):
    api.permissions["d1"] = [
        ADA,
        {"grantedToV2": {"group": {"id": "g-1", "displayName": "Accounting"}}, "roles": ["write"]},
        {"grantedToV2": {"siteGroup": {"id": "5", "displayName": "Finance Members"}}, "roles": ["write"]},
        {"link": {"scope": "anonymous", "type": "view"}, "roles": ["read"]},
        {
            "link": {"scope": "users"},
            "grantedToIdentitiesV2": [{"user": {"id": "u2", "email": "bob@acme.example"}}],
            "roles": ["read"],
        },
        {"grantedToV2": {"user": {"id": "u3", "email": "eve@acme.example"}}, "expirationDateTime": "2020-01-01T00:00:00Z"},
        {"grantedToV2": {"siteUser": {"loginName": "i:0#.f|membership|kim@acme.example", "displayName": "Kim"}}},
        {"grantedToV2": {"siteUser": {"loginName": "c:0-.f|rolemanager|spo-grid-all-users/1", "displayName": "Everyone except"}}},
        {"grantedToV2": {"application": {"id": "a1", "displayName": "App"}}},
    ]
    plan = list_all(source).by_name["Documents/Finance/2026 预算/plan.docx"]
    people = {Principal("person", mail) for mail in ("ada@acme.example", "bob@acme.example", "kim@acme.example")}
    groups = {Principal("group", name) for name in ("g-1", "Finance Members", "spo-grid-all-users/1")}
    assert plan.rights.allow == people | groups
    api.permissions["d1"] = [ADA]
    assert source.rights_of(plan).allow == {Principal("person", "ada@acme.example")}
    assert read_rights([]).allow == frozenset()


def test_onedrive_of_somebody_and_one_library_may_be_chosen(where):
    with opened(MANIFEST, {**where, "site": "", "user": "ada@acme.example"}, {"client_secret": SECRET}) as source:
        assert len(list_all(source).items) == 2
    with (
        opened(MANIFEST, {**where, "library": "None"}, {"client_secret": SECRET}) as source,
        pytest.raises(SourceAway, match="None"),
    ):
        source.check()


def test_what_is_wrong_is_told_apart(where, settings):
    with opened(MANIFEST, where, {"client_secret": "wrong"}) as source, pytest.raises(SignInRefused):
        source.check()
    with (
        opened(MANIFEST, {**where, "site": "https://acme.sharepoint.com/no"}, {"client_secret": SECRET}) as source,
        pytest.raises(SourceAway),
    ):
        source.check()
    with pytest.raises(ConnectorError):
        MANIFEST.open({**where, "user": "ada@acme.example"}, {})
    settings.SOURCE_HOSTS = []
    with pytest.raises(AddressRefused):
        MANIFEST.open(where, {"client_secret": SECRET})
