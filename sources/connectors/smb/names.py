"""Ask a server what its security identifiers are called: LsarLookupSids ([MS-LSAT]) over the pipe "lsarpc" ([MS-RPCE]).

Names are for the page that maps principals, and tell people from groups; where the server gives none, the identifier stands.
"""

import struct
import uuid
from typing import Any

from smbprotocol.exceptions import SMBException
from smbprotocol.file_info import FileAttributes
from smbprotocol.open import CreateDisposition, FilePipePrinterAccessMask, ImpersonationLevel, Open, ShareAccess

from sources.connectors.port import Principal
from sources.connectors.smb.descriptor import write_identifier

LSARPC = (uuid.UUID("12345778-1234-abcd-ef00-0123456789ab"), 0)
NDR = (uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2)
BIND, REQUEST, RESPONSE, BIND_ACK = 11, 0, 2, 12
OPEN_POLICY, LOOKUP_SIDS = 44, 15
LOOKUP_NAMES, WORKSTATION = 0x800, 1
FOUND = (0x0, 0x107, 0xC0000073)  # all, some, none of them have names
PERSON = 1  # SID_NAME_USE
AT_ONCE = 4280


class Names:
    """The names of identifiers, asked once each."""

    def __init__(self, pipes: Any) -> None:
        """`pipes`: the tree of IPC$, None where it cannot be had."""
        self._known: dict[str, Principal] = {}
        self._pipe: Any = None
        if pipes is None:
            return
        try:
            self._pipe, self._policy = _open_policy(pipes)
        except (SMBException, struct.error, ValueError):
            self._pipe = None

    def __call__(self, identifier: str) -> Principal:
        if identifier not in self._known:
            self._known[identifier] = self._look_up(identifier)
        return self._known[identifier]

    def _look_up(self, identifier: str) -> Principal:
        if self._pipe is None:
            return Principal("group", identifier, identifier)
        try:
            kind, domain, name = _read_answer(_call(self._pipe, LOOKUP_SIDS, _question(self._policy, identifier)))
        except (SMBException, struct.error, ValueError, IndexError):
            return Principal("group", identifier, identifier)
        shown = f"{domain}\\{name}" if domain and name else name
        return Principal("person" if kind == PERSON else "group", identifier, shown or identifier)


def _open_policy(pipes: Any) -> tuple[Any, bytes]:
    pipe = Open(pipes, "lsarpc")
    pipe.create(
        ImpersonationLevel.Impersonation,
        FilePipePrinterAccessMask.FILE_READ_DATA | FilePipePrinterAccessMask.FILE_WRITE_DATA,
        FileAttributes.FILE_ATTRIBUTE_NORMAL,
        ShareAccess.FILE_SHARE_READ | ShareAccess.FILE_SHARE_WRITE,
        CreateDisposition.FILE_OPEN,
        0,
    )
    context = struct.pack("<HBB", 0, 1, 0) + b"".join(one.bytes_le + struct.pack("<I", version) for one, version in (LSARPC, NDR))
    _exchange(pipe, BIND, struct.pack("<HHIB3x", AT_ONCE, AT_ONCE, 0, 1) + context, BIND_ACK)
    attributes = struct.pack("<IIIIII", 24, 0, 0, 0, 0, 0)  # LSAPR_OBJECT_ATTRIBUTES: none of them is read
    answer = _call(pipe, OPEN_POLICY, struct.pack("<I", 0) + attributes + struct.pack("<I", LOOKUP_NAMES))
    if struct.unpack_from("<I", answer, 20)[0]:
        raise ValueError("no policy")
    return pipe, answer[:20]


def _question(policy: bytes, identifier: str) -> bytes:
    """LsarLookupSids for one identifier; referents are numbers that are not zero."""
    sid = write_identifier(identifier)
    asked = struct.pack("<IIII", 1, 0x20000, 1, 0x20004) + struct.pack("<I", sid[1]) + sid
    return policy + asked + struct.pack("<IIIII", 0, 0, WORKSTATION, 0, 0)[:16]


def _read_answer(answer: bytes) -> tuple[int, str, str]:
    """Return kind, domain and name."""
    if struct.unpack_from("<I", answer, len(answer) - 4)[0] not in FOUND:
        raise ValueError("no names")
    reader = _Reader(answer)
    domains: list[str] = []
    if reader.number():
        count, has_array, _most = reader.number(), reader.number(), reader.number()
        if has_array:
            reader.number()
            heads = [(reader.text_head(), reader.number()) for _place in range(count)]
            for has_text, has_sid in heads:
                domains.append(reader.text() if has_text else "")
                if has_sid:
                    reader.skip(8 + 4 * reader.number())
    count, has_array = reader.number(), reader.number()
    if not count or not has_array:
        raise ValueError("no names")
    reader.number()
    kind = reader.number() & 0xFFFF
    has_text, domain = reader.text_head(), reader.number()
    name = reader.text() if has_text else ""
    return kind, domains[domain] if domain < len(domains) else "", name


class _Reader:
    """Reads the transfer syntax NDR as far as these answers need it."""

    def __init__(self, content: bytes) -> None:
        self._content, self._position = content, 0

    def number(self) -> int:
        self._position += -self._position % 4
        (value,) = struct.unpack_from("<I", self._content, self._position)
        self._position += 4
        return int(value)

    def text_head(self) -> bool:
        """Read an RPC_UNICODE_STRING without its text. Returns whether there is one."""
        self.number()  # two lengths of 16 bits
        return bool(self.number())

    def text(self) -> str:
        _most, _offset, length = self.number(), self.number(), self.number()
        start = self._position
        self.skip(2 * length)
        return self._content[start : start + 2 * length].decode("utf-16-le", errors="replace").rstrip("\0")

    def skip(self, size: int) -> None:
        self._position += size
        if self._position > len(self._content):
            raise ValueError("cut off")


def _call(pipe: Any, operation: int, body: bytes) -> bytes:
    return _exchange(pipe, REQUEST, struct.pack("<IHH", len(body), 0, operation) + body, RESPONSE)[8:]


def _exchange(pipe: Any, kind: int, body: bytes, expected: int) -> bytes:
    """Send one fragment and return the body of the answer, of however many fragments it has."""
    pipe.write(struct.pack("<BBBBIHHI", 5, 0, kind, 3, 0x10, 16 + len(body), 0, 1) + body)
    found = b""
    while True:
        fragment: bytes = pipe.read(0, AT_ONCE)
        _major, _minor, got, flags, _format, length = struct.unpack_from("<BBBBIH", fragment)
        while len(fragment) < length:
            fragment += pipe.read(0, length - len(fragment))
        if got != expected:
            raise ValueError(f"answer {got}")
        found += fragment[16:length] if not found else fragment[24:length]
        if flags & 2:
            return found
