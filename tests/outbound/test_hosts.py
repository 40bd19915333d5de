"""The rules for hosts, with a name server that is a table."""

import ipaddress

import pytest

from outbound.errors import HostRefused, HostUnknown
from outbound.hosts import HostRules, read_allowed

NAMES = {
    "models.example": ("10.0.0.5",),
    "here.example": ("127.0.0.1",),
    "both.example": ("10.0.0.5", "127.0.0.1"),
    "cloud.example": ("169.254.169.254",),
    "own.example": ("10.9.9.9",),
    "localhost": ("::1", "127.0.0.1"),
}


def resolve(host: str, port: int) -> tuple[str, ...]:
    if host not in NAMES:
        raise OSError(-2, "Name or service not known")
    return NAMES[host]


def is_inside(address: object) -> bool:
    """10.9.9.9 is an interface of this machine."""
    return str(address) in ("127.0.0.1", "::1", "169.254.169.254", "10.9.9.9")


def rules(*allowed: str) -> HostRules:
    return HostRules(allowed=tuple(read_allowed(text) for text in allowed), resolve=resolve, is_inside=is_inside)


@pytest.mark.parametrize("host", ["models.example", "MODELS.example.", "10.0.0.5"])
def test_another_machine_is_connected_to_by_its_address(host: str) -> None:
    assert rules().find_addresses(host, 443) == ("10.0.0.5",)


@pytest.mark.parametrize(
    "host", ["here.example", "both.example", "cloud.example", "own.example", "localhost", "0x7f.1", "10.9.9.9"]
)
def test_what_leads_here_is_refused_even_by_one_of_several_addresses(host: str) -> None:
    with pytest.raises(HostRefused) as refused:
        rules().find_addresses(host, 443)
    assert refused.value.host == host


def test_a_name_that_nobody_knows_is_distinguished() -> None:
    with pytest.raises(HostUnknown):
        rules().find_addresses("nowhere.example", 443)


@pytest.mark.parametrize(
    ("allowed", "host", "port", "may"),
    [
        ("127.0.0.1:8100", "127.0.0.1", 8100, True),
        ("127.0.0.1:8100", "127.0.0.1", 6379, False),
        ("127.0.0.1:8100", "0x7f000001", 8100, True),
        ("127.0.0.1:8100", "here.example", 8100, True),
        ("127.0.0.1", "127.0.0.1", 1, True),
        ("localhost:8100", "127.0.0.1", 8100, True),
        ("localhost:8100", "localhost", 8100, True),
        ("127.0.0.1:8100", "localhost", 8100, False),  # which is ::1 as well
        ("[::1]:8100", "::1", 8100, True),
        ("own.example", "own.example", 443, True),
        ("own.example", "10.9.9.9", 443, False),
        ("own.example", "here.example", 443, False),
    ],
)
def test_what_the_operator_allows_is_connected_to(allowed: str, host: str, port: int, may: bool) -> None:
    try:
        found = rules(allowed).find_addresses(host, port)
    except HostRefused:
        found = ()
    assert bool(found) == may


@pytest.mark.parametrize("text", ["", "http://127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "a b", "::1", "127.0.0.1/8", "a:b"])
def test_what_is_no_host_is_not_allowed_by_mistake(text: str) -> None:
    with pytest.raises(ValueError, match="no host"):
        read_allowed(text)


def test_allowed_addresses_are_the_written_ones() -> None:
    assert read_allowed("127.1:80").addresses == (ipaddress.ip_address("127.0.0.1"),)
    assert read_allowed("models.example").addresses == ()
