"""Where a Milvus is: `RETRIEVAL_URL`."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from retrieval.errors import AddressInvalid

PORT = 19530
SCHEMES = ("milvus", "milvuss", "milvus-lite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`uri` and `token` as pymilvus takes them."""

    uri: str
    token: str = field(default="", repr=False)
    database: str = ""

    @property
    def place(self) -> str:
        """For people and logs: without the token."""
        return f"{self.uri}/{self.database}" if self.database else self.uri


def parse_address(url: str) -> Address:
    """Return the parts of an address.

    `milvus://[user:password@]host[:19530][/database]`; `milvuss://` the same over TLS; `milvus-lite:///folder/file.db` runs the
    engine in this process, on a file that no other process has open: for tests and trials.

    Raises: AddressInvalid: anything else. The message names no password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError as error:
        raise AddressInvalid("The address of Milvus cannot be read: is the port a number?") from error
    if parts.scheme not in SCHEMES:
        raise AddressInvalid("The address of Milvus begins with milvus://, milvuss:// or milvus-lite:///.")
    if parts.scheme == "milvus-lite":
        if host or not parts.path.endswith(".db"):
            raise AddressInvalid("Write milvus-lite:///folder/name.db, with three slashes and a file that ends with .db.")
        return Address(uri=str(Path(unquote(parts.path))))
    if not host:
        raise AddressInvalid("The address of Milvus has no host: milvus://host:19530.")
    shown = f"[{host}]" if ":" in host else host
    token = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    scheme = "https" if parts.scheme == "milvuss" else "http"
    return Address(uri=f"{scheme}://{shown}:{port}", token=token, database=unquote(parts.path.strip("/")))
