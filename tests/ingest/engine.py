"""An engine of ten lines: counts words, embeds by length, keeps its index in memory or in one file."""

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
    """Keeps {chunk id: [version id, title]}; in a file where one is given, replaced whole."""

    def __init__(self, path: Path | None = None):
        self.path = path
        self.rows = {int(key): row for key, row in json.loads(path.read_text()).items()} if path and path.exists() else {}

    def publish(self, entries, *, remove_versions=()):
        gone = set(remove_versions)
        self.rows = {key: row for key, row in self.rows.items() if row[0] not in gone}
        self.rows |= {entry.chunk.id: [entry.chunk.version_id, entry.chunk.title] for entry in entries}
        if self.path:
            temporary = self.path.with_suffix(".new")
            temporary.write_text(json.dumps(self.rows))
            temporary.replace(self.path)
        return 1


class FakeEngine:
    def __init__(self, path: Path | None = None):
        self.embedder = FakeEmbedder()
        self.writer = FakeWriter(path)
