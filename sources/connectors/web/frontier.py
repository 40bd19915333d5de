"""What a crawl has before and behind it, small enough to be its cursor."""

import base64
import json
import zlib
from collections import deque
from dataclasses import dataclass, field
from hashlib import blake2b


@dataclass(slots=True, kw_only=True)
class Frontier:
    """`waiting`: addresses with their depth. `seen`: what was ever waiting, and the bytes of pages, as short hashes; at most `most`
    addresses are taken. `is_cut`: some were left out, so what was not found may still be there. `spent_s`: of earlier runs."""

    most: int
    waiting: deque[tuple[str, int]] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    taken: int = 0
    is_cut: bool = False
    is_begun: bool = False
    spent_s: float = 0.0

    def add(self, url: str, depth: int) -> None:
        """Let an address wait, unless it did before."""
        if not self.is_new(url):
            return
        if self.taken >= self.most:
            self.is_cut = True
            return
        self.see(url)
        self.taken += 1
        self.waiting.append((url, depth))

    def is_new(self, what: str | bytes) -> bool:
        return _short(what) not in self.seen

    def see(self, what: str | bytes) -> None:
        self.seen.add(_short(what))

    def write(self, spent_s: float) -> str:
        state = {
            "waiting": list(self.waiting),
            "seen": sorted(self.seen),
            "taken": self.taken,
            "cut": self.is_cut,
            "spent": round(self.spent_s + spent_s),
        }
        return base64.b64encode(zlib.compress(json.dumps(state, ensure_ascii=False).encode())).decode()

    @classmethod
    def read(cls, text: str, *, most: int) -> "Frontier":
        """Raises: ValueError: it is none."""
        try:
            state = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
        except zlib.error as error:
            raise ValueError(str(error)) from error
        return cls(
            most=most,
            waiting=deque((url, depth) for url, depth in state["waiting"]),
            seen=set(state["seen"]),
            taken=state["taken"],
            is_cut=state["cut"],
            is_begun=True,
            spent_s=state["spent"],
        )


def _short(what: str | bytes) -> str:
    content = what.encode(errors="replace") if isinstance(what, str) else b"\0" + what
    return base64.b85encode(blake2b(content, digest_size=8).digest()).decode()
