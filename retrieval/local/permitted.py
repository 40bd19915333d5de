"""Which rows of a segment a scope may see, found in proportion to what it may see, not to what there is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from retrieval.types import Scope

Ids = npt.NDArray[np.uint64]
RowNumbers = npt.NDArray[np.int64]
LISTED_ROWS = 20_000  # up to so many are kept as row numbers, more as bits: 8 bytes a row against an eighth


@dataclass(frozen=True, slots=True, eq=False)
class Permitted:
    """The rows that may be seen, tombstones excluded."""

    count: int
    total: int
    rows: RowNumbers | None  # ascending; None where they are too many to list
    bits: npt.NDArray[np.uint8] | None  # row r is bit r % 8 of byte r // 8; None where they are listed, or are all

    @property
    def is_all(self) -> bool:
        return self.count == self.total


class Column:
    """A column of ids and where each id stands in it."""

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
        wanted = np.array(sorted(ids), dtype=np.uint64)
        starts, ends = np.searchsorted(self._sorted, wanted, "left"), np.searchsorted(self._sorted, wanted, "right")
        found = [self._order[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if end > start]
        return np.sort(np.concatenate(found)).astype(np.int64) if found else np.zeros(0, np.int64)


def find_permitted(scope: Scope, *, collections: Column, documents: Column, alive: npt.NDArray[np.bool_]) -> Permitted:
    """Return which of the rows described by two columns, and alive, a scope may see."""
    total = len(alive)
    if scope.document_ids is not None:
        rows = documents.rows_of(scope.document_ids)
        seen = np.isin(collections.values[rows], np.array(sorted(scope.collection_ids), dtype=np.uint64))
        if scope.moved_ids:
            seen |= np.isin(documents.values[rows], np.array(sorted(scope.moved_ids), dtype=np.uint64))
        rows = rows[seen]
    elif collections.distinct <= scope.collection_ids:
        return _of_mask(alive)
    else:
        rows = collections.rows_of(scope.collection_ids)
        if scope.moved_ids:
            rows = np.union1d(rows, documents.rows_of(scope.moved_ids))
    rows = rows[alive[rows]]
    if len(rows) <= LISTED_ROWS:
        return Permitted(count=len(rows), total=total, rows=rows, bits=None)
    mask = np.zeros(total, dtype=bool)
    mask[rows] = True
    return _of_mask(mask)


def _of_mask(mask: npt.NDArray[np.bool_]) -> Permitted:
    count, total = int(np.count_nonzero(mask)), len(mask)
    if count == total:
        return Permitted(count=count, total=total, rows=None, bits=None)
    if count <= LISTED_ROWS:
        return Permitted(count=count, total=total, rows=np.flatnonzero(mask), bits=None)
    return Permitted(count=count, total=total, rows=None, bits=np.packbits(mask, bitorder="little"))
