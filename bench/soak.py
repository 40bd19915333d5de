"""Uploads thousands of small documents to one installation (SQLite, embedded broker) and looks whether it stays flat.

    python -m bench.soak --documents 3000 --json soak.json

Looked at are memory and open files of every process of the installation, and what lies in the embedded broker's folder. The first
fifth of the documents warms everything up: encoders are loaded, and what is kept for each length of text is filled. From there to
the end, growth is the slope of a straight line through the samples, given for 1,000 documents: single samples are noisy.
"""

import contextlib
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.harness.site import Site, wait_until
from bench.report import Measure, add_json_option, publish

WARM_SHARE = 0.2
BEHIND = 50  # documents that may wait: an uploader does not run away from the workers
MIB = 2**20
# Of Open WebUI, as the goal of this project gives them, not from this run: 11.4 GB, 14,346 open files after 3,217 small documents.
OPEN_WEBUI_MIB, OPEN_WEBUI_FILES, OPEN_WEBUI_DOCUMENTS = 11.4e9 / MIB, 14_346, 3_217
GOAL_MIB, GOAL_FILES, GOAL_MESSAGES = 50, 10, 50  # growth with 1,000 documents; messages at any time


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of one process. `private_bytes` is memory of its own; pages that several processes share are divided between them."""

    private_bytes: int
    file_bytes: int
    open_files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the installation holds after so many documents."""

    documents: int
    usages: dict[str, Usage]
    messages: int  # the most that waited in the broker's folder at once since the sample before
    temporary: int

    @property
    def private_bytes(self) -> int:
        return sum(usage.private_bytes for usage in self.usages.values())

    @property
    def open_files(self) -> int:
        return sum(usage.open_files for usage in self.usages.values())

    def __str__(self) -> str:
        parts = (
            f"{name} {usage.private_bytes // MIB}+{usage.file_bytes // MIB} MiB {usage.open_files} files"
            for name, usage in self.usages.items()
        )
        return f"{self.documents}: {'; '.join(parts)}; {self.messages} messages, {self.temporary} temporary files"


def take_sample(site: Site, documents: int, messages: int) -> Sample:
    usages = {}
    for process in site.find_processes(b""):
        with contextlib.suppress(OSError):
            usages[f"{part_of(process)} {process}"] = measure(process)
    return Sample(
        documents=documents,
        usages=usages,
        messages=messages,
        temporary=len([*site.home.rglob("*.part"), *site.home.rglob("*.tmp")]),
    )


def part_of(process: int) -> str:
    words = Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")
    return next((part for part in ("uvicorn", "worker", "beat", "ingest.stages.parse_child") if part in words), "serve")


def measure(process: int) -> Usage:
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {name: int(value.split()[0]) for name, value in rows.items()}
    return Usage(
        private_bytes=kilobytes["Pss_Anon"] * 1024,
        file_bytes=(kilobytes["Pss"] - kilobytes["Pss_Anon"]) * 1024,
        open_files=len(list(Path(f"/proc/{process}/fd").iterdir())),
    )


def count_messages(site: Site) -> int:
    return len(list((site.home / "broker" / "queue").iterdir()))


def count_waiting(site: Site) -> int:
    [(count,)] = site.rows("SELECT COUNT(*) FROM ingest_job WHERE state IN ('waiting', 'running')")
    return int(count)


def write_note(number: int) -> str:
    """Return a document of one to sixty sentences."""
    sentences = (f"The form {number}-{n} is kept for {n + number % 40} years in room {number}." for n in range(1 + number * 7 % 60))
    return f"# Note {number}\n\n" + " ".join(sentences) + "\n"


def soak(site: Site, documents: int) -> Iterator[Sample]:
    """Upload, and yield a sample after each fiftieth of the documents, when the workers have come after."""
    step, messages = max(1, documents // 50), 0
    for number in range(documents):
        site.upload(f"small-{number}.md", write_note(number))
        messages = max(messages, count_messages(site))
        if number % BEHIND == BEHIND - 1:
            wait_until(lambda: count_waiting(site) < BEHIND, timeout_s=300, what="the workers come after")
        if number % step == step - 1:
            wait_until(lambda: not count_waiting(site), timeout_s=300, what="all is read")
            yield take_sample(site, number + 1, messages)
            messages = 0


def slope(samples: list[Sample], values: list[float]) -> float:
    """Return how much a value grows with 1,000 documents: the straight line of least squares."""
    return float(np.polyfit([sample.documents / 1000 for sample in samples], values, 1)[0])


def highest_of(samples: list[Sample]) -> int:
    """Return the most files that any one process had open."""
    return max(usage.open_files for sample in samples for usage in sample.usages.values())


def measures_of(samples: list[Sample], *, documents: int, took_s: float) -> Iterator[Measure]:
    steady, last = samples[int(len(samples) * WARM_SHARE) :], samples[-1]
    grown = slope(steady, [sample.private_bytes / MIB for sample in steady])
    # Each worker opens a file a segment of the index and closes some when they are joined: what counts is how high that gets.
    fifth = max(1, len(steady) // 5)
    files = highest_of(steady[-fifth:]) - highest_of(steady[:fifth])
    files_by_thousand = files / ((steady[-1].documents - steady[fifth - 1].documents) / 1000)
    thousands = OPEN_WEBUI_DOCUMENTS / 1000
    yield Measure(name="documents a second", value=round(documents / took_s, 2), unit="documents/s")
    yield Measure(
        name="memory, growth with 1,000 documents",
        value=round(grown, 1),
        unit="MiB",
        goal=GOAL_MIB,
        peers={"Open WebUI": round(OPEN_WEBUI_MIB / thousands)},
    )
    yield Measure(name="memory of all processes, when warm", value=round(steady[0].private_bytes / MIB), unit="MiB")
    yield Measure(name="memory of all processes, at the end", value=round(last.private_bytes / MIB), unit="MiB")
    yield Measure(
        name="open files of one process, growth with 1,000 documents",
        value=round(files_by_thousand, 1),
        unit="files",
        goal=GOAL_FILES,
        peers={"Open WebUI": round(OPEN_WEBUI_FILES / thousands)},
    )
    yield Measure(name="open files of all processes, at the end", value=last.open_files, unit="files")
    yield Measure(name="open files of one process, most", value=highest_of(samples), unit="files")
    messages = max(sample.messages for sample in samples)
    yield Measure(name="messages in the broker's folder, most", value=messages, unit="files", goal=GOAL_MESSAGES)
    yield Measure(name="temporary files, at the end", value=last.temporary, unit="files", goal=0)


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=3000)
    add_json_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attest-soak-") as folder:
        site = Site(Path(folder))
        samples = []
        try:
            began = time.monotonic()
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
