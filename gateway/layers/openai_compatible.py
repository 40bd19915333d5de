"""Any server that speaks OpenAI's chat completions: vLLM first.

Written on httpx rather than LangChain's ChatOpenAI: that costs 143 µs an event against 13, retries by itself, sends
`max_completion_tokens`, which not every server knows, and hides when a connection closes, which is what stops vLLM.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from typing import Any

import httpx

from gateway.errors import ModelBroken, ModelError, ModelSilent, ModelTimeout
from gateway.layers.connecting import transport_for
from gateway.layers.event_stream import EventReader
from gateway.layers.tokenizing import count_tokens
from gateway.layers.translate import error_of_event, error_of_exception, error_of_response
from gateway.ports import Delta, GenerationOptions, Message, TokenCount, Usage
from outbound.errors import OutboundError
from outbound.hosts import HostRules

_CONNECTION_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, httpx.CookieConflict, OutboundError)
RESERVED = frozenset({"model", "messages", "max_tokens", "stream", "stream_options", "n", "tools"})  # no option changes these
_CONNECT_TIMEOUT_S = 5.0
_COUNT_TIMEOUT_S = 2.0


class OpenAICompatibleModel:
    """A model behind `base_url` (".../v1").

    `rules`: where it may lead, judged at each connection; None where the caller vouches for it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        name: str,
        api_key: str = "",
        rules: HostRules | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._name = name
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._rules = rules
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
            transport=self._transport or transport_for(self._base_url, self._rules),
            trust_env=False,  # the transport knows the proxy
            follow_redirects=False,
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
        # Each wait has its own deadline: a timeout held across a `yield` would fire in the caller's code.
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
        """Ask the server's own tokenizer, whose address is outside `/v1`; None if there is none."""
        sent = [{"role": message.role, "content": message.content} for message in messages]
        root = self._base_url.removesuffix("/v1")
        try:
            async with asyncio.timeout(_COUNT_TIMEOUT_S), self._client(_COUNT_TIMEOUT_S) as client:
                return await count_tokens(client, root, model=self._name, messages=sent)
        except (*_CONNECTION_ERRORS, TimeoutError, ValueError, KeyError, TypeError, AttributeError):
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
        event_body: Any = json.loads(event)
        if event_body.get("error"):
            raise error_of_event(event)
        choice = (event_body.get("choices") or [{}])[0]
        usage = event_body.get("usage")
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


def _usage(usage: dict[str, Any]) -> Usage:
    return Usage(
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        completion_tokens=int(usage.get("completion_tokens") or 0),
        cached_tokens=int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ModelError:
        raise
    except TimeoutError as error:
        raise ModelTimeout("no token in time") from error
    except _CONNECTION_ERRORS as error:
        raise error_of_exception(error) from error
