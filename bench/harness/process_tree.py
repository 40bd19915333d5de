"""Memory and open files of the worker processes that a benchmark started, read from /proc while they work."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

INTERVAL_S = 0.2
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of one worker process with the children that read files for it: resident bytes, open files of the worker itself."""

    memory_bytes: int
    open_files: int


def find_workers(parent: int) -> list[int]:
    """Return the processes below `parent` that do jobs: the children of the Celery worker's main process."""
    children = read_children()
    below, ahead = [], [parent]
    while ahead:
        process = ahead.pop()
        below.append(process)
        ahead += children.get(process, [])
    mains = [process for process in below if _is_celery_worker(process) and not _is_celery_worker(_parent(process))]
    return [child for main in mains for child in children.get(main, [])]


def read_children() -> dict[int, list[int]]:
    """Return the children of each process."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(int(entry.name))):
            children.setdefault(parent, []).append(int(entry.name))
    return children


def measure(worker: int) -> Usage:
    """Return what a worker and its children use now."""
    family, memory = [worker], 0
    children = read_children()
    for process in family:
        family += children.get(process, [])
        memory += _resident(process)
    try:
        open_files = len(os.listdir(f"/proc/{worker}/fd"))  # noqa: PTH208 - names are not looked at
    except OSError:
        open_files = 0
    return Usage(memory_bytes=memory, open_files=open_files)


class Watch:
    """Held as a context: `peak_bytes` is the most that any one worker with its children held at once."""

    def __init__(self, parent: int) -> None:
        self.workers = find_workers(parent)
        self.before = [measure(worker) for worker in self.workers]
        self.peak_bytes = [usage.memory_bytes for usage in self.before]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    @property
    def growth_bytes(self) -> int:
        """The most that any one grew above what it held when the watch began."""
        return max(peak - usage.memory_bytes for peak, usage in zip(self.peak_bytes, self.before, strict=True))

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            for position, worker in enumerate(self.workers):
                self.peak_bytes[position] = max(self.peak_bytes[position], measure(worker).memory_bytes)


def _parent(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _is_celery_worker(process: int) -> bool:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"celery" in words and b"worker" in words


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0
