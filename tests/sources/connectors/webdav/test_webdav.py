"""WebDAV against wsgidav; what Nextcloud adds is set there as properties, as wsgidav keeps any."""

import httpx
import pytest
from wsgidav.fs_dav_provider import FolderResource
from wsgidav.wsgidav_app import WsgiDAVApp

from sources.connectors.errors import AddressRefused, CursorExpired, ItemGone, ItemUnreadable, SignInRefused, SourceAway
from sources.connectors.port import Item, Principal
from sources.connectors.webdav import MANIFEST
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.serving import served

SECRETS = {"password": "right horse 7"}


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "share"
    (folder / "Finance" / "2026 预算").mkdir(parents=True)
    (folder / "Finance" / "plan & more.txt").write_text("the plan")
    (folder / "Finance" / "2026 预算" / "50%.txt").write_text("half")
    (folder / "readme.txt").write_text("read me")
    return folder


@pytest.fixture
def server(root):
    users = {"user_mapping": {"*": {"ada": {"password": SECRETS["password"]}}}}
    config = {"provider_mapping": {"/dav": str(root)}, "simple_dc": users, "http_authenticator": {"domain_controller": None}}
    application = WsgiDAVApp({**config, "property_manager": True, "verbose": 0, "logging": {"enable": False}})
    with served(application) as address:
        yield f"{address}/dav"


@pytest.fixture
def source(server):
    with opened(MANIFEST, {"address": server, "username": "ada"}, SECRETS) as connector:
        yield connector


@pytest.fixture
def shared(server):
    with opened(MANIFEST, {"address": server, "username": "ada", "rights": "shares"}, SECRETS) as connector:
        yield connector


def change(server, path, method="PROPPATCH", **request):
    response = httpx.request(method, f"{server}/{path}", auth=("ada", SECRETS["password"]), **request)
    assert response.is_success, response.text


def put_property(server, path, xml):
    namespaces = 'xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"'
    body = f"<d:propertyupdate {namespaces}><d:set><d:prop>{xml}</d:prop></d:set></d:propertyupdate>"
    change(server, path, content=body.encode())


def share(server, path, *sharees):
    inner = "".join(
        f"<nc:sharee><nc:id>{who}</nc:id><nc:type>{kind}</nc:type><nc:display-name>{who}</nc:display-name></nc:sharee>"
        for kind, who in sharees
    )
    put_property(server, path, f"<nc:sharees>{inner}</nc:sharees>")


def test_it_lists_every_file_with_its_folders_and_bytes(source):
    source.check()
    found = list_all(source)
    assert set(found.by_name) == {"readme.txt", "Finance/plan & more.txt", "Finance/2026 预算/50%.txt"}
    assert found.is_complete
    half = found.by_name["Finance/2026 预算/50%.txt"]
    assert (half.folders, half.size, half.media_type) == (("Finance", "2026 预算"), 4, "text/plain")
    assert half.modified is not None and half.rights is None
    assert fetch(source, half) == b"half"


def test_the_version_changes_when_the_bytes_do(source, root):
    before = list_all(source).by_name
    (root / "readme.txt").write_text("read me again")
    after = list_all(source).by_name
    assert before["readme.txt"].version != after["readme.txt"].version
    assert before["Finance/plan & more.txt"] == after["Finance/plan & more.txt"]


def test_what_is_deleted_is_not_listed_and_not_fetched(source, root):
    gone = list_all(source).by_name["readme.txt"]
    (root / "readme.txt").unlink()
    assert "readme.txt" not in list_all(source).by_name
    with pytest.raises(ItemGone):
        fetch(source, gone)


def test_a_listing_goes_on_from_every_page(source, monkeypatch):
    monkeypatch.setattr("sources.connectors.walking.PAGE", 1)
    list_from_every_page(source)


def test_an_id_of_nextcloud_stays_over_a_move(source, server):
    put_property(server, "readme.txt", "<oc:fileid>4711</oc:fileid>")
    before = list_all(source).by_name["readme.txt"]
    change(server, "readme.txt", method="MOVE", headers={"Destination": f"{server}/Finance/moved.txt"})
    after = list_all(source).by_name["Finance/moved.txt"]
    assert (before.id, before.version) == (after.id, after.version)
    assert after.id == "4711" and after.url.endswith("/index.php/f/4711")


def test_an_unchanged_root_of_nextcloud_costs_one_request(source, server, root, monkeypatch):
    # As Nextcloud's folders, whose ETag tells of what is below.
    monkeypatch.setattr(FolderResource, "support_etag", lambda self: True)
    monkeypatch.setattr(FolderResource, "get_etag", lambda self: "-".join(sorted(path.name for path in root.rglob("*"))))
    put_property(server, "", "<oc:fileid>1</oc:fileid>")
    first = list_all(source)
    again = list_all(source, first.cursor)
    assert (again.items, again.is_complete, again.cursor) == ([], False, first.cursor)
    (root / "new.txt").write_text("new")
    with pytest.raises(CursorExpired):
        list_all(source, first.cursor)


def test_shares_count_for_what_lies_below_and_links_for_nobody(shared, server):
    put_property(server, "", "<oc:owner-id>ada</oc:owner-id>")
    share(server, "Finance", (1, "accounting"), (3, "link"))
    share(server, "Finance/plan%20%26%20more.txt", (0, "bob"), (4, "eve@mail.example"))
    found = list_all(shared).by_name
    ada, accounting = Principal("person", "ada"), Principal("group", "accounting")
    assert found["readme.txt"].rights.allow == {ada}
    assert found["Finance/2026 预算/50%.txt"].rights.allow == {ada, accounting}
    more = {Principal("person", "bob"), Principal("person", "eve@mail.example")}
    assert found["Finance/plan & more.txt"].rights.allow == {ada, accounting, *more}
    share(server, "Finance")
    assert shared.rights_of(found["Finance/plan & more.txt"]).allow == {ada, *more}


def test_a_wrong_password_is_told_apart_from_a_wrong_address(server):
    with opened(MANIFEST, {"address": server, "username": "ada"}, {"password": "wrong"}) as source, pytest.raises(SignInRefused):
        source.check()
    with opened(MANIFEST, {"address": f"{server}/none", "username": "ada"}, SECRETS) as source, pytest.raises(SourceAway):
        source.check()
    with opened(MANIFEST, {"address": f"{server}/readme.txt", "username": "ada"}, SECRETS) as source, pytest.raises(SourceAway):
        source.check()


def test_a_server_that_is_away_says_so_and_deletes_nothing():
    with opened(MANIFEST, {"address": "http://127.0.0.1:9"}) as source, pytest.raises(SourceAway):
        list_all(source)


@pytest.mark.parametrize("address", ["http://127.0.0.1/dav", "http://169.254.169.254/", "http://[::1]/", "http://0x7f000001/"])
def test_this_machine_is_refused_unless_it_is_allowed(address, settings):
    settings.SOURCE_HOSTS = []
    with opened(MANIFEST, {"address": address}) as source, pytest.raises(AddressRefused):
        source.check()


@pytest.mark.parametrize("address", ["ftp://files.example/", "cloud.example", "http://ada:secret@cloud.example/dav"])
def test_what_is_no_address_is_refused_with_a_sentence(address):
    with pytest.raises(AddressRefused) as refused:
        MANIFEST.open({"address": address}, {})
    assert "secret" not in refused.value.message


def redirecting(location):
    def application(environ, start):
        start("302 Found", [("Location", location)])
        return [b""]

    return application


def test_it_does_not_follow_to_another_host_and_ends_in_loops():
    for location, said in (("http://169.254.169.254/latest", r"169\.254"), ("/again", "in a loop")):
        with (
            served(redirecting(location)) as address,
            opened(MANIFEST, {"address": address}) as source,
            pytest.raises(SourceAway, match=said),
        ):
            source.check()


def test_an_answer_for_another_folder_is_no_empty_folder():
    def application(environ, start):
        start("207 Multi-Status", [("Content-Type", "application/xml")])
        prop = "<d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status>"
        return [
            f'<d:multistatus xmlns:d="DAV:"><d:response><d:href>/elsewhere/</d:href><d:propstat>{prop}</d:propstat>'
            "</d:response></d:multistatus>".encode()
        ]

    with served(application) as address, opened(MANIFEST, {"address": f"{address}/dav"}) as source, pytest.raises(SourceAway):
        list_all(source)


def test_a_file_that_is_too_large_stops_at_the_limit(source, settings, root):
    settings.UPLOAD_MAX_BYTES = 3
    with pytest.raises(ItemUnreadable):
        fetch(source, Item(id="x", name="readme.txt"))


def test_an_old_cursor_begins_anew(source):
    with pytest.raises(CursorExpired):
        list_all(source, '{"etag": "x", "at": 0}')
