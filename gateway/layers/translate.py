"""Translate errors of HTTP clients and servers into the gateway's own."""

import json

import httpx

from gateway.errors import (
    ContextOverflow,
    ModelAddressRefused,
    ModelBroken,
    ModelBusy,
    ModelError,
    ModelFaulty,
    ModelRejected,
    ModelTimeout,
    ModelUnauthorized,
    ModelUnreachable,
)
from outbound.errors import HostRefused, HostUnknown

# How servers word it: vLLM and OpenAI "maximum context length", llama.cpp "exceeds the available context size".
_OVERFLOW_WORDS = ("maximum context length", "context length", "context size", "context_length_exceeded", "context window")


def error_of_exception(error: Exception) -> ModelError:
    """Return our error for anything httpx raises (tests go through every class it has), or the rules for connections."""
    description = f"{type(error).__name__}: {error}"
    if isinstance(error, HostRefused):
        return ModelAddressRefused(description)
    if isinstance(error, HostUnknown):
        return ModelUnreachable(description)
    if isinstance(error, httpx.ConnectTimeout):
        return ModelUnreachable(description)
    if isinstance(error, httpx.TimeoutException):
        return ModelTimeout(description)
    if isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol | httpx.ProxyError | httpx.InvalidURL):
        return ModelUnreachable(description)
    if isinstance(error, httpx.TooManyRedirects | httpx.LocalProtocolError | httpx.CookieConflict):
        return ModelRejected(description)
    return ModelBroken(description)


def error_of_response(status: int, body: bytes) -> ModelError:
    """Return our error for an answer other than 200. The body may be an object, a string or no JSON at all."""
    message = message_of_body(body)
    if status in (401, 403):
        return ModelUnauthorized(message)
    if status in (429, 503):
        return ModelBusy(message)
    if status == 413 or (400 <= status < 500 and any(words in message.lower() for words in _OVERFLOW_WORDS)):
        return ContextOverflow(message)
    return ModelFaulty(message) if status >= 500 else ModelRejected(f"{status}: {message}")


def error_of_event(event: bytes) -> ModelError:
    """Return our error for one that came inside a stream, after its 200: as its own code says, if it has one."""
    error = json.loads(event)["error"]
    code = error.get("code") if isinstance(error, dict) else None
    message = message_of_body(event)
    if any(words in message.lower() for words in _OVERFLOW_WORDS):
        return ContextOverflow(message)
    return error_of_response(code, event) if isinstance(code, int) and 400 <= code < 600 else ModelFaulty(message)


def message_of_body(body: bytes) -> str:
    """Return what an error body says: `{"error": {"message"}}`, `{"error": "…"}`, `{"detail"}` or the text itself."""
    text = body.decode("utf-8", "replace")
    try:
        content = json.loads(text)
    except ValueError:
        return text[:500]
    if isinstance(content, dict):
        content = content.get("error", content.get("detail", content.get("message", content)))
    if isinstance(content, dict):
        content = content.get("message", content)
    return str(content)[:500]
