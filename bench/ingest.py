"""`python -m bench.ingest FOLDER [--parts throughput,small,big,crowd] [--limit-pages N] [--json FILE]`: from file to searchable.

FOLDER holds PDFs. Everything goes through an installation of its own: `python -m config.serve` as `scripts/run` starts it, uploads
by the REST interface, its own worker processes. `throughput`: pages a second, with two workers and with one, against the plain
LangChain pipeline (bench.harness.plain_langchain) and against the encoder alone on the same passages (bench.harness.bare_encoder).
The other parts are in bench.ingesting. --limit-pages takes that many pages of each PDF, for a quick look.
"""

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pypdf import PdfReader, PdfWriter

from bench.harness.bare_encoder import model_folder
from bench.harness.installation import AS_SERVED, run_attest
from bench.harness.library import QUIET, Library
from bench.ingesting.big_files import measure_big_files
from bench.ingesting.crowd import measure_crowd
from bench.ingesting.small_files import measure_small_files
from bench.report import Measure, add_json_option, publish
from retrieval.types import Chunk

GOAL_RATIO = 5.0  # pages/s against LangChain
GOAL_SHARE = 85.0  # % of the encoder alone
GOAL_SECOND_WORKER = 1.0  # times the pages/s of one
SAMPLE = 1500  # passages that the encoder alone is timed on
TIMEOUT_S = 1200.0


def take_pages(folder: Path, limit: int | None, into: Path) -> list[Path]:
    """Return the folder's PDFs, or copies of at most `limit` pages each."""
    files = sorted(folder.glob("*.pdf"))
    if limit is None:
        return files
    cut = []
    for file in files:
        writer = PdfWriter()
        writer.append(file, pages=(0, min(limit, len(PdfReader(file).pages))))
        cut.append(into / file.name)
        with cut[-1].open("wb") as stream:
            writer.write(stream)
    return cut


def time_ours(files: Sequence[Path], home: Path, *, workers: int) -> float:
    """Return the seconds from the first byte sent until all files are searchable; workers have loaded the encoder before."""
    with run_attest(home, ATTEST_WORKERS=str(workers), **QUIET) as url, Library(url, home) as library:
        warm_up(library, home, workers=workers)
        started = time.monotonic()
        library.upload(files)
        library.wait_until_ready(len(files) + workers, timeout_s=TIMEOUT_S)
        return time.monotonic() - started


def warm_up(library: Library, home: Path, *, workers: int) -> None:
    """Have each worker read a small file, so that what is timed begins with a running installation."""
    paths = []
    for number in range(workers):
        paths.append(home / f"warm-up-{number}.txt")
        paths[-1].write_text(f"The workers of this benchmark are awake, says file {number}.")
    for path in paths:
        library.upload([path])
    library.wait_until_ready(workers, timeout_s=TIMEOUT_S)
    time.sleep(3)  # the other worker loads its encoder beside


def read_passages(home: Path) -> list[str]:
    """Return what was embedded, from the installation's database."""
    query = (
        "SELECT d.title, d.name, c.heading_path, c.prefix, c.text FROM kb_chunk c JOIN kb_documentversion v ON v.id = c.version_id "
        "JOIN kb_document d ON d.id = v.document_id"
    )
    with sqlite3.connect(f"file:{home / 'attest.sqlite3'}?mode=ro", uri=True) as database:
        rows = database.execute(query).fetchall()
    return [
        Chunk(
            id=1,
            collection_id=1,
            document_id=1,
            version_id=1,
            title=title,
            name=name,
            heading_path=tuple(json.loads(path)),
            prefix=prefix,
            text=text,
        ).contextual_text
        for title, name, path, prefix, text in rows
    ]


def run_json(module: str, *arguments: str, **environment: str) -> dict[str, float]:
    """Run a module of this package in a process of its own, and return the JSON that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, **environment})
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure_throughput(folder: Path, *, limit_pages: int | None) -> Iterator[Measure]:
    with TemporaryDirectory() as root:
        home, files = Path(root), take_pages(folder, limit_pages, Path(root))
        (home / "two").mkdir()
        (home / "one").mkdir()
        two = time_ours(files, home / "two", workers=2)
        one = time_ours(files, home / "one", workers=1)
        passages = read_passages(home / "two")
        pages = sum(len(PdfReader(file).pages) for file in files)
        what = f"{pages} pages, {len(passages)} passages"
        yield Measure(
            name=f"file to searchable, two workers, {what}",
            value=round(pages / two, 2),
            unit="pages/s",
            peers={"one worker": round(pages / one, 2)},
        )
        yield Measure(name="two workers against one", value=round(one / two, 2), unit="times", goal=GOAL_SECOND_WORKER)
        sample = home / "sample.json"
        sample.write_text(json.dumps(random.Random(7).sample(passages, min(SAMPLE, len(passages)))))
        alone = run_json("bench.harness.bare_encoder", "sentence-transformers", str(sample))
        alone |= run_json("bench.harness.bare_encoder", "attest", str(sample), **AS_SERVED)
        yield Measure(
            name=f"passages embedded, parsing and indexing beside, {what}",
            value=round(len(passages) / two, 2),
            unit="passages/s",
            peers={
                "sentence-transformers alone": round(alone["sentence-transformers"], 2),
                "encoder alone": round(alone["attest"], 2),
            },
        )
        for name, whose in (
            ("of what sentence-transformers alone does on the same passages and dtype", "sentence-transformers"),
            ("of what Attest's own encoder alone does, token vectors included", "attest"),
        ):
            yield Measure(name=name, value=round(100 * len(passages) / two / alone[whose], 1), unit="%", goal=GOAL_SHARE)
        plain = run_json("bench.harness.plain_langchain", model_folder(), *map(str, files))
        yield Measure(name="times LangChain's pages/s", value=round(plain["seconds"] / two, 2), unit="times", goal=GOAL_RATIO)
        for name, value, unit in (
            ("LangChain, file to searchable", pages / plain["seconds"], "pages/s"),
            ("LangChain, parsing", pages / plain["parse_s"], "pages/s"),
            ("LangChain, embedding", plain["chunks"] / plain["embed_s"], "passages/s"),
        ):
            yield Measure(name=name, value=round(value, 2), unit=unit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--limit-pages", type=int, metavar="N", help="take N pages of each PDF")
    parser.add_argument("--documents", type=int, default=1000, metavar="N", help="small documents (1000)")
    parser.add_argument(
        "--watch-s", type=float, default=90.0, metavar="S", help="how long memory is watched for each big file (90)"
    )
    parser.add_argument("--chunks", type=int, default=100_000, metavar="N", help="in the index before a page is uploaded (100000)")
    add_json_option(parser)
    options = parser.parse_args()
    unknown = set(options.parts.split(",")) - set(PARTS)
    if unknown:
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    measures: list[Measure] = []
    for part in options.parts.split(","):
        for measure in PARTS[part](options):
            publish([measure], out=None)
            measures.append(measure)
            publish(measures, out=options.out, show=lambda line: None)  # a run that is cut off leaves what it has


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Measure]]] = {
    "throughput": lambda options: measure_throughput(options.folder, limit_pages=options.limit_pages),
    "small": lambda options: measure_small_files(options.documents),
    "big": lambda options: measure_big_files(options.folder, watch_s=options.watch_s),
    "crowd": lambda options: measure_crowd(options.chunks),
}

if __name__ == "__main__":
    main()
