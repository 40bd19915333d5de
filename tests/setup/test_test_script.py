"""scripts/test: what runs beside what, and that one failure among them fails the whole, and one signal ends them all."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.harness.patience import PATIENCE_S
from tests.setup.test_scripts import BASH, ROOT, write_program

TOOLS = ("bash", "cat", "cksum", "dirname", "env", "grep", "id", "mkdir", "mktemp", "rm", "sleep", "touch", "tail", "uname")
# Each run of pytest says what it was asked for. It ends as its file says, and waits where the file is "wait".
PYTHON = """
case "$*" in
  *--numprocesses\\ 1\\ *) name=postgres ;;
  *"-m pytest"*) name=sqlite ;;
  *) exit 0 ;;
esac
echo "$name: $*"
{then}"""
THEN = """
touch "running-$name"
while [ "$(cat "$name" 2>/dev/null)" = wait ]; do sleep 0.05; done
exit "$(cat "$name" 2>/dev/null || echo 0)"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder where everything that scripts/test starts is there, and does only what the test configures."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    write_program(tmp_path / "scripts/check", "echo checked; exit $(cat check 2>/dev/null || echo 0)")
    write_program(tmp_path / "scripts/install_vllm_cpu", "echo installed vLLM; exit $(cat vllm 2>/dev/null || echo 0)")
    write_program(tmp_path / "scripts/with_postgres", 'exec "$@"')
    write_program(tmp_path / ".venv/bin/python", PYTHON.format(then=THEN))
    write_program(tmp_path / "bin/find", "echo /usr/bin/env")  # as if PostgreSQL were installed
    write_program(tmp_path / "bin/apt-get", "exit 0")
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("one==1\n")
    return tmp_path


@pytest.fixture
def started(project: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Runs of scripts/test; what is left of them ends with the test."""
    runs: list[subprocess.Popen[str]] = []
    yield runs
    for name in ("postgres", "sqlite"):
        (project / name).write_text("0")
    for run in runs:
        run.kill()
        run.communicate()


def run(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASH, "scripts/test", *arguments], cwd=project, env={"PATH": str(project / "bin"), **environment},
        text=True, capture_output=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip


def test_everything_runs_and_its_output_is_shown(project: Path) -> None:
    done = run(project)
    assert done.returncode == 0, done.stderr
    assert "installed vLLM" in done.stderr
    assert "checked" in done.stderr
    assert "postgres: -m pytest --numprocesses 1 --quiet" in done.stderr
    assert "sqlite: -m pytest --numprocesses 3" in done.stdout


@pytest.mark.parametrize(
    ("part", "message"),
    [("postgres", "!!! the tests on PostgreSQL failed"), ("check", "!!! scripts/check failed"), ("sqlite", "On SQLite")],
)
def test_one_part_that_fails_fails_the_run_and_the_rest_runs_all_the_same(project: Path, part: str, message: str) -> None:
    (project / part).write_text("1")
    done = run(project)
    assert done.returncode == 1
    assert message in done.stderr
    assert "sqlite: " in done.stdout
    assert "postgres: " in done.stderr


def test_without_vllm_it_says_what_is_not_tested(project: Path) -> None:
    (project / "vllm").write_text("1")
    done = run(project)
    assert done.returncode == 0
    assert "!!!   vLLM, whose installation failed" in done.stderr
    left_out = run(project, SKIP_VLLM="1")
    assert "!!!   vLLM, because SKIP_VLLM=1" in left_out.stderr
    assert "installed vLLM" not in left_out.stderr


def test_arguments_go_to_pytest_after_the_checks_and_postgresql_is_left_out(project: Path) -> None:
    done = run(project, "tests/chat", "-k", "refusal", TEST_PROCESSES="0")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sqlite: -m pytest tests/chat -k refusal\n"
    assert "checked" in done.stderr
    assert "postgres: " not in done.stderr


def test_one_after_another_where_no_processes_are_wanted(project: Path) -> None:
    write_program(project / "scripts/with_postgres", 'echo "postgres: $*"; touch with_postgres_ran')
    write_program(project / ".venv/bin/python", PYTHON.format(then="cat with_postgres_ran && exit 0"))
    done = run(project, TEST_PROCESSES="0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "sqlite: -m pytest\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_that_runs(project: Path, started: list[subprocess.Popen[str]], number: signal.Signals) -> None:
    for name in ("postgres", "sqlite"):
        (project / name).write_text("wait")
    (project / "tmp").mkdir()
    started.append(
        subprocess.Popen(
            [BASH, "scripts/test"], cwd=project, env={"PATH": str(project / "bin"), "TMPDIR": str(project / "tmp")},
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which these tests' own parent may ignore
        )
    )  # fmt: skip
    deadline = time.monotonic() + PATIENCE_S
    while len(list(project.glob("running-*"))) < 2:
        assert started[0].poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started[0].send_signal(number)
    started[0].communicate(timeout=PATIENCE_S)  # returns when nobody holds its output any more
    assert started[0].returncode == 128 + number
    assert os.listdir(project / "tmp") == []  # noqa: PTH208
