"""A client of an installation's REST interface, as a benchmark needs it: upload, wait, search."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from bench.harness.installation import manage

POLL_S = 0.1
POLL_SHARE = 0.01  # of the time waited so far: asked ten times a second, the web took a twelfth of the machine that is measured
QUIET = {"ATTEST_RATE_KEY_PER_MINUTE": "0", "ATTEST_RATE_SEARCH_PER_MINUTE": "0", "ATTEST_LOG_LEVEL": "WARNING"}


class Library:
    """One collection of a running installation, in the hands of its knowledge admin."""

    def __init__(self, url: str, home: Path, *, slug: str = "bench") -> None:
        key = manage(home, "create_api_key", "--user", "admin", "--scope", "ask", "--scope", "read", "--scope", "manage").strip()
        self._client = httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=300)
        self._documents = f"/collections/{slug}/documents"
        self._slug = slug
        if self._client.get(self._documents).status_code == httpx.codes.NOT_FOUND:
            self._client.post("/collections", json={"slug": slug, "name": slug}).raise_for_status()

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def upload(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """Send files in one request. Returns: the outcome of each, as REST reports it."""
        with ExitStack() as stack:
            files = [("files", (path.name, stack.enter_context(path.open("rb")))) for path in paths]
            response = self._client.post(self._documents, files=files)
        response.raise_for_status()
        outcomes: list[dict[str, Any]] = response.json()
        return outcomes

    def count(self, state: str = "") -> int:
        response = self._client.get(self._documents, params={"state": state, "per_page": 1})
        response.raise_for_status()
        return int(response.json()["count"])

    def wait_until_ready(self, total: int, *, timeout_s: float) -> None:
        """Raises: RuntimeError: a document failed. TimeoutError."""
        started = time.monotonic()
        while (ready := self.count("ready")) < total:
            if self.count("failed"):
                raise RuntimeError("A document failed; see the log of the workers.")
            waited = time.monotonic() - started
            if waited > timeout_s:
                raise TimeoutError(f"{ready} of {total} documents after {timeout_s:.0f} s")
            time.sleep(max(POLL_S, POLL_SHARE * waited))

    def find(self, question: str) -> list[dict[str, Any]]:
        """Search, and return the passages."""
        response = self._client.get("/search", params={"q": question, "collection": self._slug})
        response.raise_for_status()
        passages: list[dict[str, Any]] = response.json()["passages"]
        return passages

    def wait_until_found(self, question: str, *, holding: str, timeout_s: float) -> float:
        """Search until a passage holds these words. Returns: the seconds that took. Raises: TimeoutError."""
        started = time.monotonic()
        while not any(holding in passage["text"] for passage in self.find(question)):
            if time.monotonic() - started > timeout_s:
                raise TimeoutError(f"nothing with {holding!r} after {timeout_s:.0f} s")
            time.sleep(0.02)
        return time.monotonic() - started
