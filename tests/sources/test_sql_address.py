"""Where a knowledge admin may let Attest connect to, and where not."""

import importlib
import socket

import pytest

from sources.address import check_typed, describe, directed, parse_dsn
from sources.errors import SourceFault
from sources.services import sample_source
from tests.sources.shop import add_source


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


@pytest.mark.parametrize(
    "host",
    [
        *("127.1", "0x7f000001", "2130706433", "100.100.100.200", "168.63.129.16"),
        *("[::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[::ffff:169.254.169.254]", "[2002:7f00:1::]", "[fd00:ec2::254]"),
    ],
)
def test_no_spelling_leads_to_this_machine(settings, host):
    settings.SOURCE_HOSTS = []
    assert fault_of(f"postgresql://reader@{host}/shop") == "host_not_allowed"


def test_an_interface_of_this_machine_is_this_machine(settings, monkeypatch):
    settings.SOURCE_HOSTS = []
    assert fault_of("postgresql://reader@db.example/shop") == ""
    monkeypatch.setattr("outbound.addresses.is_this_machine", lambda address: str(address) == "10.0.0.5")
    assert fault_of("postgresql://reader@db.example/shop") == "host_not_allowed"


@pytest.mark.parametrize(
    ("dsn", "connect", "expected"),
    [
        (
            "postgresql://reader:pw@db.example:5433/shop",
            "psycopg.connect",
            {"host": "db.example", "hostaddr": "10.0.0.5", "port": "5433"},
        ),
        ("mysql://reader:pw@db.example/shop", "pymysql.connect", {"host": "10.0.0.5"}),
    ],
)
def test_the_driver_connects_to_the_address_that_was_judged(
    settings, monkeypatch, collection, knowledge_admin, dsn, connect, expected
):
    """A name server that answers otherwise a moment later changes nothing."""
    settings.SOURCE_HOSTS = []
    module = importlib.import_module(connect.partition(".")[0])
    connections = []

    def refuse(*positional, **named):
        connections.append(named)
        raise module.OperationalError("nobody is here")

    monkeypatch.setattr(connect, refuse)
    source = add_source(collection, knowledge_admin, start=False, dsn=dsn, dsn_variable="")
    with pytest.raises(SourceFault, match="no_connection"):
        sample_source(source)
    assert [{name: named.get(name) for name in expected} for named in connections] == [expected]


def test_of_a_name_with_several_addresses_each_is_tried():
    url = parse_dsn("postgresql://reader@db.example/shop")
    assert directed(url, ("10.0.0.5", "10.0.0.6")) == [
        {"host": "db.example,db.example", "hostaddr": "10.0.0.5,10.0.0.6", "port": "5432,5432"}
    ]
    assert directed(parse_dsn("mysql://reader@db.example/shop"), ("10.0.0.5", "10.0.0.6")) == [
        {"host": "10.0.0.5"},
        {"host": "10.0.0.6"},
    ]
    assert directed(url, ()) == [{}]
