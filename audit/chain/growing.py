"""The Merkle tree of this installation: its leaves are the events in the database, what is expensive to compute is kept in a file.

`tree.bin` under the audit's folder holds the hash of each complete subtree of 256 events, 32 bytes each. It can be deleted at any
time: it is made again from the events.
"""

import fcntl
from collections.abc import Sequence
from pathlib import Path

from audit.chain.tree import Frontier, consistency_path, inclusion_path, leaf_hash, range_hash
from audit.errors import AuditInvalid
from audit.models import Event

TREE_NAME = "tree.bin"
TILE = 256  # events
WIDTH = 32  # bytes
READ_AT_ONCE = 64 * TILE


class Tree:
    """The tree of the first `size` events. Raises: AuditInvalid: some of them are missing."""

    def __init__(self, *, root: Path, size: int) -> None:
        self.size = size
        self._tiles = _tiles(root, size // TILE)
        self._leaves: dict[int, list[bytes]] = {}

    def root(self) -> bytes:
        frontier = Frontier()
        for tile in self._tiles:
            frontier.append(tile)
        frontier = Frontier(size=len(self._tiles) * TILE, nodes=frontier.nodes)
        for leaf in self._leaves_of(len(self._tiles), self.size % TILE):
            frontier.append(leaf)
        return frontier.root()

    def inclusion(self, sequence: int) -> list[bytes]:
        """Return the path from an event, by its sequence from 1, to the root."""
        return inclusion_path(sequence - 1, self.size, self._node)

    def consistency(self, first: int) -> list[bytes]:
        """Return the proof that this tree continues the one of the first `first` events."""
        return consistency_path(first, self.size, self._node)

    def _node(self, start: int, size: int) -> bytes:
        if size >= TILE:
            return range_hash(start // TILE, size // TILE, self._tile_range)
        tile, offset = divmod(start, TILE)
        leaves = self._leaves_of(tile, min(TILE, self.size - tile * TILE))
        return _root_of(leaves[offset : offset + size])

    def _tile_range(self, start: int, size: int) -> bytes:
        return _root_of(self._tiles[start : start + size])

    def _leaves_of(self, tile: int, count: int) -> list[bytes]:
        if tile not in self._leaves:
            self._leaves[tile] = _read_leaves(tile * TILE, count)
        return self._leaves[tile]


def _tiles(root: Path, count: int) -> list[bytes]:
    """Return the hashes of the first `count` complete subtrees, adding those to the file that it lacks."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / TREE_NAME).open("a+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        content = stream.read()
        present = len(content) // WIDTH
        stream.truncate(present * WIDTH)  # what a crash left of one
        found = [content[at * WIDTH : (at + 1) * WIDTH] for at in range(min(present, count))]
        while len(found) < count:
            leaves = _read_leaves(len(found) * TILE, min(READ_AT_ONCE, (count - len(found)) * TILE))
            made = [_root_of(leaves[at : at + TILE]) for at in range(0, len(leaves), TILE)]
            stream.write(b"".join(made))
            found += made
    return found


def _read_leaves(start: int, count: int) -> list[bytes]:
    events = Event.objects.filter(sequence__gt=start, sequence__lte=start + count).order_by("sequence")
    hashes = list(events.values_list("hash", flat=True))
    if len(hashes) != count:
        raise AuditInvalid(f"Events are missing between {start + 1} and {start + count}: run `manage.py verify_audit`.")
    return [leaf_hash(str(one)) for one in hashes]


def _root_of(nodes: Sequence[bytes]) -> bytes:
    frontier = Frontier()
    for node in nodes:
        frontier.append(node)
    return frontier.root()
