"""The codes of a large segment: four-bit product quantisation in inverted lists. They propose rows, exact vectors decide.

A row takes dimension / 4 bytes: one of 16 centroids for each two dimensions of what is left when its list's centroid is taken off.
Measured on 1,000,000 rows of 384 dimensions in 1,024 lists, one thread, recall@50 after exact scores of the best 500: an eighth of
the lists .999 in 1.0 ms; one-bit codes (RaBitQ) .985 in 1.4 ms, and .88 against .997 where a scope holds only rows that are alike;
scalar quantisation to four bits 1.000 in 6.3 ms; a scan of the exact vectors 41 ms, with 1.5 GB resident.
Sources: Jégou, Douze, Schmid, "Product Quantization for Nearest Neighbor Search", TPAMI 2011; André, Kermarrec, Le Scouarnec,
"Quicker ADC", TPAMI 2019 (codes scanned in registers).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from retrieval.local.permitted import Permitted

Floats = npt.NDArray[np.float32]

ROWS_A_LIST = 1024
MIN_LISTS, MAX_LISTS = 8, 4096
PROBED_SHARE = 1 / 8  # of the lists, where every row is permitted
CANDIDATES = 500  # rows that get exact scores, at least
TRAINED_ROWS = 131_072  # seen by the training of the lists' centroids, at most
ROUNDS = 8  # of k-means
SLICE_ROWS = 65_536


def write_codes(path: Path, *, rows: int, dimension: int, take: Callable[[npt.NDArray[np.int64]], Floats]) -> None:
    """Train and write the codes of a segment.

    Args:
        take: returns the vectors of some rows, [rows, dimension]; it is asked for slices, never for all at once.
    """
    library: Any = faiss
    lists = min(MAX_LISTS, max(MIN_LISTS, rows // ROWS_A_LIST))
    index = library.index_factory(dimension, f"IVF{lists},PQ{dimension // 2}x4fsr", library.METRIC_INNER_PRODUCT)
    for clustering in (index.cp, index.pq.cp):
        clustering.niter = ROUNDS
        clustering.min_points_per_centroid = 1  # else FAISS warns on the terminal
        clustering.max_points_per_centroid = TRAINED_ROWS
    sample = np.sort(np.random.default_rng(0).permutation(rows)[:TRAINED_ROWS])
    vectors = take(sample)
    index.quantizer_trains_alone = 0
    index.cp.max_points_per_centroid = max(1, TRAINED_ROWS // lists)
    index.pq.cp.max_points_per_centroid = 512
    index.train(vectors)
    del vectors
    for start in range(0, rows, SLICE_ROWS):
        index.add(take(np.arange(start, min(rows, start + SLICE_ROWS))))
    library.write_index(index, str(path))


class Codes:
    """The written codes, mapped."""

    def __init__(self, path: Path) -> None:
        library: Any = faiss
        self._index: Any = library.read_index(str(path), library.IO_FLAG_MMAP_IFC)

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    def propose(self, query: Floats, *, permitted: Permitted, limit: int) -> npt.NDArray[np.int64]:
        """Return the permitted rows that look nearest, ascending.

        The narrower the scope, the more lists are read, up to all of them, so that about as many permitted rows are looked at.
        """
        library: Any = faiss
        share = permitted.count / permitted.total
        lists = int(self._index.nlist)
        # Where half is forbidden, what is permitted may lie in lists that are far from the query: then all are read.
        probed = lists if share <= 0.5 else min(lists, int(np.ceil(lists * PROBED_SHARE / share)))
        selector = None if permitted.bits is None else library.IDSelectorBitmap(permitted.bits)
        parameters = library.SearchParametersIVF(nprobe=max(MIN_LISTS, probed), sel=selector)
        wanted = min(permitted.count, max(CANDIDATES, 5 * limit))
        found: npt.NDArray[np.int64] = self._index.search(query[None], wanted, params=parameters)[1][0]
        return np.sort(found[found >= 0])
