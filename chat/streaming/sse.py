"""Server-sent events: how one is written, and the response that streams them."""

import json
from collections.abc import AsyncIterable
from typing import Any

from django.http import StreamingHttpResponse

WAITING = b": waiting\n\n"  # a comment: proxies keep the connection, and a gone reader is noticed
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def frame(data: dict[str, Any] | str, *, name: str = "") -> bytes:
    """Return one event; without a name it is a "message". A string is sent as it is, and must hold no line break."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {text}\n\n".encode()


def event_stream(frames: AsyncIterable[bytes]) -> StreamingHttpResponse:
    """Return the response that no proxy buffers and nobody keeps."""
    return StreamingHttpResponse(frames, content_type="text/event-stream; charset=utf-8", headers=_HEADERS)
