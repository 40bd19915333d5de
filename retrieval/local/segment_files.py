"""Writing an immutable segment from rows that lie elsewhere: what is new, or what other segments still hold.

Codes approximate, and what they find depends on all rows that they were trained on: only a segment of one collection has any, so
that what a reader finds there depends on nothing that they may not read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
import numpy.typing as npt

from retrieval.local.codes import SLICE_ROWS, write_codes
from retrieval.local.durable import sync_file, sync_folder, sync_stream
from retrieval.local.manifest import Part, describe
from retrieval.local.words import Words, write_words

Rows = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
RowNumbers = npt.NDArray[np.int64]

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
ROWS, VECTORS, TOKENS, CODES, WORDS = "rows.npy", "vectors.faiss", "tokens.bin", "codes.faiss", "words.bin"
CODED_ROWS = 32_768  # from so many rows of a collection on they get codes; below, scanning exact vectors takes about 3 ms or less
NEVER = 1 << 62  # as `coded_rows`: no codes


class Source(Protocol):
    """Rows that a segment is written from."""

    @property
    def rows(self) -> Rows:
        """[n] of ROW; where tokens lie is rewritten."""

    def vectors(self, positions: RowNumbers) -> Floats:
        """Return [positions, dimension]."""

    def tokens(self, position: int) -> bytes | memoryview:
        """Return the packed token vectors of a row."""

    def words(self) -> tuple[Words, RowNumbers]:
        """Return words, and which row of them each of these rows is, [n]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentContent:
    """New rows, in memory: rows [n] of ROW, all_vectors [n, dimension] float32, packed tokens and words of each row."""

    rows: Rows
    all_vectors: Floats
    all_tokens: Sequence[bytes]
    all_words: Words

    def vectors(self, positions: RowNumbers) -> Floats:
        return self.all_vectors[positions]

    def tokens(self, position: int) -> bytes:
        return self.all_tokens[position]

    def words(self) -> tuple[Words, RowNumbers]:
        return self.all_words, np.arange(len(self.rows))


class OfCollections:
    """The rows of a source that lie in some collections, or in none of them; a source itself."""

    def __init__(self, source: Source, collections: Sequence[int], *, is_among: bool) -> None:
        self._source = source
        among = np.isin(source.rows["collection"], np.array(collections, np.uint64))
        self._kept = np.flatnonzero(among if is_among else ~among)
        self.rows: Rows = source.rows[self._kept]

    def vectors(self, positions: RowNumbers) -> Floats:
        return self._source.vectors(self._kept[positions])

    def tokens(self, position: int) -> bytes | memoryview:
        return self._source.tokens(int(self._kept[position]))

    def words(self) -> tuple[Words, RowNumbers]:
        words, numbers = self._source.words()
        return words, numbers[self._kept]


class _Sorted:
    """The rows of several sources in the order of their chunk ids."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        rows = np.concatenate([source.rows for source in sources])
        order = np.argsort(rows["chunk"], kind="stable")
        self.rows: Rows = rows[order]
        firsts = np.cumsum([0, *(len(source.rows) for source in sources)])
        self._source = (np.searchsorted(firsts, order, "right") - 1).astype(np.int32)
        self._position = order - firsts[self._source]
        self._firsts, self._place = firsts, np.argsort(order)

    def vectors(self, positions: RowNumbers) -> Floats:
        parts = self._source[positions]
        found: Floats | None = None
        for number in np.unique(parts).tolist():
            here = parts == number
            vectors = self._sources[number].vectors(self._position[positions[here]])
            if found is None:
                found = np.empty((len(positions), vectors.shape[1]), dtype=np.float32)
            found[here] = vectors
        if found is None:
            raise ValueError("no rows")
        return found

    def tokens(self) -> Iterator[bytes | memoryview]:
        for number, position in zip(self._source.tolist(), self._position.tolist(), strict=True):
            yield self._sources[number].tokens(position)

    def words(self) -> list[tuple[Words, RowNumbers]]:
        """Return the words of each source with the number that each of their rows has here, -1 where it is not."""
        found = []
        for source, (first, last) in zip(self._sources, pairwise(self._firsts.tolist()), strict=True):
            words, numbers = source.words()
            renumbered = np.full(words.lengths.shape[1], -1, np.int64)
            renumbered[numbers] = self._place[first:last]
            found.append((words, renumbered))
        return found


def write_segment(root: Path, name: str, sources: Sequence[Source], *, dimension: int, coded_rows: int = NEVER) -> Part:
    """Write and sync a segment in `root / name`; nothing refers to it until the manifest does."""
    folder = root / name
    folder.mkdir()
    content = _Sorted(sources)
    rows = content.rows
    ends = np.zeros(len(rows), dtype=np.uint64)
    written = 0
    with (folder / TOKENS).open("wb") as stream:
        for number, tokens in enumerate(content.tokens()):
            written += stream.write(tokens)
            ends[number] = written
        sync_stream(stream)
    rows["tokens_end"] = ends
    rows["tokens_start"] = np.concatenate([np.zeros(1, np.uint64), ends[:-1]])
    np.save(folder / ROWS, rows)
    library: Any = faiss
    index = library.IndexFlatIP(dimension)
    for start, end in pairwise([*range(0, len(rows), SLICE_ROWS), len(rows)]):
        index.add(np.ascontiguousarray(content.vectors(np.arange(start, end)), dtype=np.float32))
    library.write_index(index, str(folder / VECTORS))
    del index
    write_words(folder / WORDS, content.words(), rows=len(rows))
    collections, counts = np.unique(rows["collection"], return_counts=True)
    if len(rows) >= coded_rows:
        if len(collections) > 1:
            raise ValueError("codes over several collections: what a reader finds would depend on what they may not read")
        write_codes(folder / CODES, rows=len(rows), dimension=dimension, take=content.vectors)
        sync_file(folder / CODES)
    for file in (ROWS, VECTORS, WORDS):
        sync_file(folder / file)
    sync_folder(folder)
    held = dict(zip(collections.tolist(), counts.tolist(), strict=True))
    return Part(name=name, files=describe(folder), rows=len(rows), collections=held)
