"""A service with an API of JSON, in the shapes that it documents: it asks for a token, may ask to wait, and may forget a token."""

import json
from typing import Any
from urllib.parse import parse_qsl


class FakeApi:
    """`answer` gives (status, headers, body) or a value that becomes JSON, None for 404."""

    def __init__(self) -> None:
        self.address = ""
        self.accepted = ""  # the Authorization header that counts now; "" for any
        self.throttled = 0  # how many requests are asked to wait
        self.requests: list[str] = []

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        raise NotImplementedError

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.environ = environ
        self.requests.append(f"{environ['REQUEST_METHOD']} {path}")
        status, headers, content = self._respond(environ, path, body)
        start(f"{status} Answer", [("Content-Length", str(len(content))), *headers.items()])
        return [content]

    def _respond(self, environ: dict[str, Any], path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.throttled:
            self.throttled -= 1
            return 429, {"Retry-After": "2"}, b"{}"
        if self.accepted and not self.is_open(path) and environ.get("HTTP_AUTHORIZATION") != self.accepted:
            return 401, {}, b"{}"
        found = self.answer(environ["REQUEST_METHOD"], path, dict(parse_qsl(environ["QUERY_STRING"])), body)
        if found is None:
            return 404, {}, b"{}"
        if isinstance(found, tuple):
            return found
        return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()

    def is_open(self, path: str) -> bool:
        """Whether a path asks for no token."""
        return False
