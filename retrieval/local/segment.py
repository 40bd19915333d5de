"""An immutable dense segment: rows sorted by chunk id, a FAISS flat index over them, and packed token vectors, mapped."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from retrieval.errors import IndexDamaged
from retrieval.local.durable import sync_file, sync_folder, write_durably
from retrieval.local.manifest import Part, check_part, describe
from retrieval.types import Scope

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[Any]

ROW = np.dtype(
    [
        ("chunk", "<u8"),
        ("collection", "<u8"),
        ("document", "<u8"),
        ("version", "<u8"),
        ("digest", "<u8"),  # of the normalised text: equal for duplicates
        ("tokens_start", "<u8"),  # bytes into tokens.bin
        ("tokens_end", "<u8"),
    ]
)
ROWS, VECTORS, TOKENS = "rows.npy", "vectors.faiss", "tokens.bin"
GATHER_SHARE = 0.2  # below this share of permitted rows, gathering them beats walking past the others


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentContent:
    """What a segment is written from: rows [n] of ROW, vectors [n, dimension] float32, packed tokens of each row."""

    rows: Rows
    vectors: npt.NDArray[np.float32]
    tokens: Sequence[bytes]


def write_segment(root: Path, name: str, content: SegmentContent) -> Part:
    """Write and sync a segment in `root / name`; nothing refers to it until the manifest does."""
    folder = root / name
    folder.mkdir()
    order = np.argsort(content.rows["chunk"], kind="stable")
    rows = content.rows[order].copy()
    lengths = np.array([len(content.tokens[index]) for index in order], dtype=np.uint64)
    rows["tokens_end"] = np.cumsum(lengths)
    rows["tokens_start"] = rows["tokens_end"] - lengths
    np.save(folder / ROWS, rows)
    sync_file(folder / ROWS)
    index = faiss.IndexFlatIP(content.vectors.shape[1])
    index.add(np.ascontiguousarray(content.vectors[order], dtype=np.float32))
    faiss.write_index(index, str(folder / VECTORS))
    sync_file(folder / VECTORS)
    write_durably(folder / TOKENS, b"".join(content.tokens[index] for index in order))
    sync_folder(folder)
    return Part(name=name, files=describe(folder), rows=len(rows))


class Segment:
    """A published segment with its tombstones, open for reading.

    Args:
        part: as the manifest names it.
        opened: the same segment with fewer tombstones, whose mapped files are taken over.
    """

    def __init__(self, root: Path, part: Part, *, opened: "Segment | None" = None) -> None:
        self.part = part
        self.rows: Rows
        self._index: Any
        self._tokens: npt.NDArray[np.uint8]
        if opened is not None:
            self.rows, self._index, self._tokens = opened.rows, opened._index, opened._tokens
        else:
            check_part(root, part)
            folder = root / part.name
            self.rows = np.load(folder / ROWS, mmap_mode="r")
            self._index = faiss.read_index(str(folder / VECTORS), faiss.IO_FLAG_MMAP_IFC)
            size = part.files[TOKENS].size
            self._tokens = np.memmap(folder / TOKENS, dtype=np.uint8, mode="r") if size else np.zeros(0, np.uint8)
            if not len(self.rows) == self._index.ntotal == part.rows:
                raise IndexDamaged(f"{folder} holds {self._index.ntotal} vectors, {part.rows} were published.")
        self.alive = np.ones(part.rows, dtype=bool)
        if part.dead:
            try:
                self.alive[np.load(root / part.dead)] = False
            except (OSError, ValueError, IndexError) as error:
                raise IndexDamaged(f"The tombstones {root / part.dead} cannot be read: {error}") from error

    @cached_property
    def _chunks(self) -> npt.NDArray[np.uint64]:
        """Chunk ids in one piece: a column of the mapped rows would touch every page of them for each look-up."""
        return np.ascontiguousarray(self.rows["chunk"])

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        """[rows, dimension], a view of the mapped FAISS index."""
        dimension = self._index.d
        flat = faiss.rev_swig_ptr(self._index.get_xb(), self.part.rows * dimension)
        result: npt.NDArray[np.float32] = flat.reshape(-1, dimension)
        return result

    def find(self, chunk_ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Return the live row of each chunk id, -1 where it is not here."""
        position = np.searchsorted(self._chunks, chunk_ids)
        position = np.minimum(position, self.part.rows - 1)
        here = (self._chunks[position] == chunk_ids) & self.alive[position]
        return np.where(here, position, -1)

    def permitted(self, scope: Scope) -> Mask:
        """Return which rows a scope may see, tombstones excluded."""
        mask: Mask = _is_in(self.rows["collection"], scope.collection_ids)
        if scope.moved_ids:
            mask |= _is_in(self.rows["document"], scope.moved_ids)
        mask &= self.alive
        if scope.document_ids is not None:
            mask &= _is_in(self.rows["document"], scope.document_ids)
        return mask

    def search(
        self, vector: npt.NDArray[np.float32], mask: Mask, limit: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Return scores and rows of the best permitted rows, exact, best first."""
        count = int(np.count_nonzero(mask))
        limit = min(limit, count)
        if not limit:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        if count < GATHER_SHARE * len(mask):
            rows = np.flatnonzero(mask)
            scores = self.vectors[rows] @ vector
            best = np.argsort(-scores, kind="stable")[:limit]
            return scores[best], rows[best]
        scores, found = self._index.search(vector[None], limit, params=None if count == len(mask) else _parameters(mask))
        return scores[0], found[0]

    def tokens(self, row: int) -> memoryview:
        """Return the packed token vectors of a row."""
        start, end = int(self.rows["tokens_start"][row]), int(self.rows["tokens_end"][row])
        return self._tokens[start:end].data

    def live_content(self) -> SegmentContent:
        """Return what is not dead, for merging."""
        rows = np.flatnonzero(self.alive)
        return SegmentContent(
            rows=self.rows[rows], vectors=self.vectors[rows], tokens=[bytes(self.tokens(int(row))) for row in rows]
        )


def _parameters(mask: Mask) -> Any:
    """FAISS visits only the rows whose bit is set."""
    library: Any = faiss  # its stubs do not know the wrappers that its loader adds
    return library.SearchParameters(sel=library.IDSelectorBitmap(np.packbits(mask, bitorder="little")))


def _is_in(column: npt.NDArray[np.uint64], ids: frozenset[int]) -> Mask:
    if len(ids) == 1:
        only: Mask = column == np.uint64(next(iter(ids)))
        return only
    result: Mask = np.isin(column, np.array(sorted(ids), dtype=np.uint64))
    return result
