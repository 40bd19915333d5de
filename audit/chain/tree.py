"""The Merkle tree of RFC 6962 over the hashes of the events, as arithmetic: no database, no files.

A leaf's content is an event's `hash` as the chain spells it, 64 hexadecimal digits. A root of 32 bytes stands for all of them in
their order; a path of about twenty hashes proves that one event is among a million (inclusion), or that a longer chain continues a
shorter one (consistency).

Source: RFC 6962, "Certificate Transparency", section 2.1.
"""

import hashlib
from collections.abc import Callable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
Node = Callable[[int, int], bytes]  # (start, size) of a complete subtree, size a power of two → its hash


def leaf_hash(event_hash: str) -> bytes:
    return hashlib.sha256(b"\x00" + event_hash.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees of a tree that grows, biggest first: enough for its root, about 20 hashes for a million leaves."""

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if len(nodes) != size.bit_count():
            raise ValueError("A tree of this size has another number of complete subtrees.")
        self.size, self.nodes = size, list(nodes)

    def append(self, leaf: bytes) -> list[tuple[int, bytes]]:
        """Add a leaf. Returns: the complete subtrees that it ended, as (their height, their hash)."""
        node, height, completed = leaf, 0, []
        while self.size >> height & 1:
            node = node_hash(self.nodes.pop(), node)
            height += 1
            completed.append((height, node))
        self.nodes.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        if not self.nodes:
            return EMPTY_ROOT
        node = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            node = node_hash(left, node)
        return node


def split(size: int) -> int:
    """Return the largest power of two smaller than `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def range_hash(start: int, size: int, node: Node) -> bytes:
    """Return the hash of `size` leaves from `start` on, where such a range is a subtree of some tree."""
    if size & (size - 1) == 0:
        return node(start, size)
    left = split(size)
    return node_hash(range_hash(start, left, node), range_hash(start + left, size - left, node))


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """Return the path of leaf `index` (from 0) in the tree of the first `size` leaves, lowest first."""
    start, path = 0, []
    while size > 1:
        left = split(size)
        if index < left:
            path.append(range_hash(start + left, size - left, node))
            size = left
        else:
            path.append(range_hash(start, left, node))
            start, size, index = start + left, size - left, index - left
    return path[::-1]


def consistency_path(first: int, second: int, node: Node) -> list[bytes]:
    """Return the proof that the tree of `second` leaves continues that of `first`, 0 < first <= second."""

    def prove(length: int, start: int, size: int, is_known: bool) -> list[bytes]:
        if length == size:
            return [] if is_known else [range_hash(start, size, node)]
        left = split(size)
        if length <= left:
            return [*prove(length, start, left, is_known), range_hash(start + left, size - left, node)]
        return [*prove(length - left, start + left, size - left, False), range_hash(start, left, node)]

    return prove(first, 0, second, True)


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that an inclusion path leads to, None where it is no path of such a tree."""
    if not 0 <= index < size:
        return None
    at, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return node if last == 0 else None


def is_consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the second tree continues the first, 0 < first <= second."""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second:
        return False
    nodes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not nodes:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
