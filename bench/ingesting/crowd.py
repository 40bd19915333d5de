"""One page, uploaded to an index that holds many chunks already. Part of `bench.ingest`.

`python -m bench.ingesting.crowd COUNT` fills the index of the installation that ATTEST_HOME names: vectors of all but a thousand
chunks lie around those that the encoder made, and they have no rows in the database: an upload asks for none.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from bench.harness.installation import ROOT, environment_of, manage, run_attest
from bench.harness.library import QUIET, Library
from bench.ingesting.small_files import WORDS
from bench.report import Measure
from retrieval.types import Chunk, Embedding, IndexEntry

EMBEDDED = 1000  # chunks that the encoder really reads
SPREAD = 0.35  # length of the noise beside a real unit vector
UPLOADS = 7
GOAL_S = {100_000: 2.0, 1_000_000: 3.0}  # by the chunks that are there
BATCH = 20_000
TOKENS = 64  # of each chunk of the crowd, at most
TOKEN_BYTES = 32
TIMEOUT_S = 120.0


def measure_crowd(count: int) -> Iterator[Measure]:
    with TemporaryDirectory() as root:
        home = Path(root)
        manage(home, "migrate", "--verbosity", "0")
        subprocess.run(
            [sys.executable, "-m", "bench.ingesting.crowd", str(count)],
            cwd=ROOT,
            env={**os.environ, **environment_of(home)},
            check=True,
        )
        with run_attest(home, **QUIET) as url, Library(url, home) as library:
            taken = [_upload(library, home, number) for number in range(UPLOADS + 1)][1:]  # the first wakes the workers
    yield Measure(
        name=f"one page searchable among {count} chunks, the median of {UPLOADS}",
        value=round(statistics.median(taken), 2),
        unit="s",
        goal=GOAL_S.get(count, 2.0 if count < 1_000_000 else 3.0),
        peers={"slowest": round(max(taken), 2)},
    )


def _upload(library: Library, home: Path, number: int) -> float:
    """Return the seconds from the upload until a search finds the page."""
    path, name = home / f"page-{number}.txt", f"Quellhorst{number}"
    path.write_text(f"The office in {name} opens at eight.\n\n" + f"People of {name} come by tram. " * 30)
    started = time.monotonic()
    library.upload([path])
    library.wait_until_found(f"When does the office in {name} open?", holding=f"office in {name}", timeout_s=TIMEOUT_S)
    return time.monotonic() - started


def fill(count: int) -> None:
    """Publish a crowd of chunks into the index that answers, in a collection that is there."""
    import django

    django.setup()
    from kb.index.engine import get_engine  # needs the settings
    from kb.models import Collection

    collection, _ = Collection.objects.get_or_create(slug="bench", defaults={"name": "bench"})
    engine, chance = get_engine(), Random(7)
    texts = [" ".join(chance.choices(WORDS, k=40)) for _ in range(min(EMBEDDED, count))]
    real = engine.embedder.embed_passages(texts)
    centres = np.stack([np.frombuffer(embedding.dense, dtype="<f4") for embedding in real])
    tokens = [embedding.tokens[: TOKENS * TOKEN_BYTES] for embedding in real]
    random = np.random.default_rng(7)

    def batches() -> Iterator[list[IndexEntry]]:
        for start in range(0, count, BATCH):
            numbers = np.arange(start, min(start + BATCH, count))
            noise = random.normal(size=(len(numbers), centres.shape[1]))
            vectors = centres[numbers % len(real)] + SPREAD * noise / np.linalg.norm(noise, axis=1, keepdims=True)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            yield [
                IndexEntry(
                    chunk=Chunk(
                        id=10**12 + number,
                        collection_id=collection.pk,
                        document_id=10**9 + number,
                        version_id=10**9 + number,
                        title="",
                        text=f"{' '.join(chance.choices(WORDS, k=20))} {number}",
                    ),
                    embedding=Embedding(dense=vector.astype("<f4").tobytes(), tokens=tokens[number % len(real)]),
                )
                for number, vector in zip(numbers.tolist(), vectors, strict=True)
            ]

    engine.writer.rebuild(batches())


if __name__ == "__main__":
    fill(int(sys.argv[1]))
