"""The Merkle tree against RFC 6962's own recursive definition, and the installation's tree with its file of subtrees."""

import hashlib
from pathlib import Path

import pytest

from audit.chain import growing
from audit.chain.growing import Tree
from audit.chain.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
    node_hash,
    root_of_path,
)
from audit.models import Event
from audit.services import record

LEAVES = [leaf_hash(hashlib.sha256(str(number).encode()).hexdigest()) for number in range(40)]


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def node(start: int, size: int) -> bytes:
    return defined_root(LEAVES[start : start + size])


def test_the_frontier_has_the_defined_root_at_every_size() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == defined_root([])
    for size, leaf in enumerate(LEAVES, start=1):
        frontier.append(leaf)
        assert frontier.root() == defined_root(LEAVES[:size])
        assert Frontier(size=size, nodes=frontier.nodes).root() == frontier.root()
    with pytest.raises(ValueError, match="another number"):
        Frontier(size=3, nodes=[LEAVES[0]])


def test_every_leaf_is_proven_in_every_tree_and_nowhere_else() -> None:
    for size in range(1, len(LEAVES) + 1):
        root = defined_root(LEAVES[:size])
        for index in range(size):
            path = inclusion_path(index, size, node)
            assert root_of_path(LEAVES[index], index, size, path) == root
            if size > 1:
                assert root_of_path(LEAVES[index], (index + 1) % size, size, path) != root
                assert root_of_path(LEAVES[(index + 1) % size], index, size, path) != root
                assert root_of_path(LEAVES[index], index, size, path[:-1]) != root
            assert root_of_path(LEAVES[index], index, size, [*path, root]) != root


def test_every_tree_is_proven_to_continue_each_shorter_one() -> None:
    for second in range(1, len(LEAVES) + 1):
        for first in range(1, second + 1):
            path = consistency_path(first, second, node)
            roots = defined_root(LEAVES[:first]), defined_root(LEAVES[:second])
            assert is_consistent(first, roots[0], second, roots[1], path)
            assert not is_consistent(first, LEAVES[-1], second, roots[1], path)
            assert not is_consistent(first, roots[0], second, LEAVES[-1], path)
            assert not is_consistent(first, roots[0], second, roots[1], [*path, LEAVES[0]])


@pytest.mark.django_db
def test_the_tree_of_the_events_is_the_same_with_and_without_its_file(audit_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "TILE", 4)  # as with 256, from fewer events
    monkeypatch.setattr(growing, "READ_AT_ONCE", 8)
    for number in range(23):
        record("a.b", payload={"n": number})
    leaves = [leaf_hash(one) for one in Event.objects.order_by("sequence").values_list("hash", flat=True)]
    for size in range(1, 24):
        tree = Tree(root=audit_root, size=size)
        assert tree.root() == defined_root(leaves[:size])
        for sequence in range(1, size + 1):
            assert root_of_path(leaves[sequence - 1], sequence - 1, size, tree.inclusion(sequence)) == tree.root()
        for first in range(1, size + 1):
            assert is_consistent(first, defined_root(leaves[:first]), size, tree.root(), tree.consistency(first))
    kept = audit_root / "tree.bin"
    assert kept.stat().st_size == 23 // 4 * 32
    kept.write_bytes(kept.read_bytes()[:70])  # as a crash leaves it
    assert Tree(root=audit_root, size=23).root() == defined_root(leaves)
    kept.unlink()
    assert Tree(root=audit_root, size=23).root() == defined_root(leaves)
