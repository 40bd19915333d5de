"""Corpora of any size for measuring retrieval: real passages first, then passages and vectors mixed from real ones.

A made passage is put together from sentences of the real ones. A made vector lies between the vectors of a real passage and one of
its nearest neighbours, drawn a little towards a third, with noise: dense where real passages are dense, unlike uniform noise, in
which every search is either trivial or hopeless.
"""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from language.analyzer import Analyzer
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.types import Chunk, Embedding, IndexEntry

Floats = npt.NDArray[np.float32]

WORDS = 120  # of a passage, at most
EMBEDDED = 2000  # passages that the encoder really reads
NEIGHBOURS = 32  # among which the second passage of a mixture is drawn
PULL = 0.5  # towards the third, at most
NOISE = 0.25  # length, beside unit vectors
DOCUMENT = 20  # chunks of a document
NARROW, WIDE = 1, 2  # collections: one chunk in a hundred, and the others
BLOCK = 10_000
FULL_TOKENS_UP_TO = 200_000  # chunks; beyond, a passage keeps TOKEN_BYTES of token vectors, so that a run does not measure the disk
TOKEN_BYTES = 2048

_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def read_texts(folder: Path, name: str) -> list[str]:
    """Return the `text` of each line of a JSON-lines file, gzipped or not."""
    path = folder / name
    with path.open(encoding="utf-8") if path.exists() else gzip.open(f"{path}.gz", "rt", encoding="utf-8") as stream:
        return [json.loads(line)["text"] for line in stream if line.strip()]


def cut_passages(folders: Sequence[Path]) -> list[str]:
    """Return the texts of the sets, cut to WORDS words; of the sets in turn, so that a beginning holds something of each."""

    def cut(folder: Path) -> Iterator[str]:
        for text in read_texts(folder, "corpus.jsonl"):
            words = text.split()
            yield from (" ".join(words[start : start + WORDS]) for start in range(0, len(words), WORDS))

    columns = [list(cut(folder)) for folder in folders]
    return [column[row] for row in range(max(map(len, columns))) for column in columns if row < len(column)]


def make_passages(folder: Path, count: int) -> list[str]:
    """Return `count` passages, the set's own first."""
    own = cut_passages([folder])
    return [*own[:count], *islice(mix_passages(own, start=len(own)), max(0, count - len(own)))]


def embed(encoder: SentenceEncoder, texts: Sequence[str]) -> list[Embedding]:
    """Return an embedding of each text: the first EMBEDDED by the encoder, the others mixed from those."""
    real = encoder.embed_passages(texts[:EMBEDDED])
    made = np.concatenate([np.zeros((0, encoder.dimension), np.float32), *mix_vectors(real, count=len(texts))])
    return [
        real[row] if row < len(real) else Embedding(dense=made[row].tobytes(), tokens=real[row % len(real)].tokens)
        for row in range(len(texts))
    ]


def mix_passages(own: Sequence[str], *, start: int) -> Iterator[str]:
    """Yield passages of six sentences each, without end; the same for the same `start`."""
    sentences = [sentence for text in own for sentence in _SENTENCE.split(text)]
    random = np.random.default_rng(start)
    while True:
        for row in random.integers(0, len(sentences), (BLOCK, 6)):
            yield " ".join(sentences[number] for number in row)


def mix_vectors(real: Sequence[Embedding], *, count: int) -> Iterator[Floats]:
    """Yield `count` unit vectors in blocks, the real ones first."""
    own = np.stack([np.frombuffer(embedding.dense, dtype="<f4") for embedding in real])[:count]
    yield own
    library: Any = faiss
    _, near = library.knn(own, own, min(NEIGHBOURS, len(own) - 1) + 1, metric=library.METRIC_INNER_PRODUCT)
    random = np.random.default_rng(7)
    for begin in range(len(own), count, BLOCK):
        size = min(BLOCK, count - begin)
        first, third = random.integers(0, len(own), (2, size))
        second = near[first, random.integers(1, near.shape[1], size)]
        share = random.random((size, 1), dtype=np.float32)
        vectors = (1 - share) * own[first] + share * own[second]
        vectors += PULL * random.random((size, 1), dtype=np.float32) * own[third]
        vectors += random.standard_normal(vectors.shape, dtype=np.float32) * np.float32(NOISE / np.sqrt(own.shape[1]))
        yield vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class SentenceMemory(Analyzer):
    """The analyzer, remembering sentences: made passages repeat them, and cutting each anew would take most of the building."""

    def __init__(self) -> None:
        super().__init__()
        self._terms_of: dict[str, list[str]] = {}
        self._pairs_of: dict[str, list[str]] = {}

    def terms(self, text: str) -> list[str]:
        cut = super().terms
        return [term for sentence in _SENTENCE.split(text) for term in self._recall(self._terms_of, cut, sentence)]

    def pairs(self, text: str) -> list[str]:
        cut = super().pairs
        return [pair for sentence in _SENTENCE.split(text) for pair in self._recall(self._pairs_of, cut, sentence)]

    def _recall(self, memory: dict[str, list[str]], cut: Any, sentence: str) -> list[str]:
        found = memory.get(sentence)
        if found is None:
            found = memory[sentence] = cut(sentence)
        return found


def collection_of(number: int) -> int:
    return NARROW if number % 100 == 37 else WIDE


def make_entries(
    texts: Iterator[str], vectors: Iterator[Floats], real: Sequence[Embedding], *, count: int
) -> Iterator[list[IndexEntry]]:
    """Yield the entries of a corpus of `count` chunks in batches, numbered from 1."""
    number = 0
    kept = None if count <= FULL_TOKENS_UP_TO else TOKEN_BYTES
    for block in vectors:
        batch = []
        for vector, text in zip(block, texts, strict=False):
            number += 1
            chunk = Chunk(
                id=number,
                collection_id=collection_of(number),
                document_id=1 + number // DOCUMENT,
                version_id=1 + number // DOCUMENT,
                title="",
                text=text,
            )
            embedding = Embedding(dense=vector.astype("<f4").tobytes(), tokens=real[(number - 1) % len(real)].tokens[:kept])
            batch.append(IndexEntry(chunk=chunk, embedding=embedding))
        yield batch
