"""Mailboxes of Debian's dovecot, over TLS."""

import os
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from imapclient import IMAPClient

from sources.connectors.errors import AddressRefused, CursorExpired, ItemGone, ItemUnreadable, SignInRefused, SourceAway
from sources.connectors.imap import MANIFEST
from sources.connectors.imap.headers import name_message
from sources.connectors.imap.uids import read_uids, write_uids
from tests.sources.connectors.imap.dovecot import PASSWORD, PROGRAM, USER, running_dovecot
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened

needs_dovecot = pytest.mark.skipif(not PROGRAM or os.geteuid() != 0, reason="dovecot-imapd is not installed, or this is not root")
DAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def server():
    with running_dovecot() as dovecot:
        yield dovecot


@pytest.fixture
def admin(server):
    context = ssl.create_default_context(cafile=server.ca_file)
    with IMAPClient("127.0.0.1", server.tls_port, ssl_context=context) as client:
        client.login(USER, PASSWORD)
        for _flags, _delimiter, name in client.list_folders():
            if name not in ("INBOX", "Trash"):
                client.delete_folder(name)
        client.select_folder("INBOX")
        client.delete_messages(client.search())
        client.expunge()
        yield client


@pytest.fixture
def settings_of(server, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", server.ca_file)
    return {"host": "127.0.0.1", "port": str(server.tls_port), "username": USER}


@pytest.fixture
def source(admin, settings_of):
    with opened(MANIFEST, settings_of, {"password": PASSWORD}) as connector:
        yield connector


@pytest.fixture
def everything(admin, settings_of):
    with opened(MANIFEST, {**settings_of, "mailboxes": "*"}, {"password": PASSWORD}) as connector:
        yield connector


def put(client, subject, *, mailbox="INBOX", text="Hello."):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Ada Byron <ada@acme.example>", "bob@acme.example"
    message.set_content(text)
    client.append(mailbox, message.as_bytes(), msg_time=DAY)
    return message.as_bytes()


@needs_dovecot
def test_it_lists_messages_by_subject_day_and_sender(source, admin):
    content = put(admin, "Re: 预算 2026")
    source.check()
    found = list_all(source)
    assert found.is_complete
    (item,) = found.items
    assert (item.name, item.folders) == ("预算 2026 – 2026-11-30 – Ada Byron.eml", ("INBOX",))
    assert (item.media_type, item.modified) == ("message/rfc822", DAY)
    assert fetch(source, item).replace(b"\r\n", b"\n") == content
    admin.select_folder("INBOX")
    assert admin.search(["SEEN"]) == []  # reading marks nothing as seen


@needs_dovecot
def test_later_listings_tell_what_came_and_what_went(source, admin):
    put(admin, "First")
    put(admin, "Second")
    first = list_all(source)
    assert list_all(source, first.cursor).items == []
    put(admin, "Third")
    admin.select_folder("INBOX")
    admin.delete_messages(admin.search(["SUBJECT", "First"]))  # marked; nobody has cleaned up yet
    second = list_all(source, first.cursor)
    assert not second.is_complete
    assert [item.name.partition(" ")[0] for item in second.by_name.values()] == ["Third"]
    gone = next(item for item in first.items if item.name.startswith("First"))
    assert second.deleted == {gone.id}
    admin.expunge()
    assert list_all(source, second.cursor).items == []
    with pytest.raises(ItemGone):
        fetch(source, gone)


@needs_dovecot
def test_a_listing_goes_on_from_every_page(source, admin, monkeypatch):
    for subject in ("First", "Second", "Third"):
        put(admin, subject)
    monkeypatch.setattr("sources.connectors.imap.connector.PAGE", 1)
    list_from_every_page(source)


@needs_dovecot
def test_messages_may_be_fetched_between_two_pages(everything, admin, monkeypatch):
    monkeypatch.setattr("sources.connectors.imap.connector.PAGE", 1)
    admin.create_folder("Projects")
    for mailbox in ("INBOX", "Projects"):
        for subject in ("First", "Second"):
            put(admin, f"{subject} in {mailbox}", mailbox=mailbox)
    seen = {}
    for page in everything.list_changes(""):
        for item in page.items:
            seen[item.name] = fetch(everything, item)
            fetch(everything, next(iter(page.items)))
    assert {name.split(" –")[0]: name.split(" –")[0].encode() in content for name, content in seen.items()} == {
        f"{subject} in {mailbox}": True for subject in ("First", "Second") for mailbox in ("INBOX", "Projects")
    }


@needs_dovecot
def test_every_mailbox_but_the_trash_is_read_where_all_are_wanted(everything, admin):
    admin.create_folder("Projects/北京")
    put(admin, "Plan", mailbox="Projects/北京")
    put(admin, "Old", mailbox="Trash")
    found = list_all(everything)
    assert set(found.by_name) == {"Projects/北京/Plan – 2026-11-30 – Ada Byron.eml"}
    admin.delete_folder("Projects/北京")
    again = list_all(everything, found.cursor)
    assert again.deleted == {item.id for item in found.items}


@needs_dovecot
def test_a_mailbox_that_was_made_anew_is_listed_anew(settings_of, admin):
    admin.create_folder("Projects")
    put(admin, "Plan", mailbox="Projects")
    with opened(MANIFEST, {**settings_of, "mailboxes": "Projects"}, {"password": PASSWORD}) as source:
        first = list_all(source)
        admin.delete_folder("Projects")
        with pytest.raises(SourceAway, match="no mailbox Projects"):
            list_all(source, first.cursor)
        admin.create_folder("Projects")
        with pytest.raises(CursorExpired):
            list_all(source, first.cursor)
        with pytest.raises(ItemGone):
            fetch(source, first.items[0])


@needs_dovecot
def test_a_long_message_comes_in_portions_and_stops_at_the_limit(source, admin, monkeypatch, settings):
    content = put(admin, "Long", text="line\n" * 1000)
    monkeypatch.setattr("sources.connectors.imap.connector.PORTION", 512)
    (item,) = list_all(source).items
    assert fetch(source, item).replace(b"\r\n", b"\n") == content
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(ItemUnreadable):
        fetch(source, item)


@needs_dovecot
def test_starttls_serves_too_and_a_wrong_password_is_told(server, settings_of):
    settings = {**settings_of, "port": str(server.port), "security": "starttls"}
    with opened(MANIFEST, settings, {"password": PASSWORD}) as source:
        source.check()
    with opened(MANIFEST, settings_of, {"password": "wrong"}) as source, pytest.raises(SignInRefused):
        source.check()


@needs_dovecot
def test_a_certificate_that_nobody_vouches_for_is_refused(settings_of, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with opened(MANIFEST, settings_of, {"password": PASSWORD}) as source, pytest.raises(SourceAway, match="certificate"):
        source.check()


def test_this_machine_is_refused_unless_it_is_allowed(settings):
    settings.SOURCE_HOSTS = []
    settings_of = {"host": "127.0.0.1", "username": "ada"}
    with opened(MANIFEST, settings_of, {"password": "x"}) as source, pytest.raises(AddressRefused):
        source.check()


def test_names_survive_broken_headers():
    assert (
        name_message(b"Subject: =?utf-8?b?5pWw?= a/b\r\nFrom: bob@acme.example\r\n\r\n", DAY)
        == "数 a b – 2026-11-30 – bob@acme.example.eml"
    )
    assert name_message(b"Subject: =?x-none?q?abc?=\r\n\r\n", None).endswith(".eml")
    assert name_message(b"Subject: \xff\xfe raw\r\n\r\n", None).endswith("raw.eml")
    assert name_message(b"", None) == "No subject.eml"
    assert name_message("Subject: 回复：Re: Fwd: plan\r\n\r\n".encode(), None) == "plan.eml"


def test_numbers_are_kept_in_ranges():
    assert write_uids({1, 2, 3, 5, 9, 8}) == "1:3,5,8:9"
    assert read_uids("1:3,5,8:9") == {1, 2, 3, 5, 8, 9}
    assert read_uids("") == set()
