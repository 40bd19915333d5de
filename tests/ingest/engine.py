"""An engine of ten lines: counts words, embeds by length, keeps its index in memory or in one file."""

import fcntl
import json
from pathlib import Path

from retrieval.types import Embedding


class FakeEmbedder:
    fingerprint = "fake-1"
    dimension = 1
    max_tokens = 254

    def __init__(self):
        self.embedded = []

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]

    def embed_passages(self, texts):
        self.embedded += texts
        return [Embedding(dense=len(text).to_bytes(4, "little"), tokens=b"") for text in texts]


class FakeWriter:
    """Keeps {chunk id: [version id, title]}; in a file where one is given, replaced whole, by one process at a time."""

    is_outdated = False

    def __init__(self, path: Path | None = None):
        self.path = path
        self.rows = self.read()

    def read(self):
        return {int(key): row for key, row in json.loads(self.path.read_text()).items()} if self.path and self.path.exists() else {}

    def publish(self, entries, *, remove_versions=(), remove_chunks=()):
        if not self.path:
            self.change(entries, set(remove_versions), set(remove_chunks))
            return 1
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.rows = self.read()
            self.change(entries, set(remove_versions), set(remove_chunks))
            temporary = self.path.with_suffix(".new")
            temporary.write_text(json.dumps(self.rows))
            temporary.replace(self.path)
        return 1

    def change(self, entries, gone, gone_chunks=frozenset()):
        self.rows = {key: row for key, row in self.rows.items() if row[0] not in gone and key not in gone_chunks}
        self.rows |= {entry.chunk.id: [entry.chunk.version_id, entry.chunk.title, entry.chunk.collection_id] for entry in entries}


class FakeEngine:
    """Of edition 1; `of` gives the others, each with an encoder and an index of its own."""

    def __init__(self, path: Path | None = None, *, edition: int = 1, siblings: dict | None = None):
        self.path, self.edition = path, edition
        self.siblings = {} if siblings is None else siblings
        self.siblings[edition] = self
        self.embedder = FakeEmbedder()
        self.writer = FakeWriter(path)

    def of(self, edition):
        if edition.number not in self.siblings:
            path = self.path and self.path.with_name(f"index-{edition.number}.json")
            sibling = FakeEngine(path, edition=edition.number, siblings=self.siblings)
            sibling.embedder.fingerprint = edition.encoder
        return self.siblings[edition.number]
