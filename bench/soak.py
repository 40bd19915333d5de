"""Uploads thousands of small documents to one installation (SQLite, embedded broker) and looks whether it stays flat.

    python -m bench.soak --documents 3000 --json soak.json

Looked at are memory and open files of every process of the installation, and what lies in the embedded broker's folder. The first
tenth of the documents warms everything up; growth is counted from there to the end.
"""

import contextlib
import os
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.report import Measure, add_json_option, publish
from tests.services.site import Site, wait_until

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
WARM_SHARE = 0.1
BEHIND = 50  # documents that may wait: an uploader does not run away from the workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """All processes of the installation together, but `most_open` of the one that has the most."""

    memory_bytes: int
    open_files: int
    most_open: int
    messages: int
    temporary: int


def take_sample(site: Site) -> Sample:
    memory, files = 0, []
    for process in site.find_processes(b""):
        with contextlib.suppress(OSError):
            memory += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
            files.append(len(list(Path(f"/proc/{process}/fd").iterdir())))
    return Sample(
        memory_bytes=memory,
        open_files=sum(files),
        most_open=max(files),
        messages=len(list((site.home / "broker" / "queue").iterdir())),
        temporary=len([*site.home.rglob("*.part"), *site.home.rglob("*.tmp")]),
    )


def count_waiting(site: Site) -> int:
    [(count,)] = site.rows("SELECT COUNT(*) FROM ingest_job WHERE state IN ('waiting', 'running')")
    return count


def soak(site: Site, documents: int) -> Iterator[Sample]:
    """Upload, and yield a sample after each hundredth of the documents."""
    step = max(1, documents // 100)
    for number in range(documents):
        text = f"# Note {number}\n\nThe form {number} is kept for {number % 40} years in room {number}.\n"
        site.upload(f"small-{number}.md", text)
        if number % step == step - 1:
            wait_until(lambda: count_waiting(site) < BEHIND, timeout_s=300, what="the workers come after")
            yield take_sample(site)
    wait_until(lambda: not count_waiting(site), timeout_s=300, what="all is read")
    yield take_sample(site)


def measures_of(samples: list[Sample], *, documents: int, took_s: float) -> Iterator[Measure]:
    warm, last = samples[int(len(samples) * WARM_SHARE)], samples[-1]
    yield Measure(name="documents a second", value=round(documents / took_s, 2), unit="documents/s")
    yield Measure(name="memory of all processes, at the end", value=round(last.memory_bytes / 2**20), unit="MiB")
    yield Measure(name="memory, growth", value=round((last.memory_bytes - warm.memory_bytes) / 2**20), unit="MiB")
    yield Measure(name="open files of all processes, at the end", value=last.open_files, unit="files")
    yield Measure(name="open files, growth", value=last.open_files - warm.open_files, unit="files")
    yield Measure(name="open files of one process, most", value=max(sample.most_open for sample in samples), unit="files")
    yield Measure(name="messages in the broker's folder, most", value=max(sample.messages for sample in samples), unit="files")
    yield Measure(name="messages in the broker's folder, at the end", value=last.messages, unit="files")
    yield Measure(name="temporary files, at the end", value=last.temporary, unit="files")


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=3000)
    add_json_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attest-soak-") as folder:
        site = Site(Path(folder))
        began = time.monotonic()
        samples = []
        try:
            for sample in soak(site, options.documents):
                samples.append(sample)
                print(sample, flush=True)
            took_s = time.monotonic() - began
            site.assert_whole()
        finally:
            site.installation.stop()
    publish(list(measures_of(samples, documents=options.documents, took_s=took_s)), out=options.out)


if __name__ == "__main__":
    main()
