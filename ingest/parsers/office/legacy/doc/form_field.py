"""A box to tick in a form of a .doc: what lies in the stream of data for the field's mark (MS-DOC 2.9.78, FFData)."""

import struct

BOX, NOT_SET = 1, 25


def shown_box(data: bytes, place: int) -> str:
    """Return the box as it shows, "" where no box is described there."""
    if not 0 <= place <= len(data) - 6:
        return ""
    start = place + struct.unpack_from("<H", data, place + 4)[0]
    if start + 12 > len(data):
        return ""
    version, bits, _, _, length = struct.unpack_from("<IHHHH", data, start)
    if version != 0xFFFFFFFF or bits & 3 != BOX:
        return ""
    chosen = bits >> 2 & 31
    default = start + 12 + 2 * length + 2  # behind the name, which ends with a zero
    if chosen == NOT_SET and default + 2 <= len(data):
        chosen = struct.unpack_from("<H", data, default)[0]
    return "☑" if chosen == 1 else "☐"
