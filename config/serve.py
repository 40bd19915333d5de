"""Serves Attest on this machine: prepares the installation, then runs web, worker and beat until a signal.

`python -m config.serve`, which scripts/run calls. The parts live in process groups of their own, so that Ctrl-C reaches this
process alone and it decides the order of the end; on Linux they are also ended by the kernel should this process be killed.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from config.env import env_int, env_str

GRACE_S = 4.0  # from the request to end until the end is forced
HEAD_START_S = 10.0  # at most, for the first part: on two cores the first page would wait for the worker's imports
SETTLED_S = 10.0  # a part that ends sooner than this after the first start cannot run here, and starting it again would not help
RESTARTS = 3  # of one part within RESTART_WINDOW_S; then something is wrong that a person has to see
RESTART_WINDOW_S = 120.0
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


class CannotServe(Exception):
    """A reason not to start, as a sentence for the person who starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One long-running process of the installation."""

    name: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def list_parts(*, host: str, port: int, workers: int) -> tuple[Part, ...]:
    """Return web, worker and beat, as they run on one machine."""
    python = sys.executable
    celery = (python, "-m", "celery", "--quiet", "--app")
    # While one worker reads a file, another embeds on its cores too; when all embed at once, each core has two threads to run.
    cores = os.cpu_count() or 1
    threads = str(max(1, min(cores, 2 * cores // workers)))
    return (
        Part(
            name="web",
            command=(
                *(python, "-m", "uvicorn", "config.asgi:application", "--host", host, "--port", str(port)),
                *("--lifespan", "on", "--no-server-header", "--no-access-log", "--log-level", "warning"),
                "--no-proxy-headers",  # uvicorn believes any process of this machine; accounts.client_address knows better
                *("--timeout-graceful-shutdown", "2"),  # an open answer stream does not hold up the end
            ),
            # WhiteNoise and page images send files, which Django reads in a thread: nothing that a person could mend.
            environment=(("PYTHONWARNINGS", "ignore:StreamingHttpResponse must consume synchronous iterators"),),
        ),
        Part(
            name="worker",
            command=(
                *(
                    *celery,
                    "config.celery:app",
                    "worker",
                    "--pool",
                    "prefork",
                    "--concurrency",
                    str(workers),
                    "--loglevel",
                    "WARNING",
                ),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ),
            environment=(("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", threads)),),
        ),
        Part(name="beat", command=(*celery, "config.beat:app", "--skip-checks", "beat", "--pidfile=", "--loglevel", "WARNING")),
    )


def check_port(*, host: str, port: int) -> None:
    """Raises: CannotServe: something else listens there, or the address is not this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotServe(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another with PORT=8001 scripts/run."
        ) from error


@contextlib.contextmanager
def hold_home(home: Path) -> Iterator[None]:
    """Keep the data folder for this process. Raises: CannotServe: another one serves from it, or it cannot be written."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        stream = (home / "serve.lock").open("w")
    except OSError as error:
        raise CannotServe(f"Cannot write to {home}: {error.strerror}. Choose a folder with ATTEST_HOME=PATH.") from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotServe(f"Attest already runs with the data in {home}. Stop it first, or set ATTEST_HOME.") from error
        yield


def end_with_parent() -> None:
    """In the child, before it becomes the part: have the kernel end it when its parent is gone (Linux only)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start_part(part: Part, *, folder: Path) -> subprocess.Popen[bytes]:
    """Start `part` in a session of its own, without standard input."""
    return subprocess.Popen(
        part.command,
        cwd=folder,
        env={**os.environ, **dict(part.environment)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent if sys.platform == "linux" else None,  # no threads run yet
    )


def stop_parts(running: dict[str, subprocess.Popen[bytes]], *, grace_s: float) -> None:
    """Ask every part to end, wait up to `grace_s` seconds for all together, then force those that remain with all they started."""
    for process in running.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + grace_s
    for process in running.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
    for process in running.values():
        # The group outlives its leader where a child of the leader hangs; what was cut off is taken up again at the next start.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_listening(*, host: str, port: int) -> bool:
    """Whether a connection to the web part is accepted now."""
    try:
        with socket.create_connection((host, port), timeout=0.5) as connection:
            # A port of the range for outgoing connections may meet itself, while nobody listens yet.
            return bool(connection.getsockname() != connection.getpeername())
    except OSError:
        return False


class Supervisor:
    """Runs the parts until a signal comes. A part that ends by itself is started again, unless it cannot run here."""

    def __init__(
        self,
        parts: tuple[Part, ...],
        *,
        folder: Path,
        grace_s: float = GRACE_S,
        head_start_s: float = HEAD_START_S,
        settled_s: float = SETTLED_S,
    ) -> None:
        self.parts = parts
        self.folder = folder
        self.grace_s = grace_s
        self.head_start_s = head_start_s
        self.settled_s = settled_s
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.starts: dict[str, list[float]] = {}  # by part, when each of its starts was
        self.signals = 0

    def run(self, *, host: str, port: int, greeting: str) -> int:
        """Start the first part and, once it serves pages, the others; print `greeting`, and stay.

        Returns: 0 after a signal, 1 after a part ended that cannot run here, or that ends again and again.
        """
        for number in stopping_signals():
            signal.signal(number, self.note_signal)
        local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
        try:
            waiting = list(self.parts)
            self.start(waiting.pop(0))
            deadline = time.monotonic() + self.head_start_s
            greeted = False
            while not self.signals:
                ended = next((part for part in self.parts if self.has_ended(part)), None)
                if ended and not self.start_again(ended):
                    return 1
                if not greeted and is_listening(host=local, port=port):
                    print(greeting, flush=True)
                    greeted = True
                while waiting and (greeted or time.monotonic() > deadline):
                    self.start(waiting.pop(0))
                time.sleep(0.2 if greeted else 0.05)
            print("Stopping …", file=sys.stderr, flush=True)
            return 0
        finally:
            stop_parts(self.running, grace_s=self.grace_s)

    def start(self, part: Part) -> None:
        """Start one part, and keep it in mind."""
        self.running[part.name] = start_part(part, folder=self.folder)
        self.starts.setdefault(part.name, []).append(time.monotonic())

    def has_ended(self, part: Part) -> bool:
        """Whether a part that was started runs no more."""
        return part.name in self.running and self.running[part.name].poll() is not None

    def start_again(self, part: Part) -> bool:
        """Start a part that ended by itself anew, where that may help. Returns: whether it was started.

        The kernel's memory killer, a fault in a library, a person's kill: what serves goes on, and the lease of what was cut off
        is taken over at once, for what the part had started is ended with it.
        """
        now, starts, process = time.monotonic(), self.starts[part.name], self.running[part.name]
        is_unfit = len(starts) == 1 and now - starts[0] < self.settled_s
        recent = sum(now - started < RESTART_WINDOW_S for started in starts[1:])
        may_help = not is_unfit and recent < RESTARTS
        what = "starting it again" if may_help else "stopping the rest"
        print(f"The {part.name} ended by itself (exit code {process.returncode}); {what}.", file=sys.stderr, flush=True)
        if may_help:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            self.start(part)
        return may_help

    def note_signal(self, number: int, frame: FrameType | None) -> None:
        """End calmly at the first signal, at once at the second."""
        self.signals += 1
        if self.signals > 1:
            for process in self.running.values():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)


def greet(*, host: str, port: int) -> str:
    """Return what is printed when the first page can be opened."""
    name = f"[{host}]" if ":" in host else host
    return f"Attest is ready: http://{name}:{port}/\nStop it with Ctrl-C."


def stop_on_signals() -> None:
    """Have Ctrl-C and its like interrupt this process, whatever it inherited.

    A shell that starts something with `&` has it ignore SIGINT, and Python leaves that alone. SIGHUP stays ignored where it is:
    that is what `nohup` is for.
    """
    for number in stopping_signals():
        signal.signal(number, signal.default_int_handler)


def stopping_signals() -> list[signal.Signals]:
    """Return the signals that end an installation."""
    wanted = [signal.SIGINT, signal.SIGTERM]
    return wanted if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [*wanted, signal.SIGHUP]


def main() -> int:
    """Prepare, serve, and return the exit code."""
    stop_on_signals()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    try:
        host = env_str("HOST", "127.0.0.1")
        port = env_int("PORT", 8000, minimum=1, maximum=65535)
        workers = env_int("ATTEST_WORKERS", min(2, os.cpu_count() or 1), minimum=1, maximum=64)
        check_port(host=host, port=port)
        import django  # after the quick checks: it costs half a second
        from django.conf import settings

        with hold_home(Path(settings.ATTEST_HOME)):
            django.setup()
            from django.db import OperationalError

            from gateway.seeding import SeedRefused, seed_first_models  # these need the app registry
            from ingest.first_start.installation import HalfRestored, describe_prepared, prepare_installation

            # Printed at once: whatever fails from here on, nobody loses the passwords, which are shown this once.
            try:
                print(describe_prepared(prepare_installation()), flush=True)
                seed_first_models()
            except SeedRefused as refused:
                raise CannotServe(f"Cannot take over MODELS_FILE: {refused}") from refused
            except HalfRestored as half:
                raise CannotServe(str(half)) from half
            except OperationalError as error:
                reason = str(error).strip().partition("\n")[0]
                raise CannotServe(f"Cannot use the database: {reason}. Does it run, and is DATABASE_URL right?") from error
            parts = list_parts(host=host, port=port, workers=workers)
            return Supervisor(parts, folder=settings.BASE_DIR).run(host=host, port=port, greeting=greet(host=host, port=port))
    except (CannotServe, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # while it was preparing: what it has not finished is done at the next start
        print("Stopping …", file=sys.stderr)
        return 0


if __name__ == "__main__":
    sys.exit(main())
