"""Many small documents: how fast they become searchable, and that memory and open files stay flat. Part of `bench.ingest`."""

import os
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.harness.installation import run_attest
from bench.harness.library import QUIET, Library
from bench.harness.process_tree import find_workers, measure
from bench.report import Measure

AT_ONCE = 50  # files in one request, as a person drops a folder
SETTLED = 0.3  # share of the documents after which growth is counted: buffers and caches are filled by then
GOAL_GROWTH_MB = 60.0
GOAL_NEW_FILES = 8.0
TIMEOUT_S = 900.0
WORDS = re.findall(
    r"\w+",
    "leave travel budget invoice safety training contract supplier warehouse customer report "
    "audit policy meeting office repair vehicle insurance payment holiday notice manager "
    "team quality price order delivery return complaint project schedule",
)


def write_documents(folder: Path, count: int) -> list[Path]:
    """Write short Markdown files, no two alike."""
    chance = random.Random(7)
    paths = []
    for number in range(count):
        sentences = (f"The {' '.join(chance.choices(WORDS, k=8))} is number {chance.randint(1, 9999)}." for _ in range(8))
        paths.append(folder / f"note-{number:05d}.md")
        paths[-1].write_text(f"# Note {number}\n\n{' '.join(sentences)}\n")
    return paths


def measure_small_files(count: int) -> Iterator[Measure]:
    with TemporaryDirectory() as root:
        home, folder = Path(root) / "home", Path(root) / "files"
        home.mkdir()
        folder.mkdir()
        paths = write_documents(folder, count)
        with run_attest(home, **QUIET) as url, Library(url, home) as library:
            settled = int(count * SETTLED)
            started = time.monotonic()
            _take_in(library, paths[:settled], done=0)
            first_s = time.monotonic() - started
            before = [measure(worker) for worker in find_workers(os.getpid())]
            _take_in(library, paths[settled:], done=settled)
            later_s = time.monotonic() - started - first_s
            after = [measure(worker) for worker in find_workers(os.getpid())]
    growth = max(now.memory_bytes - then.memory_bytes for then, now in zip(before, after, strict=True))
    files = max(now.open_files - then.open_files for then, now in zip(before, after, strict=True))
    what = f"documents {settled} to {count}"
    yield Measure(
        name=f"small documents, {what}",
        value=round((count - settled) / later_s, 2),
        unit="documents/s",
        peers={"the first ones": round(settled / first_s, 2)},
    )
    yield Measure(name=f"most that a worker's memory grew, {what}", value=round(growth / 1e6, 1), unit="MB", goal=GOAL_GROWTH_MB)
    yield Measure(name=f"most that a worker's open files grew, {what}", value=files, unit="files", goal=GOAL_NEW_FILES)
    yield Measure(name="memory of a worker at the end", value=round(max(now.memory_bytes for now in after) / 1e6, 1), unit="MB")


def _take_in(library: Library, paths: list[Path], *, done: int) -> None:
    for start in range(0, len(paths), AT_ONCE):
        library.upload(paths[start : start + AT_ONCE])
    library.wait_until_ready(done + len(paths), timeout_s=TIMEOUT_S)
