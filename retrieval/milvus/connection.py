"""A connection to Milvus, its errors as ours."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from retrieval.errors import IndexUnavailable
from retrieval.milvus.address import Address

TIMEOUT_S = 30.0
_Result = TypeVar("_Result")


class Connection:
    """Opened at first use, one for the process; safe in threads."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client: MilvusClient | None = None
        self._lock = threading.Lock()

    def run(self, work: Callable[[MilvusClient], _Result]) -> _Result:
        """Return what `work` gives. Raises: IndexUnavailable: Milvus is unavailable, or refuses."""
        try:
            return work(self._open())
        except (MilvusException, OSError) as error:
            raise IndexUnavailable(f"Milvus at {self._address.place}: {error}") from error

    def _open(self) -> MilvusClient:
        with self._lock:
            if self._client is None:
                given: dict[str, Any] = {"token": self._address.token} if self._address.token else {}
                given |= {"db_name": self._address.database} if self._address.database else {}
                self._client = MilvusClient(self._address.uri, timeout=TIMEOUT_S, **given)
            return self._client

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None
