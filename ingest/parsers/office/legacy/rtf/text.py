"""The text of an RTF file: bytes in the code page of their font, and units of UTF-16 with what older readers show instead."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class TextDecoder:
    """Collects text up to the next control word: several tokens may hold the bytes of one character, or the units of one.

    `to_skip`: how many more characters and control words stand for the last Unicode character.
    """

    to_skip: int = 0
    _parts: list[bytearray | list[int]] = field(default_factory=list)

    def add_bytes(self, data: bytes) -> None:
        skipped = min(self.to_skip, len(data))
        self.to_skip -= skipped
        if skipped == len(data):
            return
        last = self._parts[-1] if self._parts else None
        if not isinstance(last, bytearray):
            last = bytearray()
            self._parts.append(last)
        last.extend(data[skipped:])

    def add_unit(self, number: int, *, fallback: int) -> None:
        """Add a unit of UTF-16 (\\u). `fallback`: how many characters stand behind it for readers that know none."""
        last = self._parts[-1] if self._parts else None
        if not isinstance(last, list):
            last = []
            self._parts.append(last)
        last.append(number & 0xFFFF)
        self.to_skip = fallback

    def flush(self, codec: str) -> list[str]:
        """Return what was collected, bytes and units apart, and forget it. `codec`: the Python name of the bytes' code page."""
        texts = [_decode(part, codec) for part in self._parts]
        self._parts.clear()
        return texts


def _decode(part: bytearray | list[int], codec: str) -> str:
    if isinstance(part, bytearray):
        return part.decode(codec, "replace")
    return b"".join(unit.to_bytes(2, "little") for unit in part).decode("utf-16-le", "replace")
