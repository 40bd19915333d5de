"""A published segment, mapped: rows sorted by chunk id, exact vectors, codes where there are many, token vectors, words."""

from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from retrieval.errors import IndexDamaged
from retrieval.local.codes import Codes
from retrieval.local.manifest import Part, check_part
from retrieval.local.permitted import Column, Permitted, find_permitted
from retrieval.local.segment_files import CODES, ROWS, TOKENS, VECTORS, WORDS, Floats, RowNumbers, Rows
from retrieval.local.words import Words, open_words
from retrieval.types import Scope

GATHER_SHARE = 0.2  # below this share of permitted rows, gathering them beats walking past the others
SCOPES_KEPT = 32  # whose permitted rows a segment remembers: a byte a row and 160 KB each, at most
SPARE = 16  # rows asked for beyond the limit, so that it shows whether rounding decides about the last
# Two ways of summing an inner product of unit vectors in 32 bits differ by less (at 1,024 dimensions by 3e-7). What lies so near to
# the last of the best is kept; whoever joins segments sums in one way (`score_exactly`) and cuts then.
ROUNDING = 2e-5


class _Files:
    """What every view of a segment shares, whatever its tombstones."""

    def __init__(self, root: Path, part: Part) -> None:
        check_part(root, part)
        folder = root / part.name
        try:
            self.rows: Rows = np.load(folder / ROWS, mmap_mode="r").view(np.ndarray)
            library: Any = faiss
            self.index: Any = library.read_index(str(folder / VECTORS), library.IO_FLAG_MMAP_IFC)
            self.codes = Codes(folder / CODES) if CODES in part.files else None
            mapped = np.memmap(folder / TOKENS, np.uint8, "r") if part.files[TOKENS].size else np.zeros(0, np.uint8)
        except (OSError, ValueError, KeyError, RuntimeError) as error:  # faiss raises RuntimeError
            raise IndexDamaged(f"{folder} cannot be opened: {error}") from error
        self.token_bytes: memoryview = mapped.view(np.ndarray).data
        self.words = open_words(folder / WORDS, rows=part.rows)
        if not len(self.rows) == self.index.ntotal == part.rows == (self.codes.rows if self.codes else part.rows):
            raise IndexDamaged(f"{folder} holds {self.index.ntotal} vectors, {part.rows} were published.")

    @cached_property
    def chunks(self) -> npt.NDArray[np.uint64]:
        return np.ascontiguousarray(self.rows["chunk"])

    @cached_property
    def collections(self) -> Column:
        return Column(self.rows["collection"])

    @cached_property
    def documents(self) -> Column:
        return Column(self.rows["document"])

    @cached_property
    def vectors(self) -> Floats:
        """[rows, dimension], a view of the mapped FAISS index."""
        flat = faiss.rev_swig_ptr(self.index.get_xb(), len(self.rows) * self.index.d)
        result: Floats = flat.reshape(-1, self.index.d)
        return result


class Segment:
    """A published segment with its tombstones, open for reading. Safe in threads.

    Args:
        part: as the manifest names it.
        opened: the same segment with other tombstones, whose mapped files are taken over.
    Raises: IndexDamaged.
    """

    def __init__(self, root: Path, part: Part, *, opened: "Segment | None" = None) -> None:
        self.part = part
        self._files: _Files = opened._files if opened is not None else _Files(root, part)
        self._permitted: OrderedDict[Scope, Permitted] = OrderedDict()
        self.rows = self._files.rows
        self.alive = np.ones(part.rows, dtype=bool)
        if part.dead:
            try:
                self.alive[np.load(root / part.dead)] = False
            except (OSError, ValueError, IndexError) as error:
                raise IndexDamaged(f"The tombstones {root / part.dead} cannot be read: {error}") from error

    @property
    def words(self) -> Words:
        """The words of all rows, deleted ones included."""
        return self._files.words

    @property
    def chunks(self) -> npt.NDArray[np.uint64]:
        """The chunk id of each row, ascending."""
        return self._files.chunks

    @property
    def collections(self) -> npt.NDArray[np.uint64]:
        """The collection of each row."""
        return self._files.collections.values

    @property
    def all_vectors(self) -> Floats:
        return self._files.vectors

    def find(self, chunk_ids: npt.NDArray[np.uint64]) -> RowNumbers:
        """Return the live row of each chunk id, -1 where it is not here."""
        chunks = self._files.chunks
        position = np.minimum(np.searchsorted(chunks, chunk_ids), len(chunks) - 1)
        here = (chunks[position] == chunk_ids) & self.alive[position]
        return np.where(here, position, -1)

    def permitted(self, scope: Scope) -> Permitted:
        """Return which rows a scope may see, tombstones excluded."""
        permitted = self._permitted.get(scope)
        if permitted is None:
            files = self._files
            permitted = find_permitted(
                scope,
                collections=files.collections,
                documents=files.documents,
                alive=self.alive,
                lengths=files.words.lengths,
            )
            self._permitted[scope] = permitted
            while len(self._permitted) > SCOPES_KEPT:
                try:
                    self._permitted.popitem(last=False)
                except KeyError:  # another thread was faster
                    break
        return permitted

    def search(self, query: Floats, *, scope: Scope, limit: int) -> tuple[Floats, RowNumbers]:
        """Return scores and rows of the best permitted rows, and of those so near to the last that rounding decides between them.

        Exact search where the rows are few or have no codes; else scores of what the codes propose. They are rounded one way or
        another: `score_exactly` gives those that are shown.
        """
        permitted = self.permitted(scope)
        limit = min(limit, permitted.count)
        if not limit:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        if permitted.rows is not None and (self._files.codes or permitted.count < GATHER_SHARE * permitted.total):
            return self._rank(permitted.rows, query, limit)
        library: Any = faiss
        library.omp_set_num_threads(1)  # of this thread: queries come side by side, and one that takes all cores slows the others
        if self._files.codes is not None:
            return self._rank(self._files.codes.propose(query, permitted=permitted, limit=limit), query, limit)
        asked = min(permitted.count, limit + SPARE)
        while True:
            found_scores, found_rows = self._files.index.search(query[None], asked, params=_only(permitted))
            scores, rows = found_scores[0], found_rows[0]
            if asked == permitted.count or scores[-1] < scores[limit - 1] - ROUNDING:
                return scores, rows
            asked = min(permitted.count, 2 * asked)

    def score_exactly(self, query: npt.NDArray[np.float64], rows: RowNumbers) -> npt.NDArray[np.float64]:
        """Return the inner product of each row, the same to the bit wherever the row lies and whatever is asked for beside it."""
        products = self.all_vectors[rows].astype(np.float64) * query
        scores: npt.NDArray[np.float64] = products.sum(axis=1)
        return scores

    def tokens(self, row: int) -> memoryview:
        """Return the packed token vectors of a row."""
        return self._files.token_bytes[int(self.rows["tokens_start"][row]) : int(self.rows["tokens_end"][row])]

    def live(self) -> "LiveRows":
        """Return the rows that are not deleted, for merging."""
        return LiveRows(self)

    def _rank(self, rows: RowNumbers, query: Floats, limit: int) -> tuple[Floats, RowNumbers]:
        """Score some rows, and keep the best and what rounding cannot distinguish from them."""
        if not len(rows):
            return np.zeros(0, np.float32), rows
        first, last = int(rows[0]), int(rows[-1])
        together = last - first + 1 == len(rows)  # a view instead of a copy
        scores = (self.all_vectors[first : last + 1] if together else self.all_vectors[rows]) @ query
        if len(scores) > limit:
            kept = np.flatnonzero(scores >= np.partition(scores, len(scores) - limit)[len(scores) - limit] - ROUNDING)
            return scores[kept], rows[kept]
        return scores, rows


class LiveRows:
    """The live rows of a segment; a `retrieval.local.segment_files.Source`."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._numbers = np.flatnonzero(segment.alive)
        self.rows: Rows = segment.rows[self._numbers]

    def vectors(self, positions: RowNumbers) -> Floats:
        return self._segment.all_vectors[self._numbers[positions]]

    def tokens(self, position: int) -> memoryview:
        return self._segment.tokens(int(self._numbers[position]))

    def words(self) -> tuple[Words, RowNumbers]:
        return self._segment.words, self._numbers


def _only(permitted: Permitted) -> Any:
    """FAISS visits only these rows. None: all."""
    if permitted.is_all:
        return None
    library: Any = faiss
    bits = permitted.bits
    if bits is None and permitted.rows is not None:
        mask = np.zeros(permitted.total, dtype=bool)
        mask[permitted.rows] = True
        bits = np.packbits(mask, bitorder="little")
    return library.SearchParameters(sel=library.IDSelectorBitmap(bits))
