"""Index backends: folders of this machine, or a Milvus, as RETRIEVAL_URL says."""

import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from kb.index.ports import Backend, Index
from language.analyzer import get_analyzer
from retrieval.errors import AddressInvalid
from retrieval.local.reader import LocalIndex
from retrieval.local.writer import LocalIndexWriter
from retrieval.ports import IndexWriter

LOCAL = "local"


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
    try:
        from kb.index.milvus_backend import MilvusBackend  # only here: its client is 84 MB that local installations do without
    except ModuleNotFoundError as error:
        raise AddressInvalid(
            f"{url.partition('://')[0]}:// needs a Milvus client: pip install -r requirements-milvus.txt"
        ) from error
    return MilvusBackend(url)
