"""Any server that speaks OpenAI's chat completions: vLLM first.

Written on httpx rather than LangChain's ChatOpenAI: that costs 143 µs an event against 13, retries by itself, sends
`max_completion_tokens`, which not every server knows, and hides when a connection closes, which is what stops vLLM.
"""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import httpx

from chat.errors import ModelBroken, ModelError, ModelSilent, ModelTimeout
from chat.llm.event_stream import EventReader
from chat.llm.tokenizing import count_tokens
from chat.llm.translate import error_of_event, error_of_exception, error_of_response
from chat.ports import Delta, GenerationOptions, Message, TokenCount, Usage

_HTTPX_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, httpx.CookieConflict)
RESERVED = frozenset({"model", "messages", "max_tokens", "stream", "stream_options", "n", "tools"})  # no option changes these
_CONNECT_TIMEOUT_S = 5.0
_COUNT_TIMEOUT_S = 2.0


@cache
def _tls() -> ssl.SSLContext:
    """One context for all connections: reading the trusted certificates takes 20 ms."""
    return httpx.create_ssl_context()


class OpenAICompatibleModel:
    """A model behind `base_url` (".../v1")."""

    def __init__(self, *, base_url: str, name: str, api_key: str = "", transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._name = name
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._transport = transport

    @property
    def name(self) -> str:
        return self._name

    @property
    def base_url(self) -> str:
        return self._base_url

    def _client(self, timeout_s: float) -> httpx.AsyncClient:
        # One client a question: a connection costs a millisecond, and closing it is what ends the generation at once.
        return httpx.AsyncClient(
            headers=self._headers,
            timeout=httpx.Timeout(None, connect=min(timeout_s, _CONNECT_TIMEOUT_S)),
            verify=_tls(),
            transport=self._transport,
            trust_env=self._base_url.startswith("https:"),  # a company's proxy leads out of it, never to the server beside us
        )

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield the answer. Raises: ModelError."""
        clock = asyncio.get_running_loop().time
        ends_at = clock() + options.total_timeout_s
        body = {
            "model": self._name,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        body |= {name: value for name, value in options.extra.items() if name not in RESERVED}
        reader, seen = EventReader(), _Seen()
        # The deadlines stand around each wait alone: a timeout held across a `yield` would strike in the caller's code.
        async with contextlib.AsyncExitStack() as stack:
            client = await stack.enter_async_context(self._client(options.first_token_timeout_s))
            with _translated():
                async with asyncio.timeout_at(min(ends_at, clock() + options.first_token_timeout_s)):
                    opened = client.stream("POST", f"{self._base_url}/chat/completions", json=body)
                    response = await stack.enter_async_context(opened)
                    if response.status_code != 200:
                        raise error_of_response(response.status_code, await response.aread())
            pieces = response.aiter_bytes()
            silent_until = clock() + options.first_token_timeout_s
            while not seen.done:
                with _translated():
                    async with asyncio.timeout_at(min(ends_at, silent_until)):
                        piece = await anext(pieces, None)
                for delta in seen.read(_last(reader) if piece is None else reader.feed(piece)):
                    if delta.text:
                        silent_until = clock() + options.first_token_timeout_s
                    yield delta
                if piece is None:
                    break
        seen.check_end()

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        """Ask the server's own tokenizer, which stands beside `/v1`; None where there is none."""
        told = [{"role": message.role, "content": message.content} for message in messages]
        root = self._base_url.removesuffix("/v1")
        try:
            async with asyncio.timeout(_COUNT_TIMEOUT_S), self._client(_COUNT_TIMEOUT_S) as client:
                return await count_tokens(client, root, model=self._name, messages=told)
        except (*_HTTPX_ERRORS, TimeoutError, ValueError, KeyError, TypeError, AttributeError):
            return None


def _last(reader: EventReader) -> list[bytes]:
    """Return what is left at the end: an event without its last empty line, or JSON that is no event at all."""
    events, rest = reader.close(), reader.other.strip()
    return [*events, rest] if rest.startswith(b"{") else events


class _Seen:
    """What a stream has shown so far, to judge its end by."""

    def __init__(self) -> None:
        self.done = False
        self.text = False
        self.finish_reason = ""

    def read(self, events: Iterable[bytes]) -> Iterator[Delta]:
        for event in events:
            if event == b"[DONE]":
                self.done = True
                return
            delta = _delta(event)
            self.text = self.text or bool(delta.text)
            self.finish_reason = delta.finish_reason or self.finish_reason
            yield delta

    def check_end(self) -> None:
        """Not every server sends [DONE]; an end without it and without a finish reason is a broken connection."""
        if not self.done and not self.finish_reason and self.text:
            raise ModelBroken("the stream ended without a finish reason")
        if not self.text:
            raise ModelSilent("the stream ended without any text")


def _delta(event: bytes) -> Delta:
    try:
        told: Any = json.loads(event)
        if told.get("error"):
            raise error_of_event(event)
        choice = (told.get("choices") or [{}])[0]
        usage = told.get("usage")
        return Delta(
            # A server that does not stream sends the whole message.
            text=_storable((choice.get("delta") or choice.get("message") or {}).get("content") or ""),
            finish_reason=choice.get("finish_reason") or "",
            usage=_usage(usage) if usage else None,
        )
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise ModelBroken(f"no chat completion event: {error}") from error


def _storable(text: str) -> str:
    """Drop NUL and put U+FFFD for lone surrogates, which a server may send escaped and no database stores."""
    text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _usage(told: dict[str, Any]) -> Usage:
    return Usage(
        prompt_tokens=int(told.get("prompt_tokens") or 0),
        completion_tokens=int(told.get("completion_tokens") or 0),
        cached_tokens=int((told.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ModelError:
        raise
    except TimeoutError as error:
        raise ModelTimeout("no token in time") from error
    except _HTTPX_ERRORS as error:
        raise error_of_exception(error) from error
