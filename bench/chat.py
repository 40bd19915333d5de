"""`python -m bench.chat [--streams 200] [--chunks 100000] [--json FILE]`: what Attest adds to a language model's own time.

An installation of its own and, beside it, a model server that repeats what the sources say at a set rate (model_server). Both
note their times on one clock, so the figures are Attest's share alone: the way to the model, each token, the sentence that waits
for its verdict, and what happens when many ask at once. As peers, in the same run and against the same server: reading it with
httpx alone, with the `openai` package and with LangChain's ChatOpenAI, none of which search, check or record anything. A second
installation without a model answers by quotes, from an index that a crowd of other passages fills (bench.ingesting.crowd).
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI

from bench.harness.installation import ROOT, environment_of, manage, run_attest, run_process
from bench.harness.ports import free_port
from bench.report import Measure, add_json_option, publish

TEAMS = 400
ALONE = 60  # questions asked one after another
TYPICAL_TOKENS_PER_S = 50.0  # of one stream, as an 8-billion model gives it on one GPU
CROWD_TOKENS_PER_S = 15.0  # of each of many streams
GOAL_BEFORE_MS = 60.0
GOAL_TOKEN_MS = 0.2
GOAL_SENTENCE_MS = 50.0
GOAL_STALL_S = 1.0
GOAL_QUOTED_MS = 300.0  # at 100,000 chunks
TIMEOUT_S = 300.0
LIMITS = {"ATTEST_RATE_ASK_PER_MINUTE": "0", "ATTEST_RATE_KEY_PER_MINUTE": "0", "ATTEST_LOG_LEVEL": "WARNING"}
STEPS = ("scope", "rewrite", "queue", "search", "evidence", "sufficiency", "route", "cache", "prompt")


@dataclass(slots=True, kw_only=True)
class Heard:
    """One answer as its reader saw it, in seconds of the monotonic clock."""

    team: str
    sent_at: float
    sentences_at: list[float] = field(default_factory=list)
    ended_at: float = 0.0
    longest_silence_s: float = 0.0  # without any byte, between the first event and the last
    answer: dict[str, Any] = field(default_factory=dict)


def write_library(path: Path) -> None:
    """Write what the teams have, one short file a team, so that evidence and answers have a known length."""
    chance = random.Random(7)
    for team in range(1, TEAMS + 1):
        crates, hall, hours, vans = chance.randint(20, 990), chance.choice("ABCDEFGH"), chance.randint(3, 60), chance.randint(2, 40)
        (path / f"team-{team}.md").write_text(
            f"# Team {team}\n\nTeam {team} stores {crates} crates in hall {hall} of the northern depot. "
            f"Team {team} answers requests of other teams within {hours} hours on working days. "
            f"Team {team} drives {vans} vans, which are serviced twice a year at the depot. "
            f"Team {team} meets every second Thursday in hall {hall} to plan the coming weeks.\n",
            encoding="utf-8",
        )


def question_about(team: int) -> str:
    return f"How many crates does team {team} store, and in which hall of the depot?"


class Asker:
    """Asks Attest over its API and listens as a browser does."""

    def __init__(self, url: str, key: str, client: httpx.AsyncClient) -> None:
        self.url, self.key, self.client = url, key, client

    async def ask(self, team: int) -> Heard:
        heard = Heard(team=str(team), sent_at=time.monotonic())
        request = {"question": question_about(team), "collection": "teams"}
        headers = {"Authorization": f"Bearer {self.key}"}
        last = None
        async with self.client.stream("POST", f"{self.url}/api/v1/ask?stream=true", json=request, headers=headers) as response:
            response.raise_for_status()
            name = ""
            async for line in response.aiter_lines():
                now = time.monotonic()
                heard.longest_silence_s = max(heard.longest_silence_s, now - last if last else 0.0)
                last = now
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == "sentence":
                    heard.sentences_at.append(now)
                elif line.startswith("data: ") and name in ("done", "failed"):
                    heard.answer, heard.ended_at = json.loads(line.removeprefix("data: ")), now
        if heard.answer.get("outcome") != "answered" or heard.answer["model"] == "extractive":
            rest = {name: value for name, value in heard.answer.items() if name not in ("answer", "sentences", "citations")}
            raise RuntimeError(f"no answer by the model: {json.dumps(rest)[:2000]}")
        return heard


async def measure_alone(asker: Asker, model: str) -> list[Measure]:
    """One question after another: the way to the model, and the wait of a sentence for its verdict."""
    await set_pace(asker.client, model, tokens_per_s=TYPICAL_TOKENS_PER_S, first_token_s=0.05)
    heard = [await asker.ask(team) for team in range(1, ALONE + 1)]
    asked = await read_log(asker.client, model)
    waits = waits_of(heard, asked)
    steps = [one.answer["timings_ms"] for one in heard]
    rerank = [taken.get("rerank", 0.0) for taken in steps]
    before = [(asked[one.team]["arrived_at"] - one.sent_at) * 1000 - taken for one, taken in zip(heard, rerank, strict=True)]
    return [
        *(
            Measure(name=f"of that: {step}, p50", value=at([taken.get(step, 0.0) for taken in steps], 0.5), unit="ms")
            for step in STEPS
        ),
        Measure(name="question to model, without reranking, p50", value=at(before, 0.5), unit="ms"),
        Measure(name="question to model, without reranking, p95", value=at(before, 0.95), unit="ms", goal=GOAL_BEFORE_MS),
        Measure(name="reranking, p95", value=at(rerank, 0.95), unit="ms"),
        Measure(name="sentence shown after its last token, p50", value=at(waits, 0.5), unit="ms"),
        Measure(name="sentence shown after its last token, p95", value=at(waits, 0.95), unit="ms", goal=GOAL_SENTENCE_MS),
    ]


async def measure_tokens(asker: Asker, model: str) -> list[Measure]:
    """A model without any pause: what each token costs on its way to the reader, the verdicts included, and in peers."""
    await set_pace(asker.client, model, tokens_per_s=0.0)
    teams = range(ALONE + 1, 2 * ALONE + 1)
    heard = [await asker.ask(team) for team in teams]
    asked = await read_log(asker.client, model)
    ours = [(one.sentences_at[-1] - asked[one.team]["first_at"]) * 1000 / asked[one.team]["tokens"] for one in heard]
    prompts = [[{"role": "user", "content": prompt_about(team)}] for team in teams]
    peers: dict[str, list[float]] = {}
    for name, read in (("httpx", read_bare), ("openai", read_openai), ("ChatOpenAI", read_langchain)):
        await set_pace(asker.client, model, tokens_per_s=0.0)
        ended = [await read(asker.client, model, messages) for messages in prompts]
        log = list((await read_log(asker.client, model)).values())
        peers[name] = [(end - one["first_at"]) * 1000 / one["tokens"] for end, one in zip(ended, log, strict=True)]
    bare = at(peers["httpx"], 0.5)
    added = {name: round(at(values, 0.5) - bare, 3) for name, values in peers.items() if name != "httpx"}
    return [
        Measure(
            name="added to each token over httpx alone, p50",
            value=round(at(ours, 0.5) - bare, 3),
            unit="ms",
            goal=GOAL_TOKEN_MS,
            peers=added,
        )
    ]


async def measure_crowd(asker: Asker, model: str, streams: int) -> list[Measure]:
    """Many at once on one web process: nobody waits long for a sentence that the model has finished."""
    await set_pace(asker.client, model, tokens_per_s=CROWD_TOKENS_PER_S, first_token_s=0.2)
    first = 2 * ALONE + 1
    started = time.monotonic()
    heard = await asyncio.gather(*(asker.ask(team) for team in range(first, first + streams)))
    asked = await read_log(asker.client, model)
    waits = [wait / 1000 for wait in waits_of(heard, asked)]
    starts = [asked[one.team]["arrived_at"] - one.sent_at for one in heard]
    name = f"{streams} at once"
    return [
        Measure(name=f"{name}: longest wait of a finished sentence", value=at(waits, 1.0), unit="s", goal=GOAL_STALL_S),
        Measure(name=f"{name}: wait of a finished sentence, p95", value=at(waits, 0.95), unit="s"),
        Measure(name=f"{name}: until the model was asked, p95", value=at(starts, 0.95), unit="s"),
        Measure(name=f"{name}: all answered after", value=round(max(one.ended_at for one in heard) - started, 2), unit="s"),
    ]


async def measure_quotes(asker: Asker, chunks: int) -> list[Measure]:
    """Questions without a model, from the request to the whole answer."""
    taken = []
    for team in range(1, ALONE + 1):
        started = time.monotonic()
        asked = {"question": question_about(team)}
        response = await asker.client.post(f"{asker.url}/api/v1/ask", json=asked, headers={"Authorization": f"Bearer {asker.key}"})
        taken.append((time.monotonic() - started) * 1000)
        answer = response.raise_for_status().json()
        if (answer["outcome"], answer["model"]) != ("answered", "extractive"):
            raise RuntimeError(f"no quoted answer: {json.dumps(answer)[:500]}")
    return [
        Measure(name=f"answer by quotes among {chunks} chunks, p50", value=at(taken, 0.5), unit="ms"),
        Measure(name=f"answer by quotes among {chunks} chunks, p95", value=at(taken, 0.95), unit="ms", goal=GOAL_QUOTED_MS),
    ]


def waits_of(heard: Sequence[Heard], asked: dict[str, dict[str, Any]]) -> list[float]:
    """Return for each sentence how long after its last token left the model it was read, in ms.

    Of answers of which every sentence was shown: else it is not known which were.
    """
    return [
        (shown - left) * 1000
        for one in heard
        if len(one.sentences_at) == len(asked[one.team]["sentences_at"])
        for shown, left in zip(one.sentences_at, asked[one.team]["sentences_at"], strict=True)
    ]


async def set_pace(client: httpx.AsyncClient, model: str, **pace: float) -> None:
    (await client.post(f"{model}/pace", json=pace)).raise_for_status()


async def read_log(client: httpx.AsyncClient, model: str) -> dict[str, dict[str, Any]]:
    """Return when each team was asked about and answered, in the order of asking."""
    return {one["team"]: one for one in (await client.get(f"{model}/log")).json()}


def prompt_about(team: int) -> str:
    """A prompt of a shape that the model server answers like Attest's own."""
    said = " ".join(f"Team {team} does thing {number} of the list on working days in the northern depot." for number in range(4))
    return f"<<<SOURCE [1] Team {team}\n{said}\n>>>END OF SOURCE [1]\n\nQuestion: {question_about(team)}"


async def read_bare(client: httpx.AsyncClient, model: str, messages: list[dict[str, str]]) -> float:
    request = {"model": "bench", "messages": messages, "stream": True}
    async with client.stream("POST", f"{model}/v1/chat/completions", json=request) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                json.loads(line.removeprefix("data: "))
    return time.monotonic()


async def read_openai(client: httpx.AsyncClient, model: str, messages: list[Any]) -> float:
    openai = AsyncOpenAI(
        base_url=f"{model}/v1",
        api_key="none",
        http_client=client,  # type: ignore[arg-type]  # its types name httpx2 alone, and it takes httpx too
    )
    async for _part in await openai.chat.completions.create(model="bench", messages=messages, stream=True):
        pass
    return time.monotonic()


async def read_langchain(client: httpx.AsyncClient, model: str, messages: list[Any]) -> float:
    chat = ChatOpenAI(model="bench", base_url=f"{model}/v1", api_key="none", http_async_client=client)
    async for _part in chat.astream([(message["role"], message["content"]) for message in messages]):
        pass
    return time.monotonic()


def at(values: Sequence[float], share: float) -> float:
    return round(float(np.quantile(values, share)), 3)


async def measure(url: str, model: str, key: str, *, streams: int) -> AsyncIterator[Measure]:
    """Yield what was found, part by part."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits) as client:
        asker = Asker(url, key, client)
        await set_pace(client, model, tokens_per_s=0.0)
        for team in range(TEAMS - 5, TEAMS + 1):  # loads what is loaded at the first question
            await asker.ask(team)
        parts: tuple[Callable[[], Any], ...] = (
            lambda: measure_alone(asker, model),
            lambda: measure_tokens(asker, model),
            lambda: measure_crowd(asker, model, streams),
        )
        for part in parts:
            for found in await part():
                yield found


async def run_quoted(chunks: int) -> list[Measure]:
    """Without a model, in an installation whose index holds a crowd of other passages."""
    with TemporaryDirectory(prefix="attest-bench-") as folder:
        home, library = Path(folder, "home"), Path(folder, "teams")
        library.mkdir()  # noqa: ASYNC240 - before anything runs
        write_library(library)
        manage(home, "migrate", "--verbosity", "0")
        fill = [sys.executable, "-m", "bench.ingesting.crowd", str(chunks)]
        subprocess.run(fill, cwd=ROOT, env={**os.environ, **environment_of(home)}, check=True)  # noqa: ASYNC221 - as above
        with run_attest(home, **LIMITS) as url:
            manage(home, "ingest", str(library), "--collection", "teams", "--create")
            key = manage(home, "create_api_key", "--user", "admin", "--scope", "ask").strip()
            async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
                asker = Asker(url, key, client)
                return await measure_quotes(asker, chunks)


async def run(streams: int) -> list[Measure]:
    model = f"http://127.0.0.1:{(port := free_port())}"
    server = (
        sys.executable,
        "-m",
        "uvicorn",
        "bench.harness.model_server:application",
        "--port",
        str(port),
        "--log-level",
        "warning",
    )
    with TemporaryDirectory(prefix="attest-bench-") as folder:
        home, library = Path(folder, "home"), Path(folder, "teams")
        library.mkdir()  # noqa: ASYNC240 - before anything runs
        write_library(library)
        served = {"LLM_BASE_URL": f"{model}/v1", "LLM_MODEL": "bench", "LLM_CONTEXT_TOKENS": "32768", "LLM_MAX_CONCURRENT": "256"}
        with (
            run_process(*server, environment={}, ready_url=f"{model}/v1/models"),
            run_attest(home, **LIMITS, **served) as url,
        ):
            manage(home, "ingest", str(library), "--collection", "teams", "--create")
            key = manage(home, "create_api_key", "--user", "admin", "--scope", "ask").strip()
            measures = []
            async for found in measure(url, model, key, streams=streams):
                publish([found], out=None)
                measures.append(found)
            return measures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200, help="how many ask at once (200)")
    parser.add_argument("--chunks", type=int, default=100_000, help="among which answers are quoted (100000); 0: leave that out")
    add_json_option(parser)
    options = parser.parse_args()
    quoted = asyncio.run(run_quoted(options.chunks)) if options.chunks else []
    publish(quoted, out=None)
    publish([*asyncio.run(run(options.streams)), *quoted], out=options.out, show=lambda line: None)


if __name__ == "__main__":
    main()
