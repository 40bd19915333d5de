"""The mail server in the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env_hosts import MailServer, env_mail

URL = "https://attest.example"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("smtp://mail.example", ("mail.example", 587, "", "", "starttls")),
        ("smtp://attest%40x:p%3Aq@mail.example:2525", ("mail.example", 2525, "attest@x", "p:q", "starttls")),
        ("smtps://u:s3cret@mail.example", ("mail.example", 465, "u", "s3cret", "tls")),
        ("smtp+plain://127.0.0.1:1025/", ("127.0.0.1", 1025, "", "", "none")),
    ],
)
def test_a_server_is_read(monkeypatch: pytest.MonkeyPatch, value: str, found: tuple[object, ...]) -> None:
    monkeypatch.setenv("ATTEST_MAIL_URL", value)
    server = env_mail("ATTEST_MAIL_URL", public_url=URL)
    assert isinstance(server, MailServer)
    assert (server.host, server.port, server.username, server.password, server.security) == found
    assert server.password == "" or server.password not in repr(server)


@pytest.mark.parametrize(
    "value", ["mail.example", "http://mail.example", "smtp://", "smtp://h:port", "smtp://h:1/inbox", "smtp://h?x=1"]
)
def test_anything_else_stops_the_start_without_showing_a_password(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ATTEST_MAIL_URL", value.replace("//", "//u:s3cret@"))
    with pytest.raises(ImproperlyConfigured, match="ATTEST_MAIL_URL") as stopped:
        env_mail("ATTEST_MAIL_URL", public_url=URL)
    assert "s3cret" not in str(stopped.value)


def test_mail_needs_the_address_that_stands_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_MAIL_URL", "smtp://mail.example")
    with pytest.raises(ImproperlyConfigured, match="ATTEST_PUBLIC_URL"):
        env_mail("ATTEST_MAIL_URL", public_url="")


def test_without_the_variable_there_is_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTEST_MAIL_URL", raising=False)
    assert env_mail("ATTEST_MAIL_URL", public_url="") is None
