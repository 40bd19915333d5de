"""Pictures in the text of a .doc: PNG and JPEG as they were put in; drawings (EMF, WMF) hold no text that could be read."""

import struct

MAX_BYTES = 64 << 20
STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def picture_at(data: bytes, place: int) -> bytes:
    """Return the picture that the stream "Data" holds at a place (PICFAndOfficeArtData, MS-DOC 2.9.192), b"" for none."""
    if place + 6 > len(data):
        return b""
    size, header = struct.unpack_from("<IH", data, place)
    block = data[place + header : place + min(size, MAX_BYTES)]
    found = [start for mark in STARTS if (start := block.find(mark)) >= 0]
    return block[min(found) :] if found else b""
