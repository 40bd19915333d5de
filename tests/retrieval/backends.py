"""The backends behind the ports, each opened in a folder of the test: what holds for one must hold for the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from milvus_lite.server_manager import server_manager_instance

from language.analyzer import get_analyzer
from retrieval.local.reader import LocalIndex
from retrieval.local.writer import LocalIndexWriter
from retrieval.milvus.address import parse_address
from retrieval.milvus.connection import Connection
from retrieval.milvus.reader import MilvusIndex
from retrieval.milvus.writer import MilvusIndexWriter
from tests.retrieval.builders import DIMENSION

ALIAS = "attest_contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """`reopen` gives a reader as a process that starts anew has it."""

    name: str
    writer: Any
    index: Any
    reopen: Callable[[], Any]


def open_local(folder: Path, *, dimension: int = DIMENSION) -> Iterator[Backend]:
    writer = LocalIndexWriter(folder, dimension=lambda: dimension, analyzer=get_analyzer())

    def read() -> LocalIndex:
        return LocalIndex(folder, analyzer=get_analyzer())

    yield Backend(name="local", writer=writer, index=read(), reopen=read)


def open_milvus(folder: Path, *, dimension: int = DIMENSION) -> Iterator[Backend]:
    """Milvus Lite, whose client and semantics are those of a cluster."""
    folder.mkdir(exist_ok=True)
    file = folder / "index.db"
    connection = Connection(parse_address(f"milvus-lite://{file}"))
    writer = MilvusIndexWriter(connection, ALIAS, dimension=lambda: dimension, analyzer=get_analyzer())

    def read() -> MilvusIndex:
        return MilvusIndex(connection, ALIAS, analyzer=get_analyzer())

    def end() -> None:
        connection.close()
        server_manager_instance.release_server(str(file))

    def reopen() -> MilvusIndex:
        end()
        return read()

    yield Backend(name="milvus", writer=writer, index=read(), reopen=reopen)
    end()


BACKENDS = {"local": open_local, "milvus": open_milvus}
