"""Git's smart protocol over HTTP: dulwich speaks it, our own client carries it, to judged addresses and within limits."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
from django.utils.translation import gettext as _
from dulwich.client import AbstractHttpGitClient

from sources.connectors.calling.calls import DOWNLOAD_TIME_S, Calls, check_status
from sources.connectors.errors import SourceAway

MOST_BYTES = 4 * 1024**3  # of one answer: the newest state of a repository, packed


class CheckedGitClient(AbstractHttpGitClient):
    """Reads one repository. Servers that only offer files (the "dumb" protocol) are refused: they know no shallow fetch."""

    def __init__(self, address: str, calls: Calls) -> None:
        super().__init__(address, dumb=False, quiet=True)
        self._calls = calls

    def _http_request(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,
    ) -> Any:
        """Return what dulwich expects: an answer, and what reads its body."""
        answer = _Answer(self._calls, url, headers or {}, data)
        return answer, answer.read


class _Answer:
    """An answer in the shape of urllib3's."""

    def __init__(self, calls: Calls, url: str, headers: dict[str, str], data: bytes | Iterator[bytes] | None) -> None:
        self._stack = ExitStack()
        try:
            call = calls.stream(
                "GET" if data is None else "POST",
                url,
                time_s=DOWNLOAD_TIME_S,
                headers={**headers, "Pragma": "no-cache"},
                content=data,
            )
            response, self._chunks = self._stack.enter_context(call)
            check_status(response)
            self._take(response, url)
        except BaseException:
            self._stack.close()
            raise
        self._rest, self._left = b"", MOST_BYTES

    def _take(self, response: httpx.Response, url: str) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.content_type = response.headers.get("content-type", "")
        self.redirect_location = str(response.url) if str(response.url) != url else ""
        if not self.content_type.startswith("application/x-git-"):
            raise SourceAway(_("There is no readable Git repository at this address. Enter the https address that you clone from."))

    def read(self, size: int = -1) -> bytes:
        """Return exactly `size` bytes, fewer at the end."""
        while size < 0 or len(self._rest) < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._left -= len(chunk)
            if self._left < 0:
                raise SourceAway(_("The repository exceeds the limit of 4 GB."))
            self._rest += chunk
        size = len(self._rest) if size < 0 else size
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def close(self) -> None:
        self._stack.close()
