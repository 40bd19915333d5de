"""The supervisor behind scripts/run: what it starts ends with it, however it ends."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.harness.patience import PATIENCE_S
from bench.harness.ports import free_port
from config.serve import CannotServe, check_port, hold_home, list_parts

ROOT = Path(__file__).resolve().parents[2]
SUPERVISE = """
import os
import sys
from pathlib import Path
from config.serve import Part, Supervisor

port, *codes = sys.argv[1:]
parts = tuple(Part(name=f"part {number}", command=(sys.executable, "-c", code)) for number, code in enumerate(codes, start=1))
supervisor = Supervisor(parts, folder=Path.cwd(), grace_s=1.0, head_start_s=0.0, settled_s=float(os.environ["SETTLED_S"]))
sys.exit(supervisor.run(host="127.0.0.1", port=int(port), greeting="ready"))
"""
# Each says its process id in a file, named by the environment, before it stays.
SAY = "import os, pathlib, signal, subprocess, sys, time; pathlib.Path(os.environ['PIDS'], str(os.getpid())).touch();"
STAY = SAY + "time.sleep(600)"
LISTEN = SAY + "import socket; s = socket.create_server(('127.0.0.1', int(os.environ['LISTEN_ON']))); time.sleep(600)"
STUBBORN = (
    SAY + "signal.signal(signal.SIGTERM, signal.SIG_IGN); subprocess.Popen([sys.executable, '-c', os.environ['STAY']]).wait()"
)
PARENT = SAY + "subprocess.Popen([sys.executable, '-c', os.environ['STAY']]).wait()"
LEAVE = SAY + "sys.exit(7)"


def wait_until(condition: Callable[[], object], *, timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Neither gone nor a zombie that nobody has waited for yet."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


class Supervised:
    """A supervisor in a process of its own, and the process ids of what it started."""

    def __init__(self, folder: Path, *codes: str, settled_s: float = 60.0, before: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.expected = len(codes) + codes.count(STUBBORN) + codes.count(PARENT)
        environment = {**os.environ, "PIDS": str(folder), "LISTEN_ON": str(self.port), "STAY": STAY, "PYTHONUNBUFFERED": "1"}
        environment["SETTLED_S"] = str(settled_s)
        self.process = subprocess.Popen(
            ["bash", "-c", f'{before} exec "$@"', "bash", sys.executable, "-c", SUPERVISE, str(self.port), *codes],
            cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def wait_for_parts(self) -> list[int]:
        wait_until(lambda: len(list(self.folder.iterdir())) == self.expected)
        return self.pids()

    def pids(self) -> list[int]:
        return [int(path.name) for path in self.folder.iterdir()]

    def end(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, output, errors


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[object]:
    started: list[Supervised] = []

    def start(*codes: str, settled_s: float = 60.0, before: str = "") -> Supervised:
        started.append(Supervised(tmp_path, *codes, settled_s=settled_s, before=before))
        return started[-1]

    yield start
    for supervised in started:
        for pid in [supervised.process.pid, *supervised.pids()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        supervised.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_part_and_the_exit_code_is_0(supervise, number) -> None:
    supervised = supervise(LISTEN, STAY)
    pids = supervised.wait_for_parts()
    supervised.process.send_signal(number)
    code, _output, errors = supervised.end()
    assert (code, errors) == (0, "Stopping …\n")
    assert not any(is_running(pid) for pid in pids)


def test_it_greets_when_the_web_part_listens(supervise) -> None:
    supervised = supervise(LISTEN)
    assert supervised.process.stdout.readline() == "ready\n"
    with socket.create_connection(("127.0.0.1", supervised.port), timeout=PATIENCE_S):
        pass


def test_a_part_that_cannot_run_ends_the_others_and_it_says_which(supervise) -> None:
    supervised = supervise(STAY, LEAVE)
    code, _output, errors = supervised.end()
    assert (code, errors) == (1, "The part 2 ended by itself (exit code 7); stopping the rest.\n")
    assert not any(is_running(pid) for pid in supervised.pids())


def test_a_part_that_ends_is_started_again_and_ctrl_c_still_ends_with_0(supervise) -> None:
    supervised = supervise(LISTEN, PARENT, settled_s=0.0)
    pids = supervised.wait_for_parts()
    [child] = [pid for pid in pids if os.getpgid(pid) != pid]
    os.kill(os.getpgid(child), signal.SIGKILL)
    wait_until(lambda: len(supervised.pids()) == len(pids) + 2)
    wait_until(lambda: not is_running(child))
    supervised.process.send_signal(signal.SIGINT)
    code, _output, errors = supervised.end()
    assert (code, errors) == (0, "The part 2 ended by itself (exit code -9); starting it again.\nStopping …\n")
    assert not any(is_running(pid) for pid in supervised.pids())


def test_a_part_that_ends_again_and_again_ends_the_others(supervise) -> None:
    supervised = supervise(STAY, LEAVE, settled_s=0.0)
    code, _output, errors = supervised.end()
    again = "The part 2 ended by itself (exit code 7); starting it again.\n"
    assert (code, errors) == (1, again * 3 + "The part 2 ended by itself (exit code 7); stopping the rest.\n")
    assert not any(is_running(pid) for pid in supervised.pids())


def test_ctrl_c_ends_with_0_though_a_part_hangs(supervise) -> None:
    supervised = supervise(LISTEN, STAY)
    pids = supervised.wait_for_parts()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.end()[0] == 0
    assert not any(is_running(pid) for pid in pids)


def test_a_part_that_ignores_the_signal_is_ended_with_what_it_started(supervise) -> None:
    supervised = supervise(STUBBORN)
    pids = supervised.wait_for_parts()
    assert len(pids) == 2
    supervised.process.terminate()
    assert supervised.end()[0] == 0
    wait_until(lambda: not any(is_running(pid) for pid in pids))


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not end the children of a killed process")
def test_no_part_outlives_a_killed_supervisor(supervise) -> None:
    supervised = supervise(LISTEN, STAY)
    pids = supervised.wait_for_parts()
    supervised.process.kill()
    wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_a_port_in_use_is_reported_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        sentence = rf"^Cannot listen on 127\.0\.0\.1, port {port}: .* Choose another with PORT="
        with pytest.raises(CannotServe, match=sentence):
            check_port(host="127.0.0.1", port=port)
    check_port(host="127.0.0.1", port=port)


def test_a_data_folder_is_served_once(tmp_path: Path) -> None:
    again = pytest.raises(CannotServe, match="Attest already runs with the data in")
    with hold_home(tmp_path / "home"), again, hold_home(tmp_path / "home"):
        pass
    with hold_home(tmp_path / "home"):
        pass


def test_a_data_folder_that_cannot_be_made_is_reported_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotServe, match=r"^Cannot write to .*file.*ATTEST_HOME=PATH"), hold_home(tmp_path / "file"):
        pass


def test_the_parts_are_web_worker_and_beat() -> None:
    parts = list_parts(host="127.0.0.1", port=8123, workers=2)
    assert [part.name for part in parts] == ["web", "worker", "beat"]
    assert "config.asgi:application" in parts[0].command
    assert "8123" in parts[0].command
    assert parts[1].command[parts[1].command.index("--concurrency") + 1] == "2"


def serve_in_vain(**environment: str) -> str:
    """Return what a start that cannot succeed says."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.base", "PORT": str(free_port()), **environment}
    done = subprocess.run(
        [sys.executable, "-m", "config.serve"], cwd=ROOT, env=environment, text=True, capture_output=True, timeout=PATIENCE_S
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_database_that_does_not_answer_is_reported_in_a_sentence_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://attest:tell-nobody@127.0.0.1:{free_port()}/attest"
    output = serve_in_vain(ATTEST_HOME=str(tmp_path), DATABASE_URL=url)
    assert re.fullmatch(r"Cannot use the database: .*refused\. Does it run, and is DATABASE_URL right\?\n", output)
    assert "tell-nobody" not in output


def test_a_data_folder_that_cannot_hold_the_secret_is_reported_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    output = serve_in_vain(ATTEST_HOME=str(tmp_path / "file" / "home"))
    assert re.fullmatch(r"/.*/file/home/secret_key cannot be used: .*\. Choose a folder with ATTEST_HOME=PATH\.\n", output)


class Prepares:
    """An installation whose database takes the call and says nothing, so that it prepares for ever."""

    def __init__(self, home: Path, *, before: str) -> None:
        """`before`: shell words in front of the command."""
        self.silent = socket.create_server(("127.0.0.1", 0))
        self.silent.settimeout(PATIENCE_S)
        url = f"postgresql://attest@127.0.0.1:{self.silent.getsockname()[1]}/attest"
        environment = {"DJANGO_SETTINGS_MODULE": "config.settings.base", "PORT": str(free_port()), "DATABASE_URL": url}
        self.process = subprocess.Popen(
            ["bash", "-c", f'{before} exec "$0" -m config.serve', sys.executable],
            cwd=ROOT, env={**os.environ, **environment, "ATTEST_HOME": str(home)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> "Prepares":
        self.call, _address = self.silent.accept()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        self.call.close()
        self.silent.close()


@pytest.fixture
def prepare(tmp_path: Path) -> Iterator[Callable[..., Prepares]]:
    """Start installations that are in the middle of preparing; what still runs of them is ended, also after a failure."""
    with contextlib.ExitStack() as stack:

        def start(*, before: str = "") -> Prepares:
            return stack.enter_context(Prepares(tmp_path, before=before))

        yield start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("before", ["", "trap '' INT;"], ids=["at a terminal", "in the background of a script"])
def test_ctrl_c_while_it_prepares_ends_it_calmly(prepare, before: str, number: signal.Signals) -> None:
    if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip("nohup keeps SIGHUP from every process below it")
    process = prepare(before=before).process
    process.send_signal(number)
    assert process.communicate(timeout=PATIENCE_S) == ("", "Stopping …\n")
    assert process.returncode == 0


def test_what_nohup_keeps_from_a_process_stays_kept(prepare) -> None:
    process = prepare(before="trap '' HUP INT;").process
    ignored = int(re.search(r"^SigIgn:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)[1], 16)
    assert [bool(ignored >> number - 1 & 1) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)] == [True, False, False]


def test_a_supervisor_ends_though_its_parent_ignores_ctrl_c(supervise) -> None:
    supervised = supervise(LISTEN, STAY, before="trap '' INT;")
    pids = supervised.wait_for_parts()
    assert supervised.process.stdout.readline() == "ready\n"
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.end()[0] == 0
    assert not any(is_running(pid) for pid in pids)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("short", "ATTEST_SECRET_KEY has 5 characters; a secret key needs at least 32, drawn at random."),
        ("changeme" * 8, "ATTEST_SECRET_KEY is a key that others know or can guess"),
    ],
)
def test_a_key_that_is_none_is_refused_at_the_start_in_a_sentence(tmp_path: Path, key: str, sentence: str) -> None:
    output = serve_in_vain(ATTEST_HOME=str(tmp_path / "home"), ATTEST_SECRET_KEY=key)
    assert output.startswith(sentence)
    assert "openssl rand -hex 48" in output
    assert key not in output
    assert not (tmp_path / "home" / "attest.sqlite3").exists()
