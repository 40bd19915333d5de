"""Find the rows of a segment that a scope may see, in time proportional to those rows, not to the segment."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from retrieval.types import Scope

Ids = npt.NDArray[np.uint64]
RowNumbers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64]
Lengths = npt.NDArray[np.uint32]
LISTED_ROWS = 20_000  # up to so many are kept as row numbers, more as bits: 8 bytes a row against an eighth


@dataclass(frozen=True, slots=True, eq=False)
class Permitted:
    """The rows that may be seen, tombstones excluded."""

    count: int
    total: int
    rows: RowNumbers | None  # ascending; None where they are too many to list
    bits: npt.NDArray[np.uint8] | None  # row r is bit r % 8 of byte r // 8; None where they are listed, or are all
    mask: npt.NDArray[np.bool_] | None  # [total]; None where they are all
    lengths: Numbers  # [fields]: terms in all of them together

    @property
    def is_all(self) -> bool:
        return self.count == self.total


class Column:
    """A column of ids with the position of each id."""

    def __init__(self, values: Ids) -> None:
        self.values = np.ascontiguousarray(values)  # a column of mapped rows would touch every page of them for each look-up

    @cached_property
    def _order(self) -> npt.NDArray[np.int32]:
        return np.argsort(self.values, kind="stable").astype(np.int32)

    @cached_property
    def _sorted(self) -> Ids:
        return self.values[self._order]

    @cached_property
    def distinct(self) -> frozenset[int]:
        return frozenset(np.unique(self.values).tolist())

    def rows_of(self, ids: frozenset[int]) -> RowNumbers:
        """Return the rows that hold one of these ids, ascending."""
        return self.rows_of_sorted(np.array(sorted(ids), dtype=np.uint64))

    def rows_of_sorted(self, wanted: Ids) -> RowNumbers:
        """The same of ids that ascend, each once."""
        starts, ends = np.searchsorted(self._sorted, wanted, "left"), np.searchsorted(self._sorted, wanted, "right")
        counts = ends - starts
        firsts = np.repeat(starts - (np.cumsum(counts) - counts), counts)  # so that counting on from it runs through each range
        return np.sort(self._order[firsts + np.arange(len(firsts))]).astype(np.int64)


def find_permitted(
    scope: Scope, *, collections: Column, documents: Column, alive: npt.NDArray[np.bool_], lengths: Lengths
) -> Permitted:
    """Return which of the rows described by two columns, and alive, a scope may see. `lengths`: [fields, rows]."""
    total = len(alive)
    if scope.document_ids is not None:
        rows = documents.rows_of(scope.document_ids)
        seen = np.isin(collections.values[rows], np.array(sorted(scope.collection_ids), dtype=np.uint64))
        if scope.moved_ids:
            seen |= np.isin(documents.values[rows], np.array(sorted(scope.moved_ids), dtype=np.uint64))
        rows = rows[seen]
    elif collections.distinct <= scope.collection_ids:
        if not scope.hidden:
            return _of_mask(alive, lengths)
        rows = np.arange(total)
    else:
        rows = collections.rows_of(scope.collection_ids)
        if scope.moved_ids:
            rows = np.union1d(rows, documents.rows_of(scope.moved_ids))
    mask = np.zeros(total, dtype=bool)
    mask[rows] = True
    mask &= alive
    if scope.hidden:
        mask[documents.rows_of_sorted(np.frombuffer(scope.hidden, dtype="<u8").astype(np.uint64))] = False
    return _of_mask(mask, lengths)


def _of_mask(mask: npt.NDArray[np.bool_], lengths: Lengths) -> Permitted:
    count, total = int(np.count_nonzero(mask)), len(mask)
    if count == total:
        return Permitted(count=count, total=total, rows=None, bits=None, mask=None, lengths=_sum(lengths))
    rows = np.flatnonzero(mask)
    held = _sum(lengths[:, rows])
    if count <= LISTED_ROWS:
        return Permitted(count=count, total=total, rows=rows, bits=None, mask=mask, lengths=held)
    return Permitted(count=count, total=total, rows=None, bits=np.packbits(mask, bitorder="little"), mask=mask, lengths=held)


def _sum(lengths: Lengths) -> Numbers:
    total: Numbers = lengths.sum(axis=1, dtype=np.int64)
    return total
