"""A model server: its address, and its errors as ours."""

import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urldefrag

import httpx

from retrieval.errors import EncoderError

logger = logging.getLogger(__name__)

TIMEOUT_S = 60.0
ATTEMPTS = 3  # of a call that met a server that is busy or restarting; workers try a failed job again later besides


def is_remote(setting: str) -> bool:
    """Tell whether a setting names a server, not a folder."""
    return setting.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`http://host:8101/v1#BAAI/bge-m3`: what stands behind # is the model's name at the server."""

    url: str
    model: str
    key: str = field(default="", repr=False)

    @classmethod
    def from_setting(cls, setting: str, *, key: str) -> "Server":
        """Raises: EncoderError: no model is named."""
        url, model = urldefrag(setting)
        if not model:
            raise EncoderError(f"{url} needs the name of its model: {url}#NAME")
        return cls(url=url.rstrip("/"), model=unquote(model), key=key)

    def call(self, client: httpx.Client, path: str, given: dict[str, Any]) -> Any:
        """Post, and return the JSON of the answer. Raises: EncoderError: unavailable, refused, or no JSON."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = client.post(f"{self.url}{path}", json=given, headers=headers)
            except httpx.HTTPError as error:
                if attempt < ATTEMPTS and isinstance(error, httpx.ConnectError | httpx.RemoteProtocolError):
                    continue
                raise EncoderError(f"{self.url} does not answer: {error or type(error).__name__}") from error
            if response.status_code in (429, 503) and attempt < ATTEMPTS:
                logger.info("%s is busy (%s), attempt %s", self.url, response.status_code, attempt)
                continue
            return self._read(response)
        raise AssertionError("the last attempt returns or raises")

    def _read(self, response: httpx.Response) -> Any:
        if response.is_error:
            raise EncoderError(f"{self.url} refused with {response.status_code}: {response.text[:300]}")
        try:
            return response.json()
        except ValueError as error:
            raise EncoderError(f"{self.url} answered with something else than JSON.") from error
