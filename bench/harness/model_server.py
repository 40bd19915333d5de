"""A language model that costs nothing: repeats what the prompt's sources say of a team, at a rate that the benchmark sets.

Speaks the part of OpenAI's interface that vLLM has, and notes when it was asked and when each sentence had left, on the machine's
monotonic clock, which all processes share. So the time that Attest adds can be separated from the model's.
`python -m uvicorn bench.harness.model_server:application`.
"""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass, field
from typing import Any

Event = MutableMapping[str, Any]
Send = Callable[[Event], Awaitable[None]]
Receive = Callable[[], Awaitable[Event]]

_TEAM = re.compile(r"team (\d+)", re.IGNORECASE)
_SENTENCE = re.compile(r"Team \d+ [^.\n]*\.|[^.\n]+\.?")
_SOURCE = re.compile(r"<<<SOURCE \[(\d+)\].*?\n(.*?)\n>>>END OF SOURCE", re.DOTALL)


@dataclass(slots=True)
class Asked:
    """When one answer was asked for and given, in seconds of the monotonic clock."""

    team: str
    arrived_at: float
    first_at: float = 0.0
    ended_at: float = 0.0
    tokens: int = 0
    sentences_at: list[float] = field(default_factory=list)  # when the last token of each had left


@dataclass(slots=True)
class Pace:
    """How the model writes until `/pace` changes it."""

    tokens_per_s: float = 0.0  # of each stream; 0: as fast as they can be sent
    first_token_s: float = 0.0


class ModelServer:
    """The ASGI application."""

    def __init__(self) -> None:
        self.pace, self.log = Pace(), list[Asked]()

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = await self._read(receive)
        match scope["path"]:
            case "/v1/chat/completions":
                await self._write(json.loads(body), send)
            case "/v1/models":
                await self._send_json(
                    {"object": "list", "data": [{"id": "bench", "object": "model", "max_model_len": 32768}]}, send
                )
            case "/tokenize":
                await self._send_json({"count": len(body) // 4, "max_model_len": 32768, "tokens": []}, send)
            case "/pace":
                self.pace, self.log = Pace(**json.loads(body)), []
                await self._send_json({}, send)
            case "/log":
                await self._send_json([asdict(one) for one in self.log], send)
            case _:
                await self._send_json({"error": {"message": "not found"}}, send, status=404)

    async def _write(self, given: dict[str, Any], send: Send) -> None:
        asked = Asked(team="", arrived_at=time.monotonic())
        self.log.append(asked)
        prompt = "\n".join(str(message["content"]) for message in given["messages"])
        asked.team, sentences = answer_for(prompt)
        tokens = [(word, last) for sentence in sentences for word, last in split_tokens(sentence)]
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        head = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 0, "model": "bench"}
        await asyncio.sleep(self.pace.first_token_s)
        asked.first_at = time.monotonic()
        for position, (word, is_last) in enumerate(tokens):
            if self.pace.tokens_per_s:
                due = asked.first_at + position / self.pace.tokens_per_s
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            await send(_part({**head, "choices": [choice]}))
            asked.tokens += 1
            if is_last:
                asked.sentences_at.append(time.monotonic())
        await send(_part({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
        usage = {
            "prompt_tokens": len(prompt) // 4,
            "completion_tokens": len(tokens),
            "total_tokens": len(prompt) // 4 + len(tokens),
        }
        await send(_part({**head, "choices": [], "usage": usage}))
        asked.ended_at = time.monotonic()
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    @staticmethod
    async def _live(receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            await send({"type": f"{event['type']}.complete"})
            if event["type"] == "lifespan.shutdown":
                return

    @staticmethod
    async def _read(receive: Receive) -> bytes:
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        return body

    @staticmethod
    async def _send_json(body: object, send: Send, *, status: int = 200) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def answer_for(prompt: str) -> tuple[str, list[str]]:
    """Return the team that is asked about and what the sources say of it, each sentence with its source's marker.

    Where the search has not found that team, the first sentence of the first source: what is measured here is not the search.
    """
    sources = _SOURCE.findall(prompt)
    question = prompt.rpartition(">>>END OF SOURCE")[2]
    team = found.group(1) if (found := _TEAM.search(question)) else ""
    own = re.compile(rf"Team {team} [^.\n]*\.")
    said = [f"{sentence} [{marker}]" for marker, text in sources for sentence in own.findall(text)]
    return team, said or [f"{_SENTENCE.findall(text)[0]} [{marker}]" for marker, text in sources[:1]]


def split_tokens(sentence: str) -> list[tuple[str, bool]]:
    """Return the words, each with the space before it, as a model's tokens stand; True marks the last."""
    words = sentence.split(" ")
    return [(f" {word}", position == len(words) - 1) for position, word in enumerate(words)]


def _part(body: object) -> Event:
    return {"type": "http.response.body", "body": f"data: {json.dumps(body)}\n\n".encode(), "more_body": True}


application = ModelServer()
