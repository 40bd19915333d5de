"""A PDF of 3,000 pages and a text of 200 MB: first pages searchable, and memory. Part of `bench.ingest`.

The PDF repeats the pages of real ones. Embedding all of it takes minutes, of the text half an hour: memory is watched for a set
time, which is all of the reading of the file and part of the embedding.
"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pypdf import PdfReader, PdfWriter

from bench.harness.installation import run_attest
from bench.harness.library import QUIET, Library
from bench.harness.process_tree import Watch
from bench.ingesting.small_files import WORDS
from bench.report import Measure

PAGES = 3000
TEXT_MB = 200
GOAL_MB = 1.5 * 1024  # MiB of worker and child above the worker with its model
GOAL_FIRST_S = 30.0
TIMEOUT_S = 600.0
MIB = 2**20


def make_pdf(folder: Path, path: Path, *, pages: int) -> str:
    """Write the folder's PDFs one after another, again and again. Returns: words of the first page."""
    writer = PdfWriter()
    files = sorted(folder.glob("*.pdf"))
    while len(writer.pages) < pages:
        for file in files:
            writer.append(file, pages=(0, min(len(PdfReader(file).pages), pages - len(writer.pages))), import_outline=False)
            if len(writer.pages) >= pages:
                break
    with path.open("wb") as stream:
        writer.write(stream)
    return "SECURITIES AND EXCHANGE COMMISSION"


def make_text(path: Path, *, megabytes: int) -> str:
    """Write paragraphs of unlike sentences. Returns: words of the first one."""
    chance, written = random.Random(7), 0
    with path.open("w") as stream:
        stream.write("The zirconium lighthouse opens at seven.\n\n")
        while written < megabytes * 10**6:
            sentences = (f"The {' '.join(chance.choices(WORDS, k=9))}, {chance.randint(1, 9999)}." for _ in range(9))
            written += stream.write(" ".join(sentences) + "\n\n")
    return "zirconium lighthouse"


def measure_big_files(folder: Path, *, watch_s: float, pages: int = PAGES, megabytes: int = TEXT_MB) -> Iterator[Measure]:
    with TemporaryDirectory() as root:
        pdf, text = Path(root) / "long.pdf", Path(root) / "long.txt"
        in_pdf = make_pdf(folder, pdf, pages=pages)
        in_text = make_text(text, megabytes=megabytes)
        yield from _measure(pdf, f"PDF of {pages} pages", words=in_pdf, watch_s=watch_s)
        yield from _measure(text, f"text of {megabytes} MB", words=in_text, watch_s=watch_s)


def _measure(path: Path, what: str, *, words: str, watch_s: float) -> Iterator[Measure]:
    with TemporaryDirectory() as root, run_attest(Path(root), **QUIET) as url, Library(url, Path(root)) as library:
        time.sleep(5)  # the workers load their encoders
        small = Path(root) / "warm-up.txt"
        small.write_text("The workers of this benchmark are awake.")
        library.upload([small])
        library.wait_until_ready(1, timeout_s=TIMEOUT_S)
        with Watch(os.getpid()) as watch:
            started = time.monotonic()
            library.upload([path])
            library.wait_until_found(words, holding=words, timeout_s=TIMEOUT_S)
            first_s = time.monotonic() - started
            while library.count("ready") < 2 and time.monotonic() - started < watch_s:
                time.sleep(1)
            if library.count("failed"):
                raise RuntimeError(f"The {what} failed.")
            watched_s, is_whole = time.monotonic() - started, library.count("ready") == 2
    yield Measure(name=f"{what}: first page searchable after", value=round(first_s, 1), unit="s", goal=GOAL_FIRST_S)
    seen = "all of it" if is_whole else f"{watched_s:.0f} s watched"
    yield Measure(
        name=f"{what}: worker and child above the model, {seen}",
        value=round(watch.growth_bytes / MIB),
        unit="MiB",
        goal=GOAL_MB,
    )
