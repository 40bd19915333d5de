"""The words of a segment: for each term of each field the rows that hold it, how often, and how long the field is there.

One file, mapped. A posting is one number, `row << 15 | times << 10 | length`, so that a row's part of BM25 is worked out without a
look at another row. Postings of a term ascend by row; terms are found by a hash of 64 bits. Nothing here depends on other
segments, and no statistics are kept: what is rare is counted by whoever searches, among what may be seen (`retrieval.local.bm25`).
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from language.analyzer import Analyzer
from retrieval.errors import IndexDamaged
from retrieval.types import Chunk

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

BODY, TITLE, HEADINGS = range(3)
FIELDS = (BODY, TITLE, HEADINGS)  # BM25 of each is weighed (retrieval.types.WordWeights) and summed
LENGTH_BITS, TIMES_BITS = 10, 5
ROW_SHIFT = LENGTH_BITS + TIMES_BITS
MAX_LENGTH, MAX_TIMES = (1 << LENGTH_BITS) - 1, (1 << TIMES_BITS) - 1  # what is more counts as this much
HEADER = 4  # numbers: MAGIC, terms, postings, rows
MAGIC = 0x31736472_6F577441
SLICE = 4_000_000  # postings that a merge holds at once
KEYS_KEPT = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The postings of a segment, in memory or mapped."""

    keys: Keys  # [terms], ascending; of `key_of`
    starts: Numbers  # [terms + 1]: where the postings of each term begin
    postings: Numbers  # [postings]
    lengths: npt.NDArray[np.uint32]  # [fields, rows], in terms

    def places(self, wanted: Keys) -> tuple[Numbers, Numbers]:
        """Return where the postings of each wanted key begin and end; nowhere: both the same."""
        if not len(self.keys):
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.int64)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        first = self.starts[at]
        return first, np.where(self.keys[at] == wanted, self.starts[at + 1], first)


@lru_cache(maxsize=KEYS_KEPT)
def key_of(field: int, term: str) -> int:
    """Return the number of a term in a field: 64 bits of BLAKE2."""
    digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8, key=bytes((field,)))
    return int.from_bytes(digest.digest(), "little")


def read_fields(chunk: Chunk, analyzer: Analyzer) -> tuple[list[str], list[str], list[str]]:
    """Return the terms of a chunk's body, title and headings. The body holds the two others too."""
    title = analyzer.terms(chunk.title)
    known = frozenset(title)
    title += [term for term in analyzer.terms(chunk.name.rpartition(".")[0] or chunk.name) if term not in known]
    headings = [term for heading in chunk.heading_path for term in analyzer.terms(heading)]
    passage = f"{chunk.prefix}\n{chunk.text}"
    return [*title, *headings, *analyzer.terms(passage), *analyzer.pairs(passage)], title, headings


def collect_words(chunks: Sequence[Chunk], analyzer: Analyzer) -> Words:
    """Return the words of chunks, one row each in their order."""
    lengths = np.zeros((len(FIELDS), len(chunks)), np.uint32)
    keys: list[int] = []
    postings: list[int] = []
    for row, chunk in enumerate(chunks):
        for field, terms in enumerate(read_fields(chunk, analyzer)):
            lengths[field, row] = len(terms)
            length = min(len(terms), MAX_LENGTH)
            for term, times in Counter(terms).items():
                keys.append(key_of(field, term))
                postings.append(row << ROW_SHIFT | min(times, MAX_TIMES) << LENGTH_BITS | length)
    return _grouped(np.array(keys, np.uint64), np.array(postings, np.int64), lengths)


def write_words(path: Path, sources: Sequence[tuple[Words, Numbers]], *, rows: int) -> None:
    """Write the words of rows that lie in several sources, a slice of the terms at a time.

    Args:
        sources: each with the new number of each of its rows, -1 where a row is left out.
        rows: how many there are.
    """
    lengths = np.zeros((len(FIELDS), rows), np.uint32)
    for words, renumbered in sources:
        kept = np.flatnonzero(renumbered >= 0)
        lengths[:, renumbered[kept]] = words.lengths[:, kept]
    keys: list[Keys] = []
    counts: list[Numbers] = []
    with path.open("wb") as stream:
        _write(stream, np.zeros(HEADER, np.int64))
        for first, last in _slices([words for words, _ in sources]):
            part = _grouped(*_between(sources, first, last), lengths)
            _write(stream, part.postings)
            keys.append(part.keys)
            counts.append(np.diff(part.starts))
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate([np.zeros(0, np.int64), *counts]))])
        whole = np.concatenate([np.zeros(0, np.uint64), *keys])
        for values in (whole, starts, lengths):
            _write(stream, values)
        stream.seek(0)
        _write(stream, np.array([MAGIC, len(whole), starts[-1], rows], np.int64))


def open_words(path: Path, *, rows: int) -> Words:
    """Map written words. Raises: IndexDamaged."""
    try:
        mapped = np.memmap(path, np.int64, "r").view(np.ndarray)
        magic, terms, count, held = mapped[:HEADER].tolist()
        ends = np.cumsum([HEADER, count, terms, terms + 1]).tolist()
        lengths = mapped[ends[3] :].view(np.uint32)[: len(FIELDS) * held].reshape(len(FIELDS), held)
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{path} cannot be opened: {error}") from error
    if magic != MAGIC or held != rows:
        raise IndexDamaged(f"{path} holds the words of {held} passages, {rows} were published.")
    return Words(
        keys=mapped[ends[1] : ends[2]].view(np.uint64),
        starts=mapped[ends[2] : ends[3]],
        postings=mapped[ends[0] : ends[1]],
        lengths=lengths,
    )


def _write(stream: IO[bytes], values: npt.NDArray[Any]) -> None:
    """Write an array, and zeros up to the next whole number."""
    content = np.ascontiguousarray(values)
    stream.write(content.data)
    stream.write(b"\0" * (-content.nbytes % 8))


def _grouped(keys: Keys, postings: Numbers, lengths: npt.NDArray[np.uint32]) -> Words:
    """Return postings in the order of their terms, and within a term of their rows."""
    order = np.lexsort((postings, keys))
    distinct, counts = np.unique(keys, return_counts=True)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]).astype(np.int64)
    return Words(keys=distinct, starts=starts, postings=postings[order], lengths=lengths)


def _slices(sources: Sequence[Words]) -> Iterator[tuple[int, int]]:
    """Yield ranges of keys, from the first to before the last, that cover all and hold about SLICE postings each."""
    keys = np.concatenate([np.zeros(0, np.uint64), *(words.keys for words in sources)])
    counts = np.concatenate([np.zeros(0, np.int64), *(np.diff(words.starts) for words in sources)])
    order = np.argsort(keys, kind="stable")
    held = np.cumsum(counts[order])
    if not len(held):
        return
    places = np.searchsorted(held, np.arange(SLICE, int(held[-1]), SLICE))
    bounds = [0, *np.unique(keys[order][places]).tolist(), 1 << 64]
    yield from pairwise(bounds)


def _between(sources: Sequence[tuple[Words, Numbers]], first: int, last: int) -> tuple[Keys, Numbers]:
    """Return the postings of the keys in a range, with their keys, rows renumbered."""
    keys, postings = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for words, renumbered in sources:
        start = np.searchsorted(words.keys, np.uint64(first))
        end = np.searchsorted(words.keys, np.uint64(last)) if last < 1 << 64 else len(words.keys)
        found = words.postings[words.starts[start] : words.starts[end]]
        rows = renumbered[found >> ROW_SHIFT]
        kept = rows >= 0
        keys.append(np.repeat(words.keys[start:end], np.diff(words.starts[start : end + 1]))[kept])
        postings.append((rows[kept] << ROW_SHIFT) | (found[kept] & ((1 << ROW_SHIFT) - 1)))
    return np.concatenate(keys), np.concatenate(postings)
