"""An installation for a benchmark: `python -m config.serve` with a data folder of its own, ended with the block."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench.harness.ports import free_port
from bench.harness.tables import place_tables

ROOT = Path(__file__).resolve().parents[2]
AS_SERVED = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}  # as config/settings/base.py sets them for every process
START_TIMEOUT_S = 120.0


@contextlib.contextmanager
def run_process(*command: str, environment: dict[str, str], ready_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends. Raises: RuntimeError: it ended, or did not answer in time."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _answers(ready_url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} does not serve {ready_url}")
            time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def run_attest(home: Path, **environment: str) -> Iterator[str]:
    """Serve from `home`, without the demo. Returns: the address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    if "DATABASE_URL" not in environment:
        place_tables(home)
    own = environment_of(home) | {"PORT": str(port)} | environment
    with run_process(sys.executable, "-m", "config.serve", environment=own, ready_url=f"{url}/readyz"):
        yield url


def manage(home: Path, *arguments: str) -> str:
    """Run a command on the installation's data. Returns: what it printed. Raises: CalledProcessError."""
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, **environment_of(home)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def environment_of(home: Path) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "config.settings.base", "ATTEST_HOME": str(home), "ATTEST_DEMO": "0"}


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False
