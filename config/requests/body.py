"""Forms under ASGI, read from the connection while the view reads them.

Django's handler writes every large body to a temporary file before anybody is asked who sends it. An uploaded file would be written
there, and to the store afterwards; and a stranger could fill the disk. So a form's body is left with the server until a view reads
it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.asgi import ASGIHandler

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
FORM = b"multipart/form-data"


class ConnectionBroken(BadRequest):
    """The sender left before the end of the form."""


class StreamedBody:
    """The body of a form, for a view in a thread beside the event loop. Reads no faster than the view does, and keeps nothing."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._loop = receive, asyncio.get_running_loop()
        self._rest = b""
        self._ended = asyncio.Event()
        self._is_whole = self._is_closed = False

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all that are left where it is negative; none at the end.

        Raises: ConnectionBroken. BadRequest: on the event loop, which would wait for itself.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 16), b""))
        while not self._rest and not self._ended.is_set() and not self._is_closed:
            if _running_loop() is self._loop:
                raise BadRequest("a form is read beside the event loop")
            self._rest = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
        if not self._rest and not self._is_whole:
            raise ConnectionBroken("the form has no end")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._ended.set()
            return b""
        if not message.get("more_body", False):
            self._is_whole = True
            self._ended.set()
        return bytes(message.get("body", b""))

    async def receive_after(self) -> Message:
        """What the server says after the body: that the sender has left."""
        await self._ended.wait()
        return await self._receive() if self._is_whole else {"type": "http.disconnect"}

    def close(self) -> None:
        self._is_closed = True


class StreamingHandler(ASGIHandler):
    """Django's, but the body of a form is read by its view. Other bodies are small, and read whole as before."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if any(name == b"content-type" and value.lower().startswith(FORM) for name, value in scope["headers"]):
            receive = StreamedBody(receive).receive_after
        await super().handle(scope, receive, send)

    async def read_body(self, receive: Receive) -> Any:
        body = getattr(receive, "__self__", None)
        return body if isinstance(body, StreamedBody) else await super().read_body(receive)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
