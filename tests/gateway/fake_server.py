"""A small OpenAI-compatible server whose dialect is chosen by the model's name; it notices when a client hangs up."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


def event(text: str = "", *, finish: str | None = None) -> bytes:
    delta = {"content": text} if text else {}
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode() + b"\n\n"


USAGE = {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 8}}
USAGE_EVENT = b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"
DONE = b"data: [DONE]\n\n"
OVERFLOW = {"error": {"message": "This model's maximum context length is 100 tokens.", "type": "BadRequestError", "code": 400}}

# Errors that come after a 200: of llama.cpp's server, of a proxy, of Ollama.
LATE_ERRORS = {
    "late-overflow": b'data: {"error": {"code": 400, "message": "the request exceeds the available context size"}}\n\n',
    "late-busy": b'data: {"error": {"code": 503, "message": "Loading model"}}\n\n',
    "bare-error": b'{"error": "llama runner process has terminated"}\n',
}
# Dialects that refuse: status and body.
REFUSALS: dict[str, tuple[int, bytes]] = {
    "unauthorized": (401, b'{"error": "Unauthorized"}'),
    "telltale": (401, b'{"error": {"message": "Incorrect key: sk-very-secret"}}'),
    "overflow": (400, json.dumps(OVERFLOW).encode()),
    "unknown-model": (404, b'{"error": {"message": "The model does not exist."}}'),
    "busy": (429, b'{"detail": "Too many requests"}'),
    "fault": (500, b"Internal Server Error"),
}


class FakeServer:
    """`text` is what it says, word by word."""

    def __init__(self) -> None:
        self.text = "Six hours are earned [1]. That is all."
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []  # of all that was asked, in order
        self.hung_up = threading.Event()
        self.sent = 0
        self.answer_with: Callable[[dict[str, Any]], str] | None = None  # of the request: what to say instead of `text`
        self.refuse_longer_than: int | None = None  # characters of the prompt
        self.port = 0
        self.offered = ["plain", "chatty"]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def answer(self, dialect: str) -> AsyncIterator[bytes]:
        words = self.text.replace(" ", "\0 ").split("\0")
        if dialect == "slow-first":
            await asyncio.sleep(60)
        if dialect == "empty":
            return
        if dialect in LATE_ERRORS:
            yield LATE_ERRORS[dialect]
            return
        if dialect == "unstreamed":  # a proxy that collects the stream
            message = {"role": "assistant", "content": self.text}
            body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": USAGE}
            yield json.dumps(body, indent=1, ensure_ascii=False).encode()
            return
        if dialect == "chatty":  # Ollama: a role in each event, comments and retries between them
            yield b": hello\n\nretry: 3000\n\n"
            yield b'data: {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}\n\n'
        if dialect == "not-events":
            yield b"data: <html>\n\n"
            return
        for count, word in enumerate(words):
            if dialect == "stalling" and count == 2:
                await asyncio.sleep(60)
            if dialect == "breaking" and count == 2:
                return
            if dialect == "error-event" and count == 2:
                yield b'data: {"error": {"message": "engine died"}}\n\n'
                return
            if dialect == "endless":
                await asyncio.sleep(0.02)
            yield event(word)
        while dialect == "endless":
            await asyncio.sleep(0.02)
            yield event(" more")
        yield event(finish="length" if dialect == "cut" else "stop")
        if dialect == "without-done":
            return
        yield USAGE_EVENT
        yield DONE

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.paths.append(head.split()[1])
            if head.startswith("GET /v1/models "):
                offered = json.dumps({"object": "list", "data": [{"id": name} for name in self.offered]}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(offered), offered))
                return
            length = next(int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length"))
            body = json.loads(await reader.readexactly(length))
            if " /v1/chat/completions " not in head:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                return
            self.requests.append(body | {"head": head})
            await self._complete(body, writer, asyncio.ensure_future(reader.read(1)))
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()

    async def _complete(self, body: dict[str, Any], writer: asyncio.StreamWriter, gone: asyncio.Future) -> None:
        dialect = body["model"]
        too_long = (
            self.refuse_longer_than and sum(len(message["content"]) for message in body["messages"]) > self.refuse_longer_than
        )
        if too_long and dialect == "silent-overflow":  # llama-cpp-python
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            return
        if dialect in REFUSALS or too_long:
            status, refusal = REFUSALS["overflow" if too_long else dialect]
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: {len(refusal)}\r\nConnection: close\r\n\r\n".encode() + refusal)
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        if self.answer_with:
            self.text = self.answer_with(body)
        pieces = self.answer(dialect)
        while True:
            following = asyncio.ensure_future(anext(pieces, None))
            await asyncio.wait({following, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                following.cancel()
                gone.exception()  # a client that hangs up may do so with a reset
                self.hung_up.set()
                return
            if (piece := following.result()) is None:
                return
            # Bytes are cut anywhere on a real network: inside a line, inside a character.
            for part in (piece[:7], piece[7:]) if dialect == "choppy" else (piece,):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            self.sent += 1


@contextmanager
def running_fake_server() -> Iterator[FakeServer]:
    """Serve on a free port in a thread of its own."""
    fake, loop = FakeServer(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(fake.serve, "127.0.0.1", 0))
    fake.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    mine = asyncio.current_task()
    left = [task for task in asyncio.all_tasks() if task is not mine]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.sleep(0)


@pytest.fixture
def fake_server() -> Iterator[FakeServer]:
    with running_fake_server() as fake:
        yield fake
