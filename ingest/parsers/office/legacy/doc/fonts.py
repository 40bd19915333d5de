"""Names of the fonts of a .doc (MS-DOC 2.9.284, SttbfFfn; 2.9.76, FFN)."""

import struct

NAME = 40  # where the name begins in an entry, its first byte included
MAX_FONTS = 2000


def read_fonts(table: bytes) -> list[str]:
    """Return the names in their order, by which characters refer to them."""
    names: list[str] = []
    if len(table) < 4:
        return names
    count, place = struct.unpack_from("<H", table)[0], 4
    while place < len(table) and len(names) < min(count, MAX_FONTS):
        size = table[place] + 1
        name = table[place + NAME : place + size].decode("utf-16-le", "replace")
        names.append(name.partition("\0")[0])
        place += size
    return names
