"""Where a knowledge admin may let Attest connect to, and where not."""

import socket

import pytest

from ingest.sources.address import check_typed, describe, parse_dsn
from ingest.sources.errors import SourceFault


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """Names are resolved from a table: no test asks a name server."""
    table = {"db.example": "10.0.0.5", "here.example": "127.0.0.1", "six.example": "::ffff:127.0.0.1"}

    def resolve(host, port, **_):
        address = table.get(host, host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def fault_of(dsn):
    try:
        check_typed(parse_dsn(dsn))
    except SourceFault as fault:
        return fault.code
    return ""


@pytest.mark.parametrize(
    ("dsn", "code"),
    [
        ("postgresql://reader:pw@db.example:5432/shop", ""),
        ("postgres://reader@db.example/shop?sslmode=require", ""),
        ("mysql://reader:p%40ss@db.example/shop?charset=utf8mb4", ""),
        ("sqlite:////var/lib/attest.sqlite3", "file_not_allowed"),
        ("postgresql://reader@127.0.0.1/shop", "host_not_allowed"),
        ("postgresql://reader@here.example/shop", "host_not_allowed"),
        ("postgresql://reader@six.example/shop", "host_not_allowed"),
        ("postgresql://reader@169.254.169.254/shop", "host_not_allowed"),
        ("postgresql://reader@0.0.0.0/shop", "host_not_allowed"),
        ("postgresql:///attest", "bad_dsn"),
        ("postgresql://db.example/shop", "bad_dsn"),
        ("postgresql://reader@%2Fvar%2Frun/shop", "bad_dsn"),
        ("postgresql://reader@db.example/shop?host=/var/run/postgresql", "bad_option"),
        ("postgresql://reader@db.example/shop?passfile=/etc/passwd", "bad_option"),
        ("mysql://reader@db.example/shop?read_default_file=/etc/mysql/my.cnf", "bad_option"),
        ("oracle://reader@db.example/shop", "bad_dsn"),
        ("http://db.example/", "bad_dsn"),
        ("postgresql://reader@db.example:port/shop", "bad_dsn"),
        ("", "bad_dsn"),
    ],
)
def test_servers_are_allowed_and_this_machine_is_not(settings, dsn, code):
    settings.SOURCE_HOSTS = []
    assert fault_of(dsn) == code


def test_a_list_of_hosts_is_the_whole_list(settings):
    settings.SOURCE_HOSTS = ["127.0.0.1"]
    assert fault_of("postgresql://reader@127.0.0.1/shop") == ""
    assert fault_of("postgresql://reader@db.example/shop") == "host_not_allowed"


def test_the_place_names_neither_user_nor_password():
    assert describe(parse_dsn("postgresql://reader:pw@db.example:5432/shop")) == "postgresql://db.example:5432/shop"
    assert describe(parse_dsn("sqlite:////srv/private/shop.db")) == "sqlite:///shop.db"
