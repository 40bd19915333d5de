"""A process that only reads an index, as the web does, and measures itself. `bench.retrieval` starts it, so that the memory of
building and of the peers is not counted.

`python -m bench.index_reader INDEX QUESTIONS.json VECTORS.npy RESULT.json`
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from bench.material.corpus import NARROW, WIDE, Floats
from language.analyzer import get_analyzer
from retrieval.encoding import processor
from retrieval.encoding.opening import open_english
from retrieval.fair_semaphore import FairSemaphore
from retrieval.local.reader import LocalIndex
from retrieval.search import search
from retrieval.types import Scope, SearchConfig

EVERYTHING = Scope(collection_ids=frozenset({NARROW, WIDE}))
ONE_PERCENT = Scope(collection_ids=frozenset({NARROW}))
NEAREST = 50
AT_ONCE = 16


def memory_mb(kind: str) -> float:
    """Return what the kernel counts as resident of this process: "RssAnon", or "RssFile" for what is mapped."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(kind):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def milliseconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def read(root: Path, questions: Sequence[str], vectors: Floats) -> dict[str, object]:
    """Return every figure of one size. `questions`: no one twice, as the encoder remembers the last ones."""
    encoder = open_english()
    encoder.warm_up()
    get_analyzer().terms("warm up")
    slots = FairSemaphore(processor.threads())
    before = memory_mb("RssAnon")
    started = time.perf_counter()
    index = LocalIndex(root, analyzer=get_analyzer())
    index.snapshot().search_dense(vectors[0].tobytes(), scope=EVERYTHING, limit=NEAREST)
    index.snapshot().search_keyword(questions[0], scope=EVERYTHING, limit=NEAREST)
    result: dict[str, object] = {"start_s": time.perf_counter() - started}

    def ask(question: str, scope: Scope = EVERYTHING) -> dict[str, float]:
        return search(
            question,
            scope=scope,
            config=SearchConfig(),
            index=index.snapshot(),
            embedder=encoder,
            projection=encoder.projection,
            slots=slots,
        ).timings_ms

    for question in questions[:10]:
        ask(question)
    third = (len(questions) - 10) // 3
    alone, scoped, together = (questions[10 + third * part : 10 + third * (part + 1)] for part in range(3))
    legs: list[dict[str, float]] = []

    def ask_and_keep(question: str) -> None:
        legs.append(ask(question))

    result["search_ms"] = [milliseconds(partial(ask_and_keep, question)) for question in alone]
    result["legs_ms"] = {name: [leg.get(name, 0.0) for leg in legs] for name in ("embed", "keyword", "dense", "fuse", "rerank")}
    result["search_scoped_ms"] = [milliseconds(partial(ask, question, ONE_PERCENT)) for question in scoped]
    for name, scope in (("dense", EVERYTHING), ("dense_scoped", ONE_PERCENT)):
        taken, found = [], []
        for vector in vectors:
            started = time.perf_counter()
            hits = index.snapshot().search_dense(vector.tobytes(), scope=scope, limit=NEAREST)
            taken.append((time.perf_counter() - started) * 1000)
            found.append([hit.chunk_id for hit in hits])
        result[f"{name}_ms"], result[f"{name}_found"] = taken, found
    result["index_mb"] = memory_mb("RssAnon") - before
    result["process_mb"], result["mapped_mb"] = memory_mb("RssAnon"), memory_mb("RssFile")
    result["together"] = ask_together(lambda question: ask(question), together)
    return result


def ask_together(ask: Callable[[str], object], questions: Sequence[str]) -> dict[str, object]:
    """Ask with AT_ONCE threads, each its next question as soon as it has an answer."""
    rest = iter(questions)
    lock = threading.Lock()
    taken: list[float] = []

    def work() -> None:
        while True:
            with lock:
                question = next(rest, None)
            if question is None:
                return
            taken.append(milliseconds(partial(ask, question)))

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"per_s": len(questions) / (time.perf_counter() - started), "ms": taken}


def main() -> None:
    root, questions, vectors, out = map(Path, sys.argv[1:5])
    result = read(root, json.loads(questions.read_text(encoding="utf-8")), np.load(vectors))
    out.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
