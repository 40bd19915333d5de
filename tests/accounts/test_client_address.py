"""Where a request comes from, through proxies that are configured and past those that are not."""

import ipaddress
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from accounts.client_address import client_address
from accounts.keys import create_api_key
from accounts.models import User
from audit.models import Event
from config.env_hosts import env_networks

PROXIES = ("10.1.0.0/16", "fd00::/8")


def address_of(peer: str, forwarded: str | None, proxies: tuple[str, ...], settings: Any) -> str:
    settings.TRUSTED_PROXIES = tuple(ipaddress.ip_network(text) for text in proxies)
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # from nobody's proxy: anybody may write that
        ("127.0.0.1", "198.51.100.1", "127.0.0.1"),  # this machine is no proxy by itself
        ("10.1.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.1.0.2", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # what the client wrote itself stands left
        ("10.1.0.2", "198.51.100.1, 10.1.0.3", "198.51.100.1"),  # two proxies
        ("10.1.0.2", "6.6.6.6, 10.1.9.9, 198.51.100.1, 10.1.0.3", "198.51.100.1"),
        ("10.1.0.2", "10.1.0.4", "10.1.0.4"),
        ("10.1.0.2", "", "10.1.0.2"),
        ("10.1.0.2", "198.51.100.1, nonsense", "10.1.0.2"),
        ("10.1.0.2", "198.51.100.1:4711", "198.51.100.1"),
        ("fd00::2", "[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:10.1.0.2", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_header_is_believed_as_far_as_the_proxies_reach(settings: Any, peer: str, forwarded: str | None, address: str) -> None:
    assert address_of(peer, forwarded, PROXIES, settings) == address


def test_without_proxies_it_is_not_believed_at_all(settings: Any) -> None:
    assert address_of("10.1.0.2", "198.51.100.1", (), settings) == "10.1.0.2"


@pytest.mark.parametrize(("proxies", "address"), [((), "10.1.0.2"), (PROXIES, "198.51.100.1")])
def test_the_audit_has_the_believed_address(
    client: Client, employee: User, settings: Any, proxies: tuple[str, ...], address: str
) -> None:
    settings.TRUSTED_PROXIES = tuple(ipaddress.ip_network(text) for text in proxies)
    come: dict[str, Any] = {"headers": {"X-Forwarded-For": "198.51.100.1"}, "REMOTE_ADDR": "10.1.0.2"}
    client.post("/accounts/login/", {"login": "erin", "password": "correct horse 7"}, **come)
    assert Event.objects.get(action="session.started").payload.data["address"] == address
    key = create_api_key(user=employee, name="x", scopes=["read"], days=1, actor=None)
    come["headers"]["Authorization"] = f"Bearer {key.text}x"
    assert Client().get("/api/v1/collections", **come).status_code == 401
    assert Event.objects.get(action="key.refused").payload.data["address"] == address


def test_a_bad_network_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")
    assert [str(network) for network in env_networks("ATTEST_TRUSTED_PROXIES")] == ["10.0.0.0/8", "127.0.0.1/32"]
    monkeypatch.setenv("ATTEST_TRUSTED_PROXIES", "proxy.example")
    with pytest.raises(ImproperlyConfigured, match=r"ATTEST_TRUSTED_PROXIES has 'proxy\.example'; write an address or a network"):
        env_networks("ATTEST_TRUSTED_PROXIES")
