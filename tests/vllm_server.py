"""A real vLLM on the CPU, serving a tiny LLaMA that says what the tests want said. Started once a test session."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bench.harness.patience import end_server
from tests.tiny_llama import CONTEXT, Adapter, make_tiny_llama

VENV = Path(__file__).resolve().parents[1] / ".venv-vllm"
API_KEY = "test-key"
MODEL, SECOND_NAME, ADAPTER = "tiny", "tiny-canary", "tiny-adapted"
START_TIMEOUT_S = 180

SIX_HOURS = "Employees with three to fifteen years of service earn 6 hours of annual leave per pay period."
NINE_HOURS = "Employees with three to fifteen years of service earn 9 hours of annual leave per pay period."
EIGHT_HOURS = "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period."
INVENTED = f"{SIX_HOURS[:-1]} and may carry it over to a second job at a bakery."
LINKED = "Employees read more at http://evil.example/collect?page=leave about annual leave."
AS_JSON = json.dumps({"sentences": [{"text": SIX_HOURS, "sources": [1]}, {"text": NINE_HOURS, "sources": [1]}]})
TEN_DAYS, TWELVE_DAYS = "工龄满五年的员工每年享有 10 天年假", "工龄满五年的员工每年享有 12 天年假"

# What is said, by a word of the question; the last where no other word stands in it.
SCRIPTS = {
    "endlessly": " and so on",
    "five years": f"{SIX_HOURS} [1] {EIGHT_HOURS} [1]",
    "ten years": f"{NINE_HOURS} [1] {EIGHT_HOURS} [1]",
    "twenty years": f"{EIGHT_HOURS} [7]",
    "four years": f"{INVENTED} [1] {EIGHT_HOURS} [1]",
    "six years": SIX_HOURS,
    "seven years": f"{SIX_HOURS} [1] {LINKED} [1]",
    "eight years": AS_JSON,
    "工龄": f"{TEN_DAYS}[1]。{TWELVE_DAYS}[1]。",
    "": "The documents do not contain the answer to this question.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmServer:
    base_url: str
    api_key: str = API_KEY
    model: str = MODEL

    def metric(self, name: str) -> float:
        """Return the sum of a counter, such as "vllm:generation_tokens_total"."""
        metrics = httpx.get(f"{self.base_url.removesuffix('/v1')}/metrics", timeout=10).text
        return sum(float(value) for value in re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? (\S+)$", metrics, re.MULTILINE))


@pytest.fixture(scope="session")
def vllm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """Serve on a free port; skips, loudly, where scripts/install_vllm_cpu has not run."""
    if os.environ.get("SKIP_VLLM") == "1":
        pytest.skip("NO REAL MODEL SERVER: SKIP_VLLM=1")
    if not (VENV / "bin" / "vllm").exists():
        pytest.skip("NO REAL MODEL SERVER: .venv-vllm is missing; run scripts/install_vllm_cpu")
    folder = tmp_path_factory.mktemp("vllm")
    adapter = Adapter(folder=folder / "adapter", asked="five years", said="twenty years")
    make_tiny_llama(folder / "model", SCRIPTS, endless=frozenset({"endlessly"}), adapter=adapter)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(_command(folder, port), env=environment(), stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_ready(server, port, folder / "log")
            yield VllmServer(base_url=f"http://127.0.0.1:{port}/v1")
        finally:
            end_server(server)


def _command(folder: Path, port: int) -> list[str]:
    flags = {
        "--host": "127.0.0.1",
        "--port": str(port),
        "--max-model-len": str(CONTEXT),
        "--distributed-executor-backend": "uni",
        "--api-key": API_KEY,
    }
    given = [part for flag in flags.items() for part in flag] + ["--served-model-name", MODEL, SECOND_NAME]
    adapters = ["--enable-lora", "--max-lora-rank", "8", "--lora-modules", f"{ADAPTER}={folder / 'adapter'}"]
    switches = ["--enforce-eager", "--enable-prompt-tokens-details"]
    return [str(VENV / "bin" / "vllm"), "serve", str(folder / "model"), *given, *adapters, *switches]


def environment() -> dict[str, str]:
    """One thread and no worker process: on two cores anything else is slower or starts later."""
    return os.environ | {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "OMP_NUM_THREADS": "1",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    }


def wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail(f"vLLM ended at its start:\n{log.read_text(errors='replace')[-3000:]}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    pytest.fail(f"vLLM was not ready after {START_TIMEOUT_S} s:\n{log.read_text(errors='replace')[-3000:]}")
