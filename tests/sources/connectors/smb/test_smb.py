"""A share of Debian's samba whose files carry the access lists of Windows."""

import os
import shutil
import struct

import pytest

from sources.connectors.errors import AddressRefused, ItemGone, ItemUnreadable, SignInRefused, SourceAway
from sources.connectors.port import EVERYONE, Principal, Rights
from sources.connectors.smb import MANIFEST
from sources.connectors.smb.descriptor import read_identifier, read_rights, write_identifier
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.smb.samba import (
    ADMIN,
    ALLOW,
    DENY,
    EVERYTHING,
    HAS_LISTS,
    PASSWORD,
    PROGRAM,
    READ,
    READER,
    descriptor,
    running_samba,
)

can_run = bool(PROGRAM) and HAS_LISTS and os.geteuid() == 0
needs_samba = pytest.mark.skipif(not can_run, reason="samba or samba-vfs-modules is not installed, or this is not root")
WORLD, STAFF, BOARD = "S-1-1-0", "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002"


@pytest.fixture(scope="module")
def running():
    with running_samba() as server:
        yield server


@pytest.fixture
def server(running):
    for path in running.share.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    running.write("Finance/2026 预算/plan.txt", "the plan")
    running.write("readme.txt", "read me")
    running.write("~$readme.txt", "lock")
    running.write("Thumbs.db", "pictures")
    return running


@pytest.fixture
def where(server):
    return {"host": "127.0.0.1", "port": str(server.port), "share": "docs", "username": READER}


@pytest.fixture
def source(where):
    with opened(MANIFEST, where, {"password": PASSWORD}) as connector:
        yield connector


@needs_samba
def test_it_lists_every_file_with_its_folders_and_bytes(source):
    source.check()
    found = list_all(source)
    assert found.is_complete
    assert set(found.by_name) == {"Finance/2026 预算/plan.txt", "readme.txt"}
    plan = found.by_name["Finance/2026 预算/plan.txt"]
    assert (plan.size, plan.modified is not None) == (8, True)
    assert fetch(source, plan) == b"the plan"


@needs_samba
def test_a_file_that_moves_keeps_its_id_and_version(source, server):
    before = list_all(source).by_name["readme.txt"]
    (server.share / "readme.txt").rename(server.share / "Finance" / "moved.txt")
    after = list_all(source).by_name["Finance/moved.txt"]
    assert (before.id, before.version) == (after.id, after.version)
    (server.share / "Finance" / "moved.txt").write_text("read me again")
    assert list_all(source).by_name["Finance/moved.txt"].version != before.version
    with pytest.raises(ItemGone):
        fetch(source, before)


@needs_samba
def test_two_names_of_one_file_are_two_documents(source, server):
    (server.share / "second.txt").hardlink_to(server.share / "readme.txt")
    found = list_all(source).by_name
    assert len({item.id for item in found.values()}) == len(found) == 3


@needs_samba
def test_a_listing_goes_on_from_every_page(source, server, monkeypatch):
    server.write("Finance/other.txt", "other")
    monkeypatch.setattr("sources.connectors.walking.PAGE", 1)
    list_from_every_page(source)


@needs_samba
def test_access_lists_become_rights_and_denials_stay(source, server):
    reader, admin = server.sid_of(READER), server.sid_of(ADMIN)
    server.write("staff.txt", "x", (DENY, READ, STAFF), (ALLOW, READ, reader), (ALLOW, EVERYTHING, admin))
    server.write("open.txt", "x", (ALLOW, READ, WORLD))
    server.write("writers.txt", "x", (ALLOW, 0x2, STAFF), (ALLOW, READ, reader))
    found = list_all(source).by_name
    staff = found["staff.txt"].rights
    assert staff == Rights(
        allow=frozenset({Principal("person", reader), Principal("person", admin)}), deny=frozenset({Principal("group", STAFF)})
    )
    assert {principal.name for principal in staff.allow} == {f"FILES\\{READER}", f"FILES\\{ADMIN}"}
    assert {principal.name for principal in staff.deny} == {STAFF}  # nobody knows a name for it
    assert found["open.txt"].rights == Rights(allow=frozenset({Principal(EVERYONE)}))
    assert found["writers.txt"].rights.allow == {Principal("person", reader)}
    server.set_list("staff.txt", (ALLOW, READ, admin), (ALLOW, READ, reader))
    assert source.rights_of(found["staff.txt"]).deny == frozenset()


@needs_samba
def test_what_the_account_may_not_read_is_listed_and_not_given(source, server):
    reader = server.sid_of(READER)
    server.write("closed.txt", "x", (DENY, READ & ~0x20000, reader), (ALLOW, EVERYTHING, WORLD))
    closed = list_all(source).by_name["closed.txt"]
    assert closed.rights.deny == {Principal("person", reader)}
    with pytest.raises(ItemUnreadable):
        fetch(source, closed)


@needs_samba
def test_rights_may_be_left_to_the_collection_and_a_folder_may_be_chosen(where):
    with opened(MANIFEST, {**where, "rights": "collection", "folder": "Finance"}, {"password": PASSWORD}) as source:
        found = list_all(source).by_name
        assert set(found) == {"2026 预算/plan.txt"}
        assert found["2026 预算/plan.txt"].rights is None and source.rights_of(found["2026 预算/plan.txt"]) is None
        assert fetch(source, found["2026 预算/plan.txt"]) == b"the plan"


@needs_samba
def test_what_is_wrong_is_told_apart(where):
    for change, password, error in (
        ({}, "wrong", SignInRefused),
        ({"share": "none"}, PASSWORD, SourceAway),
        ({"folder": "none"}, PASSWORD, SourceAway),
        ({"port": "9"}, PASSWORD, SourceAway),
    ):
        with opened(MANIFEST, {**where, **change}, {"password": password}) as source, pytest.raises(error):
            source.check()


@needs_samba
def test_encryption_may_be_asked_for_and_large_files_stop_at_the_limit(where, server, settings):
    server.write("long.txt", "line\n" * 500_000)
    with opened(MANIFEST, {**where, "encrypt": "yes"}, {"password": PASSWORD}) as source:
        long = list_all(source).by_name["long.txt"]
        assert fetch(source, long) == b"line\n" * 500_000
        settings.UPLOAD_MAX_BYTES = 1000
        with pytest.raises(ItemUnreadable):
            fetch(source, long)


def test_this_machine_is_refused_unless_it_is_allowed(settings):
    settings.SOURCE_HOSTS = []
    where = {"host": "127.0.0.1", "share": "docs", "username": "x"}
    with opened(MANIFEST, where, {"password": "x"}) as source, pytest.raises(AddressRefused):
        source.check()


def as_group(identifier):
    return Principal("group", identifier)


def test_the_first_entry_for_somebody_counts_and_denials_of_others_stay():
    rights = read_rights(
        descriptor((ALLOW, READ, STAFF), (DENY, READ, STAFF), (DENY, READ, BOARD), (ALLOW, READ, "S-1-3-0")), as_group
    )
    assert rights == Rights(allow=frozenset({as_group(STAFF)}), deny=frozenset({as_group(BOARD)}))


def test_entries_for_what_is_made_later_do_not_count():
    assert read_rights(descriptor((ALLOW, READ, STAFF), flags=0x8), as_group) == Rights()


def test_an_empty_list_lets_nobody_in_and_a_missing_one_everybody():
    assert read_rights(descriptor(), as_group) == Rights()
    assert read_rights(struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 0), as_group) == Rights(
        allow=frozenset({Principal(EVERYONE)})
    )


def test_broken_descriptors_are_refused():
    for broken in (
        b"",
        descriptor((ALLOW, READ, STAFF))[:30],
        descriptor((ALLOW, READ, STAFF)).replace(b"\x24\x00", b"\x00\x00", 1),
    ):
        with pytest.raises(ValueError, match="descriptor"):
            read_rights(broken, as_group)


def test_identifiers_are_read_as_they_are_written():
    assert read_identifier(write_identifier(STAFF), 0) == STAFF
