"""Writes compound files (MS-CFB, version 3), in which Office kept documents before 2007."""

import struct

SECTOR = 512
FREE, END, FAT_SECTOR, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
SMALLEST = 4096  # shorter streams would lie in a stream of their own kind; these are filled up with zeros
STORAGE, STREAM, ROOT = 1, 2, 5


def compound_file(streams: dict[str, bytes], *, storages: tuple[str, ...] = ()) -> bytes:
    """A compound file with streams, and with empty storages beside them."""
    padded = {name: data.ljust(SMALLEST, b"\0") for name, data in streams.items()}
    sectors: list[bytes] = []
    fat: list[int] = []
    starts: dict[str, int] = {}
    for name, data in padded.items():
        starts[name] = _chain(data, sectors, fat)
    entries = [_entry("Root Entry", ROOT, child=1)]
    names = [*padded, *storages]
    for number, name in enumerate(names, start=1):  # each hangs on the right of the one before
        right = number + 1 if number < len(names) else NONE
        kind = STREAM if name in padded else STORAGE
        entries.append(_entry(name, kind, right=right, start=starts.get(name, 0), size=len(padded.get(name, b""))))
    directory = _chain(b"".join(entries), sectors, fat)
    fat_sectors = next(count for count in range(1, 110) if count * SECTOR // 4 >= len(fat) + count)
    fat_starts = list(range(len(sectors), len(sectors) + fat_sectors))
    fat += [FAT_SECTOR] * fat_sectors
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_sectors * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIIII", 0, fat_sectors, directory, 0, SMALLEST, END, 0, END, 0, *fat_starts[:1])
    head += struct.pack(f"<{len(fat_starts) - 1}I", *fat_starts[1:])
    return head.ljust(SECTOR, b"\xff") + b"".join(sectors) + table


def _chain(data: bytes, sectors: list[bytes], fat: list[int]) -> int:
    start = len(sectors)
    count = -(-len(data) // SECTOR)
    for number in range(count):
        sectors.append(data[SECTOR * number : SECTOR * (number + 1)].ljust(SECTOR, b"\0"))
        fat.append(start + number + 1 if number < count - 1 else END)
    return start


def _entry(name: str, kind: int, *, child: int = NONE, right: int = NONE, start: int = 0, size: int = 0) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    head = written.ljust(64, b"\0") + struct.pack("<HBBIII", len(written), kind, 1, NONE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)
