"""Which addresses are this machine's own, in every spelling."""

import ipaddress
import socket

import pytest

from outbound.addresses import is_this_machine, leads_inside, read_literal


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0", "0.0.0.0"),  # noqa: S104
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:ffff:7f00:1]", "::ffff:127.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_read_in_every_spelling(text: str, address: str) -> None:
    assert read_literal(text) == ipaddress.ip_address(address)


@pytest.mark.parametrize("text", ["localhost", "db.example", "1.2.3.4.5", "256.1", "0x", "127.0.0.1x", "1e3", "", "[]", "٣"])
def test_a_name_is_no_address(text: str) -> None:
    assert read_literal(text) is None


INSIDE = [
    *("127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.170.2", "224.0.0.1", "255.255.255.255"),
    *("0.0.0.0", "0.1.2.3"),  # noqa: S104
    *("100.64.0.1", "100.100.100.200", "100.127.255.255", "192.0.0.192", "168.63.129.16", "240.0.0.1"),
    *("::", "::1", "fe80::1", "ff02::1", "fec0::1", "fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe"),
    *("::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254"),
    *("64:ff9b:1:7f00:0:100::", "64:ff9b:1::127.0.0.1", "2002:7f00:1::", "2001:0:a9fe:a9fe::1", "2606:4700::5efe:127.0.0.1"),
    *("::ffff:0:127.0.0.1", "::ffff:0:169.254.169.254"),
    "2001:0:808:808:0:0:80ff:fffe",  # Teredo: the client's address is kept with its bits turned, here 127.0.0.1
]
OUTSIDE = [
    *("8.8.8.8", "10.255.0.1", "172.31.255.1", "192.168.255.1", "100.63.255.255", "100.128.0.1", "169.253.0.1", "192.0.1.1"),
    *("2606:4700::1111", "fd12:3456::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "2002:808:808::"),
]


@pytest.mark.parametrize("text", INSIDE)
def test_this_machine_and_what_only_it_reaches_is_inside(text: str) -> None:
    assert leads_inside(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_other_machines_are_outside(text: str) -> None:
    assert not leads_inside(ipaddress.ip_address(text))


def test_an_interface_of_this_machine_is_this_machine() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        own = {"127.0.0.1", *(info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET))}
    assert all(is_this_machine(ipaddress.ip_address(address)) for address in own)
    assert not is_this_machine(ipaddress.ip_address("192.0.2.1"))  # for documentation, RFC 5737: nobody has it
    assert not is_this_machine(ipaddress.ip_address("2001:db8::1"))
