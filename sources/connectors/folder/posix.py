"""POSIX rights as principals: owner, group, mode bits, and the access list where a file has one.

Where POSIX and a list of allowed and denied do not say the same, fewer people read: a group without the bit is denied though
another of somebody's groups has it; whoever is let into a folder as a person and to a file as a member of a group is not.
"""

import errno
import grp
import os
import pwd
import stat
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from sources.connectors.port import EVERYONE, Principal, Rights

READ, ENTER = 4, 1  # bits of a mode: to read a file, to go through a folder
XATTR = "system.posix_acl_access"
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20  # linux/posix_acl.h
NO_LIST = frozenset((errno.ENODATA, errno.ENOTSUP, errno.EPERM, errno.ENOSYS))
EVERYBODY = Principal(kind=EVERYONE)
OPEN = Rights(allow=frozenset({EVERYBODY}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an access list. `id`: of a user or group; of the owning ones, theirs."""

    tag: int
    bits: int
    id: int = 0


def entries_of(status: os.stat_result, *, acl: bytes) -> list[Entry]:
    """Return the lines that count: those of the access list, or of the mode where there is none ("")."""
    if len(acl) >= 4:
        lines = [
            Entry(tag=tag, bits=bits, id=id_) for tag, bits, id_ in struct.iter_unpack("<HHI", acl[4 : 4 + (len(acl) - 4) // 8 * 8])
        ]
        own = {USER_OBJ: status.st_uid, GROUP_OBJ: status.st_gid}
        return [Entry(tag=line.tag, bits=line.bits, id=own.get(line.tag, line.id)) for line in lines]
    mode = stat.S_IMODE(status.st_mode)
    return [
        Entry(tag=USER_OBJ, bits=mode >> 6 & 7, id=status.st_uid),
        Entry(tag=GROUP_OBJ, bits=mode >> 3 & 7, id=status.st_gid),
        Entry(tag=OTHER, bits=mode & 7),
    ]


def rights_from(entries: Iterable[Entry], bit: int, *, name: Callable[[str, int], Principal]) -> Rights:
    """Return who has a bit. Args: name: gives the principal of ("person" or "group", number)."""
    lines = list(entries)
    mask = next((line.bits for line in lines if line.tag == MASK), 7)
    others = any(line.tag == OTHER and line.bits & bit for line in lines)
    people = [(line, line.bits & (7 if line.tag == USER_OBJ else mask)) for line in lines if line.tag in (USER_OBJ, USER)]
    groups = [(line, line.bits & mask) for line in lines if line.tag in (GROUP_OBJ, GROUP)]
    has_group = {line.id for line, bits in groups if bits & bit}
    has_person = {line.id for line, bits in people if bits & bit}
    allow = {name("person", id_) for id_ in has_person} | {name("group", id_) for id_ in has_group}
    deny: set[Principal] = set()
    if others or has_group:  # else nothing else would let them in
        deny |= {name("person", line.id) for line, _bits in people if line.id not in has_person}
    if others:
        deny |= {name("group", line.id) for line, _bits in groups if line.id not in has_group}
    return Rights(allow=frozenset({EVERYBODY} if others else allow), deny=frozenset(deny))


def both(outer: Rights, inner: Rights) -> Rights:
    """Return who has the right of both: a folder to go through, and what is in it."""
    if EVERYBODY in outer.allow:
        allow = inner.allow
    elif EVERYBODY in inner.allow:
        allow = outer.allow
    else:
        allow = outer.allow & inner.allow
    return Rights(allow=allow, deny=outer.deny | inner.deny)


def read_acl(folder: int, name: str) -> bytes:
    """Return the access list of an entry of an opened folder, as the kernel gives it; b"" where it has none.

    Raises: OSError: it is gone, or the file system does not answer.
    """
    try:
        return os.getxattr(f"/proc/self/fd/{folder}/{name}", XATTR, follow_symlinks=False)
    except OSError as error:
        if error.errno in NO_LIST:
            return b""
        raise


def by_number(kind: str, id_: int) -> Principal:
    """Return the principal whose id is the number, and whose name is what this machine calls it."""
    return Principal(kind=kind, id=str(id_), name=system_name(kind, id_))


def by_system_name(kind: str, id_: int) -> Principal:
    """Return the principal whose id is its name on this machine, the number where it has none."""
    name = system_name(kind, id_)
    return Principal(kind=kind, id=name or str(id_), name=name)


@lru_cache(maxsize=4096)
def system_name(kind: str, id_: int) -> str:
    try:
        return pwd.getpwuid(id_).pw_name if kind == "person" else grp.getgrgid(id_).gr_name
    except KeyError:
        return ""
