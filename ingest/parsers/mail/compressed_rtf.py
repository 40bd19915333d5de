"""The body of an Outlook message that is RTF alone, packed in a way of its own.

Source: [MS-OXRTFCP], "Rich Text Format (RTF) Compression Algorithm".
"""

import struct

PACKED, PLAIN = b"LZFu", b"MELA"
WINDOW = 4096
MAX_BYTES = 64 * 1024 * 1024
KNOWN = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans "
    b"SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress_rtf(data: bytes) -> bytes:
    """Return the RTF of a packed body. Raises: ValueError: it is not one, or is larger than MAX_BYTES."""
    if len(data) < 16:
        raise ValueError("compressed RTF: no header")
    _, size, kind, _ = struct.unpack("<II4sI", data[:16])
    if size > MAX_BYTES:
        raise ValueError("compressed RTF: too large")
    if kind == PLAIN:
        return data[16 : 16 + size]
    if kind != PACKED:
        raise ValueError("compressed RTF: unknown kind")
    window = bytearray(KNOWN.ljust(WINDOW, b" "))
    write, position, found = len(KNOWN), 16, bytearray()
    while position < len(data) and len(found) < size:
        control, position = data[position], position + 1
        for bit in range(8):
            if control >> bit & 1:
                if position + 2 > len(data):
                    return bytes(found)
                token, position = data[position] << 8 | data[position + 1], position + 2
                start, length = token >> 4, (token & 0xF) + 2
                if start == write:
                    return bytes(found)
                piece = bytearray()
                for step in range(length):  # one by one: a piece may reach into what it writes
                    byte = window[(start + step) % WINDOW]
                    piece.append(byte)
                    window[write] = byte
                    write = (write + 1) % WINDOW
                found += piece
            elif position < len(data):
                byte, position = data[position], position + 1
                found.append(byte)
                window[write] = byte
                write = (write + 1) % WINDOW
    return bytes(found)
