"""Read server-sent events from bytes, as an OpenAI-compatible server sends them."""

_FIELDS = (b":", b"event:", b"id:", b"retry:")
_OTHER_BYTES = 1_000_000


class EventReader:
    """Collects bytes into the `data` of whole events. Lines may end in LF or CRLF and may be cut anywhere, even inside
    a character. Comments, names and ids of events are skipped; `other` keeps lines that belong to no event."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self.other = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the data of every event that `piece` completes."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        events = []
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data = []
            elif line and not line.startswith(_FIELDS) and len(self.other) < _OTHER_BYTES:
                self.other += line + b"\n"
        return events

    def close(self) -> list[bytes]:
        """Return the unfinished event at the end: some servers omit the last empty line."""
        events = self.feed(b"\n\n")
        self._rest = b""
        return events
