"""Turn what an HTTP client or a server says into our errors."""

import json

import httpx

from chat.errors import (
    ContextOverflow,
    ModelBroken,
    ModelBusy,
    ModelError,
    ModelFaulty,
    ModelRejected,
    ModelTimeout,
    ModelUnauthorized,
    ModelUnreachable,
)

# How servers word it: vLLM and OpenAI "maximum context length", llama.cpp "exceeds the available context size".
_OVERFLOW_WORDS = ("maximum context length", "context length", "context size", "context_length_exceeded", "context window")


def error_of_exception(error: Exception) -> ModelError:
    """Return our error for anything httpx raises (tests go through every class it has)."""
    told = f"{type(error).__name__}: {error}"
    if isinstance(error, httpx.ConnectTimeout):
        return ModelUnreachable(told)
    if isinstance(error, httpx.TimeoutException):
        return ModelTimeout(told)
    if isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol | httpx.ProxyError | httpx.InvalidURL):
        return ModelUnreachable(told)
    if isinstance(error, httpx.TooManyRedirects | httpx.LocalProtocolError | httpx.CookieConflict):
        return ModelRejected(told)
    return ModelBroken(told)


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
    told = json.loads(event)["error"]
    code = told.get("code") if isinstance(told, dict) else None
    message = message_of_body(event)
    if any(words in message.lower() for words in _OVERFLOW_WORDS):
        return ContextOverflow(message)
    return error_of_response(code, event) if isinstance(code, int) and 400 <= code < 600 else ModelFaulty(message)


def message_of_body(body: bytes) -> str:
    """Return what an error body says: `{"error": {"message"}}`, `{"error": "…"}`, `{"detail"}` or the text itself."""
    text = body.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except ValueError:
        return text[:500]
    if isinstance(told, dict):
        told = told.get("error", told.get("detail", told.get("message", told)))
    if isinstance(told, dict):
        told = told.get("message", told)
    return str(told)[:500]
