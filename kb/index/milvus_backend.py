"""Indexes in Milvus: one alias an edition."""

from collections.abc import Callable

from kb.index.ports import Index
from language.analyzer import get_analyzer
from retrieval.milvus.address import parse_address
from retrieval.milvus.connection import Connection
from retrieval.milvus.layout import name_alias
from retrieval.milvus.reader import MilvusIndex
from retrieval.milvus.writer import MilvusIndexWriter
from retrieval.ports import IndexWriter


class MilvusBackend:
    """A `kb.index.ports.Backend`; one connection for the process. Raises: AddressInvalid."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(parse_address(url))

    def index(self, folder: str) -> Index:
        return MilvusIndex(self._connection, name_alias(folder), analyzer=get_analyzer())

    def writer(self, folder: str, *, dimension: Callable[[], int]) -> IndexWriter:
        return MilvusIndexWriter(self._connection, name_alias(folder), dimension=dimension, analyzer=get_analyzer())

    def remove(self, folder: str) -> None:
        MilvusIndexWriter(self._connection, name_alias(folder), dimension=lambda: 0, analyzer=get_analyzer()).remove()
