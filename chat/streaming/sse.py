"""Server-sent events: how one is written, and the response that streams them."""

import json
from collections.abc import AsyncIterable
from typing import Any

from django.http import StreamingHttpResponse

WAITING = b": waiting\n\n"  # a comment: proxies keep the connection, and a gone reader is noticed
AGAIN = b"retry: 1000\n\n"  # milliseconds after which a browser that lost the connection makes a new one
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def frame(data: dict[str, Any] | str, *, name: str = "", number: int | None = None) -> bytes:
    """Return one event; without a name it is a "message". A string is sent as it is, and must hold no line break.

    Args: number: what a browser that connects again says that it has (`Last-Event-ID`).
    """
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    head = (f"id: {number}\n" if number is not None else "") + (f"event: {name}\n" if name else "")
    return f"{head}data: {text}\n\n".encode()


def event_stream(frames: AsyncIterable[bytes]) -> StreamingHttpResponse:
    """Return the response that no proxy buffers and nobody keeps."""
    return StreamingHttpResponse(frames, content_type="text/event-stream; charset=utf-8", headers=_HEADERS)
