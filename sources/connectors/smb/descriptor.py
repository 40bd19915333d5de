"""Read who may read a file from its security descriptor ([MS-DTYP] 2.4.6, self-relative).

Windows reads an access list from top to bottom: what comes first for somebody counts. Here a denial of one group counts even where
another entry above it allows a person in it, so that nobody reads more here than there. Of two entries for one identifier the first
counts.
"""

import struct
from collections.abc import Callable, Iterator

from sources.connectors.port import EVERYONE, Principal, Rights

READS = 0x80000000 | 0x10000000 | 0x1  # GENERIC_READ, GENERIC_ALL, FILE_READ_DATA
ALLOWED, DENIED, DENIED_IF = 0x0, 0x1, 0xA  # an allowance with a condition (0x9) allows nobody here, a denial denies
INHERIT_ONLY = 0x8
IS_PRESENT = 0x4  # SE_DACL_PRESENT
WORLD = "S-1-1-0"
OWNERS = {"S-1-3-0", "S-1-3-1", "S-1-3-4"}  # placeholders for whoever makes or owns a file
Name = Callable[[str], Principal]


def read_rights(descriptor: bytes, name: Name) -> Rights:
    """Return who may read. `name` makes a principal of an identifier. Raises: ValueError: it is no descriptor."""
    decided: dict[str, bool] = {}
    try:
        entries = list(_entries(descriptor))
    except (struct.error, IndexError) as error:
        raise ValueError("no security descriptor") from error
    for is_allowed, identifier in entries:
        decided.setdefault(identifier, is_allowed)
    allow = frozenset(_principal(one, name) for one, is_allowed in decided.items() if is_allowed and one not in OWNERS)
    deny = frozenset(_principal(one, name) for one, is_allowed in decided.items() if not is_allowed and one not in OWNERS)
    return Rights(allow=allow, deny=deny)


def _principal(identifier: str, name: Name) -> Principal:
    return Principal(EVERYONE) if identifier == WORLD else name(identifier)


def _entries(descriptor: bytes) -> Iterator[tuple[bool, str]]:
    """Yield whether an entry allows reading, and whom."""
    _revision, _padding, control, _owner, _group, _sacl, offset = struct.unpack_from("<BBHIIII", descriptor)
    if not control & IS_PRESENT or not offset:
        yield True, WORLD  # no list at all: everybody may do everything
        return
    _revision, _padding, _size, count, _padding2 = struct.unpack_from("<BBHHH", descriptor, offset)
    position = offset + 8
    for _entry in range(count):
        kind, flags, size, mask = struct.unpack_from("<BBHI", descriptor, position)
        if kind in (ALLOWED, DENIED, DENIED_IF) and mask & READS and not flags & INHERIT_ONLY:
            yield kind == ALLOWED, read_identifier(descriptor, position + 8)
        if size < 8:
            raise IndexError(size)
        position += size


def read_identifier(content: bytes, position: int) -> str:
    """Return a SID as text, such as S-1-5-21-1-2-3-1001."""
    revision, count = content[position], content[position + 1]
    authority = int.from_bytes(content[position + 2 : position + 8], "big")
    parts = struct.unpack_from(f"<{count}I", content, position + 8)
    return "-".join(map(str, ("S", revision, authority, *parts)))


def write_identifier(text: str) -> bytes:
    """Return the bytes of a SID."""
    _s, revision, authority, *parts = text.split("-")
    head = bytes([int(revision), len(parts)]) + int(authority).to_bytes(6, "big")
    return head + struct.pack(f"<{len(parts)}I", *map(int, parts))
