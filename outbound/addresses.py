"""IP addresses that are this machine's own, or that only this machine can reach, however they are written."""

import errno
import ipaddress
import re
import socket
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What lies outside of `is_loopback`, `is_link_local`, `is_unspecified` and `is_multicast`.
REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this network", RFC 791: Linux connects 0.0.0.0 to itself
        "100.64.0.0/10",  # shared address space, RFC 6598: 100.100.100.200 is Alibaba Cloud's metadata service
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.0/24",  # protocol assignments, RFC 6890: 192.0.0.192 is Oracle Cloud's metadata service
        "240.0.0.0/4",  # reserved, and the broadcast address
        "fd00:ec2::254/128",  # EC2's metadata service
        "fd20:ce::254/128",  # Google Cloud's
        "fd00:c1::a9fe:a9fe/128",  # Oracle Cloud's
        "fec0::/10",  # site-local, RFC 3879
    )
)
# Inside these the last 32 bits, or those that RFC 6052 names, are an IPv4 address.
COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291, section 2.5.5.1
STATELESS = ipaddress.ip_network("::ffff:0:0:0/96")  # IPv4-translated, RFC 2765 (SIIT), which translators still know
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64, RFC 6052
TRANSLATED_HERE = ipaddress.ip_network("64:ff9b:1::/48")  # NAT64 of one's own, RFC 8215, with a prefix of 48, 56, 64 or 96 bits
ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")  # RFC 5214, bytes 8 to 11
# As the C library reads IPv4: one to four parts, decimal, octal or hexadecimal ("127.1", "0177.0.0.1", "0x7f000001").
IPV4 = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]+|[0-9]+)){0,3}", re.ASCII)


def read_literal(text: str) -> Address | None:
    """Return the address that a host is written as, with or without brackets, zone or last dot; None for a name."""
    text = text.strip().removeprefix("[").removesuffix("]").partition("%")[0].rstrip(".")
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    if not IPV4.fullmatch(text):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except OSError:
        return None


def leads_inside(address: Address) -> bool:
    """True for this machine and for what only it can reach, also where that is wrapped in an IPv6 address."""
    return any(_is_refused(one) or is_this_machine(one) for one in (address, *_embedded(address)))


def is_this_machine(address: Address) -> bool:
    """True for an address of one of this machine's interfaces: only to such a one a socket can be bound. Nothing is sent."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError as error:
        # Out of descriptors or memory says nothing about the address.
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
            raise
        return False
    return True


def _is_refused(address: Address) -> bool:
    if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
        return True
    return any(address.version == network.version and address in network for network in REFUSED)


def _embedded(address: Address) -> Iterator[ipaddress.IPv4Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return
    packed = address.packed
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif any(address in one for one in (COMPATIBLE, STATELESS, TRANSLATED)) or packed[8:12] in ISATAP:
        yield ipaddress.IPv4Address(packed[12:])
    elif address in TRANSLATED_HERE:
        # The byte 8 is left out by RFC 6052; which prefix a network has cannot be read from an address.
        spread = packed[:8] + packed[9:]
        for start in (6, 7, 8):
            yield ipaddress.IPv4Address(spread[start : start + 4])
        yield ipaddress.IPv4Address(packed[12:])
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
