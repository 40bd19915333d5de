"""Which segments are merged: small ones during a publish, large ones in the background, by `maintain`.

A segment with codes holds one collection, and is joined with its like alone. Rows without codes lie together, whatever their
collection, until one collection has enough of them for codes.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence

from retrieval.local.manifest import Part
from retrieval.local.segment_files import CODED_ROWS, CODES

MERGE_FACTOR = 8  # segments of one tier that become one of the next: each row is rewritten log8(n) times
SMALL_ROWS = 512  # all below are one tier: joining eight of them is a matter of milliseconds
INLINE_ROWS = MERGE_FACTOR * SMALL_ROWS  # joined in the publish itself; more would keep the document waiting
MAX_ROWS = 2 * 1024 * 1024  # of a joined segment: what training and writing take in memory (3 GB at 384 dimensions) has a bound
OVERDUE = 4  # times MERGE_FACTOR segments in a tier: nobody maintains this index, so the publish does it, whatever it takes


def tier_of(part: Part) -> int:
    return 0 if part.rows < SMALL_ROWS else 1 + int(math.log(part.rows / SMALL_ROWS, MERGE_FACTOR) + 1e-9)


def due_inline(parts: Sequence[Part]) -> list[Part]:
    """Return segments that a publish joins before it swaps; none: []."""
    plain = [part for part in parts if not is_coded(part)]
    return _crowded(plain, lambda rows, count: rows <= INLINE_ROWS or count >= OVERDUE * MERGE_FACTOR) or [
        part for part in plain if part.dead_rows * 2 > part.rows and part.rows <= INLINE_ROWS
    ]


def due(parts: Sequence[Part], *, coded_rows: int = CODED_ROWS) -> list[Part]:
    """Return segments that are better written anew: a collection in them wants codes, they are many, or mostly dead; none: []."""
    plain = [part for part in parts if not is_coded(part)]
    groups: dict[frozenset[int], list[Part]] = {}
    for part in parts:
        if is_coded(part):
            groups.setdefault(frozenset(part.collections), []).append(part)
    for group in (plain, *groups.values()):
        found = (_wanting_codes(plain, coded_rows) if group is plain else []) or _crowded(group, lambda rows, count: True)
        if found:
            return found
    return next(([part] for part in parts if part.dead_rows * 2 > part.rows), [])


def is_coded(part: Part) -> bool:
    return CODES in part.files


def _wanting_codes(plain: Sequence[Part], coded_rows: int) -> list[Part]:
    """Return the segments that hold a collection with enough rows for codes."""
    counts: Counter[int] = Counter()
    for part in plain:
        counts.update(part.collections)
    for collection in sorted(one for one, rows in counts.items() if rows >= coded_rows):
        holding = sorted((part for part in plain if collection in part.collections), key=lambda part: -part.collections[collection])
        taken: list[Part] = []
        for part in holding:
            if sum(other.rows for other in taken) + part.rows <= MAX_ROWS:
                taken.append(part)
        if sum(part.collections[collection] for part in taken) >= coded_rows:
            return taken
    return []


def _crowded(parts: Sequence[Part], fits: Callable[[int, int], bool]) -> list[Part]:
    tiers: dict[int, list[Part]] = {}
    for part in parts:
        tiers.setdefault(tier_of(part), []).append(part)
    for _, tier in sorted(tiers.items()):
        rows = sum(part.rows - part.dead_rows for part in tier)
        if len(tier) >= MERGE_FACTOR and rows <= MAX_ROWS and fits(rows, len(tier)):
            return tier
    return []
