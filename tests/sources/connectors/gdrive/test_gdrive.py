"""Google Drive as its API v3 is documented: signed claims for tokens, lists in pages, the feed of changes, exports."""

import base64
import json
import re
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sources.connectors.errors import (
    AddressRefused,
    ConnectorError,
    CursorExpired,
    ItemGone,
    ItemUnreadable,
    SignInRefused,
    Throttled,
)
from sources.connectors.gdrive import MANIFEST
from sources.connectors.gdrive.connector import FOLDER
from sources.connectors.port import EVERYONE, Principal
from tests.sources.connectors.fake_api import FakeApi
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.serving import served

ADA = {"type": "user", "role": "owner", "emailAddress": "ada@acme.example", "displayName": "Ada"}
DOCUMENT = "application/vnd.google-apps.document"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class FakeDrive(FakeApi):
    def __init__(self):
        super().__init__()
        self.files, self.bytes, self.feed, self.tokens, self.page_size, self.oldest = {}, {}, [], 0, 2, 0
        self.in_lists, self.claims = True, {}
        self.put("root", "My Drive", None, FOLDER)
        self.put("f1", "Finance", "root", FOLDER)
        self.put("d1", "plan & more.txt", "f1", "text/plain", b"the plan")
        self.put("d2", "预算", "f1", DOCUMENT)
        self.put("d3", "A form", "root", "application/vnd.google-apps.form")

    def put(self, file_id, name, above, media_type, content=None):
        file = {"id": file_id, "name": name, "mimeType": media_type, "trashed": False, "modifiedTime": "2026-11-30T09:00:00.000Z"}
        file |= {"webViewLink": f"https://drive.google.com/{file_id}", "permissions": [ADA]} | (
            {"parents": [above]} if above else {}
        )
        if content is not None:
            self.bytes[file_id] = content
            file |= {"md5Checksum": content.hex(), "size": str(len(content))}
        self.files[file_id] = file
        self.tell(file_id)

    def tell(self, file_id):
        self.feed.append(file_id)

    def is_open(self, path):
        return path == "/token"

    def answer(self, method, path, query, body):
        if path == "/token":
            return self.give_token(parse_qs(body.decode()))
        path = path.removeprefix("/drive/v3")
        if path == "/changes/startPageToken":
            return {"startPageToken": str(len(self.feed))}
        if path == "/changes":
            return self.changes(int(query["pageToken"]))
        if path == "/files":
            return self.list(query["q"], int(query.get("pageToken", 0)))
        if found := re.fullmatch(r"/files/(\w+)(/\w+)?", path):
            return self.file(found[1], found[2], query)
        return None

    def give_token(self, form):
        head, claims, signature = form["assertion"][0].split(".")
        decoded = [base64.urlsafe_b64decode(part + "==") for part in (claims, signature)]
        self.claims = json.loads(decoded[0])
        try:
            PRIVATE.public_key().verify(decoded[1], f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
        except Exception:  # noqa: BLE001 - whatever is wrong with it
            return (400, {}, b'{"error": "invalid_grant"}')
        self.tokens += 1
        self.accepted = f"Bearer token-{self.tokens}"
        return {"access_token": f"token-{self.tokens}", "expires_in": 3599, "token_type": "Bearer"}

    def changes(self, start):
        if start < self.oldest:
            return (400, {}, b"{}")
        some = self.feed[start : start + self.page_size]
        found = {"changes": [self.change(one) for one in some]}
        following = start + len(some)
        return found | ({"nextPageToken": str(following)} if following < len(self.feed) else {"newStartPageToken": str(following)})

    def change(self, file_id):
        if file_id not in self.files:
            return {"changeType": "file", "fileId": file_id, "removed": True}
        return {"changeType": "file", "fileId": file_id, "removed": False, "file": self.shown(file_id)}

    def shown(self, file_id):
        file = self.files[file_id]
        return file if self.in_lists else {name: value for name, value in file.items() if name != "permissions"}

    def list(self, query, start):
        above = re.match(r"'(\w+)' in parents", query)
        found = [one for one in self.files.values() if not one["trashed"]]
        if above:
            found = [one for one in found if above[1] in one.get("parents", ())]
        if f"mimeType != '{FOLDER}'" in query:
            found = [one for one in found if one["mimeType"] != FOLDER]
        some = [self.shown(one["id"]) for one in found[start : start + self.page_size]]
        return {"files": some} | ({"nextPageToken": str(start + self.page_size)} if start + self.page_size < len(found) else {})

    def file(self, file_id, more, query):
        if file_id not in self.files:
            return None
        if more == "/permissions":
            start = int(query.get("pageToken", 0))
            permissions = self.files[file_id]["permissions"]
            following = {"nextPageToken": str(start + 1)} if start + 1 < len(permissions) else {}
            return {"permissions": permissions[start : start + 1]} | following
        if more == "/export":
            return (200, {"Content-Type": query["mimeType"]}, b"PK exported")
        if query.get("alt") == "media":
            return (200, {"Content-Type": "text/plain"}, self.bytes[file_id])
        return self.files[file_id]


@pytest.fixture
def api():
    fake = FakeDrive()
    with served(fake) as fake.address:
        yield fake


def key_of(api, private=PRIVATE):
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"key": json.dumps({"client_email": "reader@acme.iam.example", "private_key": pem, "token_uri": f"{api.address}/token"})}


@pytest.fixture
def source(api):
    with opened(MANIFEST, {"api": api.address, "subject": "ada@acme.example"}, key_of(api)) as connector:
        yield connector


def test_it_lists_files_and_exports_documents(source, api):
    source.check()
    found = list_all(source)
    assert found.is_complete
    assert set(found.by_name) == {"My Drive/Finance/plan & more.txt", "My Drive/Finance/预算.docx"}
    plan = found.by_name["My Drive/Finance/plan & more.txt"]
    assert (plan.id, plan.size, plan.url) == ("d1", 8, "https://drive.google.com/d1")
    assert fetch(source, plan) == b"the plan"
    assert fetch(source, found.by_name["My Drive/Finance/预算.docx"]) == b"PK exported"
    assert (api.claims["iss"], api.claims["sub"]) == ("reader@acme.iam.example", "ada@acme.example")


def test_later_listings_tell_changes_moves_and_deletions(source, api):
    first = list_all(source)
    assert list_all(source, first.cursor).items == []
    api.put("d4", "new.txt", "root", "text/plain", b"new")
    api.files["d1"] |= {"parents": ["root"], "name": "moved.txt"}
    api.tell("d1")
    api.files["d2"]["trashed"] = True
    api.tell("d2")
    second = list_all(source, first.cursor)
    assert not second.is_complete
    assert set(second.by_name) == {"My Drive/new.txt", "My Drive/moved.txt"}
    assert second.deleted == {"d2"}
    moved, before = second.by_name["My Drive/moved.txt"], first.by_name["My Drive/Finance/plan & more.txt"]
    assert (moved.id, moved.version) == (before.id, before.version)
    del api.files["d1"]
    api.tell("d1")
    assert list_all(source, second.cursor).deleted == {"d1"}
    with pytest.raises(ItemGone):
        fetch(source, before)


def test_what_lies_in_a_folder_that_changed_is_listed_again(source, api):
    first = list_all(source)
    api.files["f1"]["name"] = "Money"
    api.tell("f1")
    assert {item.folders for item in list_all(source, first.cursor).items} == {("My Drive", "Money")}
    api.files["f1"]["trashed"] = True
    api.tell("f1")
    with pytest.raises(CursorExpired):
        list_all(source, first.cursor)


def test_one_folder_may_be_chosen_and_what_leaves_it_is_deleted(api):
    with opened(MANIFEST, {"api": api.address, "folder": "f1"}, key_of(api)) as source:
        first = list_all(source)
        assert set(first.by_name) == {"plan & more.txt", "预算.docx"}
        api.files["d1"]["parents"] = ["root"]
        api.tell("d1")
        assert list_all(source, first.cursor).deleted == {"d1"}


def test_a_listing_goes_on_from_every_page_and_begins_anew_where_it_was_forgotten(source, api):
    list_from_every_page(source)
    cursor = list_all(source).cursor
    api.oldest = 99
    with pytest.raises(CursorExpired):
        list_all(source, cursor)


def test_permissions_become_people_groups_and_domains(source, api):
    api.files["d1"]["permissions"] = [
        ADA,
        {"type": "group", "role": "reader", "emailAddress": "accounting@acme.example"},
        {"type": "domain", "role": "reader", "domain": "acme.example", "allowFileDiscovery": True},
        {"type": "domain", "role": "reader", "domain": "link.example", "allowFileDiscovery": False},
        {"type": "anyone", "role": "reader"},
        {"type": "user", "role": "reader", "emailAddress": "old@acme.example", "deleted": True},
        {"type": "user", "role": "reader", "emailAddress": "eve@acme.example", "expirationTime": "2020-01-01T00:00:00Z"},
    ]
    expected = {
        Principal("person", "ada@acme.example"),
        Principal("group", "accounting@acme.example"),
        Principal("group", "acme.example"),
    }
    for in_lists in (True, False):  # lists of shared drives leave permissions out
        api.in_lists = in_lists
        assert next(item for item in list_all(source).items if item.id == "d1").rights.allow == expected
    plan = next(item for item in list_all(source).items if item.id == "d1")
    api.files["d1"]["permissions"] = [{"type": "anyone", "role": "reader", "allowFileDiscovery": True}]
    assert source.rights_of(plan).allow == {Principal(EVERYONE)}


def test_it_waits_when_it_is_told_to_by_either_status(source, api, monkeypatch):
    list_all(source)
    api.throttled = 1
    with pytest.raises(Throttled) as throttled:
        list_all(source)
    assert throttled.value.retry_after == 2
    limit = (403, {}, json.dumps({"error": {"errors": [{"reason": "userRateLimitExceeded"}]}}).encode())
    plan = next(item for item in list_all(source).items if item.id == "d1")
    monkeypatch.setattr(api, "file", lambda *arguments: limit)
    with pytest.raises(Throttled):
        fetch(source, plan)
    monkeypatch.setattr(api, "file", lambda *arguments: (403, {}, b'{"reason": "exportSizeLimitExceeded"}'))
    with pytest.raises(ItemUnreadable):
        fetch(source, plan)


def test_a_token_that_ends_is_renewed_once(source, api):
    list_all(source)
    api.accepted = "Bearer another"
    assert list_all(source).is_complete
    assert api.tokens == 2


def test_what_is_wrong_is_told_apart(api, settings):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with opened(MANIFEST, {"api": api.address}, key_of(api, other)) as source, pytest.raises(SignInRefused):
        source.check()
    for text in ("", "{}", '{"private_key": "x", "client_email": "y"}'):
        with pytest.raises(ConnectorError, match="JSON"):
            MANIFEST.open({"api": api.address}, {"key": text})
    settings.SOURCE_HOSTS = []
    with pytest.raises(AddressRefused):
        MANIFEST.open({}, key_of(api))  # the key names where tokens come from
