"""Entries and an encoder without a model: a text's vector is the bag of its words, hashed into a few dimensions."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from language.analyzer import get_analyzer, terms
from retrieval.local.reader import LocalIndex
from retrieval.local.writer import LocalIndexWriter
from retrieval.tokens import Projection
from retrieval.types import Chunk, Embedding, IndexEntry, Scope

DIMENSION = 16
EVERYTHING = Scope(collection_ids=frozenset(range(10)))
PROJECTION = Projection(np.eye(DIMENSION), np.full(DIMENSION, 0.25))


def word_vector(word: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
    vector = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


class WordEncoder:
    """A `retrieval.ports.Embedder`; text in Han is unknown to it."""

    fingerprint = "words"
    dimension = DIMENSION
    max_tokens = 100

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def unknown_share(self, text: str) -> float:
        return sum(character > "\u2fff" for character in text) / max(1, len(text))

    def embed_passages(self, texts: Sequence[str]) -> list[Embedding]:
        return [self._embed(text, quantised=True) for text in texts]

    def embed_query(self, text: str) -> Embedding:
        return self._embed(text, quantised=False)

    def token_starts(self, text: str) -> list[int]:
        return [match.start() for match in re.finditer(r"\S+", text)]

    def query_weights(self, text: str) -> list[float]:
        return [1.0] * len(terms(text) or [""])

    def _embed(self, text: str, *, quantised: bool) -> Embedding:
        words = np.array([word_vector(word) for word in terms(text) or [""]], dtype=np.float32)
        dense = words.sum(axis=0)
        dense /= np.linalg.norm(dense)
        return Embedding(dense=dense.astype("<f4").tobytes(), tokens=PROJECTION.pack(words) if quantised else words.tobytes())


def make_entry(
    chunk_id: int, text: str, *, version: int = 1, document: int = 1, collection: int = 1, title: str = ""
) -> IndexEntry:
    chunk = Chunk(id=chunk_id, collection_id=collection, document_id=document, version_id=version, title=title, text=text)
    return IndexEntry(chunk=chunk, embedding=WordEncoder().embed_passages([chunk.contextual_text])[0])


def make_writer(root: Path) -> LocalIndexWriter:
    return LocalIndexWriter(root, dimension=lambda: DIMENSION, analyzer=get_analyzer())


def make_reader(root: Path) -> LocalIndex:
    return LocalIndex(root, analyzer=get_analyzer())
