"""Which segments become one, and the joining itself. Small ones at once, in the publish; large ones beside it, by `tend`."""

import math
from collections.abc import Callable, Sequence

from retrieval.local.manifest import Part
from retrieval.local.segment_files import CODED_ROWS, CODES

MERGE_FACTOR = 8  # segments of one tier that become one of the next: each row is rewritten log8(n) times
SMALL_ROWS = 512  # all below are one tier: joining eight of them is a matter of milliseconds
INLINE_ROWS = MERGE_FACTOR * SMALL_ROWS  # joined in the publish itself; more would keep the document waiting
MAX_ROWS = 2 * 1024 * 1024  # of a joined segment: what training and writing take in memory (3 GB at 384 dimensions) has a bound
OVERDUE = 4  # times MERGE_FACTOR segments in a tier: nobody tends this index, so the publish does it, whatever it takes


def tier_of(part: Part) -> int:
    return 0 if part.rows < SMALL_ROWS else 1 + int(math.log(part.rows / SMALL_ROWS, MERGE_FACTOR) + 1e-9)


def due_inline(parts: Sequence[Part]) -> list[Part]:
    """Return segments that a publish joins before it swaps; none: []."""
    return _crowded(parts, lambda rows, count: rows <= INLINE_ROWS or count >= OVERDUE * MERGE_FACTOR) or [
        part for part in parts if part.dead_rows * 2 > part.rows and part.rows <= INLINE_ROWS
    ]


def due(parts: Sequence[Part], *, coded_rows: int = CODED_ROWS) -> list[Part]:
    """Return segments that are better joined, mostly dead, or large and without codes; none: []."""
    crowded = _crowded(parts, lambda rows, count: True)
    if crowded:
        return crowded
    return next(([part] for part in parts if part.dead_rows * 2 > part.rows or _lacks_codes(part, coded_rows)), [])


def _lacks_codes(part: Part, coded_rows: int) -> bool:
    return part.rows - part.dead_rows >= coded_rows and CODES not in part.files


def _crowded(parts: Sequence[Part], fits: Callable[[int, int], bool]) -> list[Part]:
    tiers: dict[int, list[Part]] = {}
    for part in parts:
        tiers.setdefault(tier_of(part), []).append(part)
    for _, tier in sorted(tiers.items()):
        rows = sum(part.rows - part.dead_rows for part in tier)
        if len(tier) >= MERGE_FACTOR and rows <= MAX_ROWS and fits(rows, len(tier)):
            return tier
    return []
