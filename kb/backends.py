"""Where the index lies: in folders of this machine, or in a Milvus, as RETRIEVAL_URL says."""

import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from retrieval.analyzer import get_analyzer
from retrieval.local.reader import LocalIndex
from retrieval.local.writer import LocalIndexWriter
from retrieval.ports import IndexSnapshot, IndexWriter

LOCAL = "local"


class Index(Protocol):
    """The published index of one edition."""

    def snapshot(self) -> IndexSnapshot:
        """Return what a query sees from its start to its end. Raises: IndexFault."""

    def check(self) -> None:
        """Raises: IndexFault: it is damaged or away."""


class Backend(Protocol):
    """Opens the index of an edition, by the name of its folder."""

    def index(self, folder: str) -> Index: ...

    def writer(self, folder: str, *, dimension: Callable[[], int]) -> IndexWriter: ...

    def remove(self, folder: str) -> None:
        """Remove an index that answers no more."""


class LocalBackend:
    """Folders below `root`. Readers that still have a removed one open keep what they have."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def index(self, folder: str) -> Index:
        return LocalIndex(self._root / folder, analyzer=get_analyzer())

    def writer(self, folder: str, *, dimension: Callable[[], int]) -> IndexWriter:
        return LocalIndexWriter(self._root / folder, dimension=dimension, analyzer=get_analyzer())

    def remove(self, folder: str) -> None:
        shutil.rmtree(self._root / folder, ignore_errors=True)


@lru_cache(maxsize=4)
def open_backend(url: str, root: Path) -> Backend:
    """Return the backend of a setting: "local", or an address of Milvus. Raises: AddressInvalid."""
    if url == LOCAL:
        return LocalBackend(root)
    from kb.milvus_backend import MilvusBackend  # pymilvus takes a second to import, which local installations need not pay

    return MilvusBackend(url)
