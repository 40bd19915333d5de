"""The ports of an index: what a backend offers to the editions."""

from collections.abc import Callable
from typing import Protocol

from retrieval.ports import IndexSnapshot, IndexWriter


class Index(Protocol):
    """The published index of one edition."""

    def snapshot(self) -> IndexSnapshot:
        """Return what a query sees from its start to its end. Raises: IndexFault."""

    def check(self) -> None:
        """Raises: IndexFault: it is damaged or unavailable."""


class Backend(Protocol):
    """Opens the index of an edition, by the name of its folder."""

    def index(self, folder: str) -> Index: ...

    def writer(self, folder: str, *, dimension: Callable[[], int]) -> IndexWriter: ...

    def remove(self, folder: str) -> None:
        """Remove an index that no longer serves."""
