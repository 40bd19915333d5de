"""OLE containers, as Office 97 to 2003 and Outlook write them, made from names and bytes. Source: [MS-CFB]."""

import struct
from dataclasses import dataclass, field

SECTOR, SMALL, CUTOFF = 512, 64, 4096
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
Tree = dict[str, "bytes | Tree"]  # a stream's bytes, or what a storage holds


@dataclass(slots=True)
class _Entry:
    name: str
    kind: int  # 1 a storage, 2 a stream, 5 the root
    data: bytes = b""
    children: list[int] = field(default_factory=list)
    start: int = END
    right: int = FREE


def ole(tree: Tree) -> bytes:
    """Return a container with these streams; a dictionary becomes a storage."""
    entries = [_Entry("Root Entry", 5)]
    _add(entries, 0, tree)
    small, small_chain = b"", []
    sectors: list[bytes] = []
    chain: list[int] = []

    def store(data: bytes) -> int:
        start = len(sectors)
        pieces = [data[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(data), SECTOR)]
        sectors.extend(pieces)
        chain.extend([*range(start + 1, start + len(pieces)), END])
        return start

    for entry in entries[1:]:
        if entry.kind != 2 or not entry.data:
            continue
        if len(entry.data) >= CUTOFF:
            entry.start = store(entry.data)
            continue
        count = -(-len(entry.data) // SMALL)
        entry.start = len(small_chain)
        small_chain += [*range(entry.start + 1, entry.start + count), END]
        small += entry.data.ljust(count * SMALL, b"\0")
    entries[0].data = small
    if small:
        entries[0].start = store(small)
    small_fat = store(struct.pack(f"<{len(small_chain)}I", *small_chain).ljust(SECTOR, b"\xff")) if small_chain else END
    directory = store(b"".join(map(_packed, entries)))
    count = 1
    while count * (SECTOR // 4) < len(sectors) + count:
        count += 1
    first = len(sectors)
    table = [*chain, *[FAT] * count]
    table += [FREE] * (count * (SECTOR // 4) - len(table))
    whole = struct.pack(f"<{len(table)}I", *table)
    sectors += [whole[at : at + SECTOR] for at in range(0, len(whole), SECTOR)]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    small_count = -(-len(small_chain) * 4 // SECTOR)
    head += struct.pack("<IIIIIIIIII", 0, count, directory, 0, CUTOFF, small_fat, small_count, END, 0, first)
    head += struct.pack(f"<{108}I", *[*range(first + 1, first + count), *[FREE] * (109 - count)][:108])
    return head + b"".join(sectors)


def _add(entries: list[_Entry], parent: int, tree: Tree) -> None:
    before = None
    for name, content in sorted(tree.items(), key=lambda item: (len(item[0]), item[0].upper())):
        place = len(entries)
        entries.append(_Entry(name, 1 if isinstance(content, dict) else 2, content if isinstance(content, bytes) else b""))
        if before is None:
            entries[parent].children.append(place)
        else:
            entries[before].right = place
        before = place
        if isinstance(content, dict):
            _add(entries, place, content)


def _packed(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le") + b"\0\0"
    child = entry.children[0] if entry.children else FREE
    return (
        name.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(name), entry.kind, 1, FREE, entry.right, child)
        + b"\0" * 36
        + struct.pack("<IQ", entry.start if entry.data else (0 if entry.kind == 1 else END), len(entry.data))
    )
