"""`python -m bench.retrieval FOLDER … [--sizes 1000 10000 100000 1000000] [--json FILE] [--pictures docs/images]`

Speed, memory and exactness of retrieval at growing sizes, through the real writer and reader, with what a user could assemble in
the same run. FOLDERs are evaluation sets with a corpus.jsonl(.gz) and queries; bench/material/corpus.py makes the rest.
rank-bm25, bm25s and LangChain's ensemble run up to 100,000 chunks, where they take 0.3 s a question; exact FAISS at every size.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import faiss
import numpy as np

from bench.harness.growth import draw_growth
from bench.harness.installation import AS_SERVED
from bench.index_reader import NEAREST
from bench.material.corpus import (
    DOCUMENT,
    EMBEDDED,
    NARROW,
    Floats,
    SentenceMemory,
    collection_of,
    cut_passages,
    make_entries,
    mix_passages,
    mix_vectors,
    read_texts,
)
from bench.peers import bm25s_index, ensemble, faiss_flat, rank_bm25
from bench.report import Measure, add_json_option, machine, publish
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.opening import open_english
from retrieval.local.writer import LocalIndexWriter
from retrieval.types import Embedding

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PEERS_UP_TO = 100_000
PEER_QUESTIONS = 40
QUESTIONS = 610  # of a size, no one twice
VECTORS = 100  # queries of the dense leg alone
DOCUMENTS_ADDED = 9
IN_THE_WEB = {**AS_SERVED, "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}  # as config/asgi.py sets it
LANGCHAIN, RANK, BM25S, FLAT = "LangChain ensemble", "rank-bm25", "bm25s", "FAISS flat"


@dataclass(slots=True)
class Size:
    """What was measured at one size. Times in ms but for `start_s` and `build_s`."""

    chunks: int
    ours: dict[str, Any] = field(default_factory=dict)
    peers: dict[str, tuple[float, float]] = field(default_factory=dict)  # p50 and p95
    recall: float = 0.0
    recall_scoped: float = 0.0
    added_ms: list[float] = field(default_factory=list)
    build_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What every size is made from."""

    passages: Sequence[str]
    real: Sequence[Embedding]
    questions: Sequence[str]
    vectors: Floats  # [VECTORS, dimension], of questions
    analyzer: SentenceMemory


def quantiles(taken: Sequence[float]) -> tuple[float, float]:
    p50, p95 = np.quantile(taken, [0.5, 0.95])
    return round(float(p50), 2), round(float(p95), 2)


def prepare(folders: Sequence[Path], encoder: SentenceEncoder) -> Material:
    passages = cut_passages(folders)
    columns = [list(dict.fromkeys(read_texts(folder, "queries.jsonl"))) for folder in folders]
    questions = [column[row] for row in range(max(map(len, columns))) for column in columns if row < len(column)]
    asked = questions[QUESTIONS : QUESTIONS + VECTORS] or questions[:VECTORS]
    vectors = np.stack([np.frombuffer(encoder.embed_query(question).dense, dtype="<f4") for question in asked])
    real = encoder.embed_passages(passages[:EMBEDDED])
    return Material(passages=passages, real=real, questions=questions[:QUESTIONS], vectors=vectors, analyzer=SentenceMemory())


def measure_size(count: int, material: Material, encoder: SentenceEncoder, root: Path) -> Size:
    size = Size(chunks=count)
    writer = LocalIndexWriter(root / "index", dimension=lambda: encoder.dimension, analyzer=material.analyzer)
    started = time.perf_counter()
    writer.rebuild(entries(count, material))
    size.build_s = time.perf_counter() - started
    size.ours = read_in_child(root, material)
    extra = list(islice(chain.from_iterable(entries(count + DOCUMENT * (DOCUMENTS_ADDED + 1), material, skip=count)), None))
    for start in range(0, len(extra), DOCUMENT):
        began = time.perf_counter()
        writer.publish(extra[start : start + DOCUMENT])
        size.added_ms.append((time.perf_counter() - began) * 1000)
    size.added_ms = size.added_ms[1:]  # the first opens the index
    compare(size, material, encoder)
    return size


def entries(count: int, material: Material, *, skip: int = 0) -> Any:
    texts = chain(material.passages, mix_passages(material.passages, start=1))
    batches = make_entries(texts, mix_vectors(material.real, count=count), material.real, count=count)
    if not skip:
        return batches
    return ([entry for entry in batch if entry.chunk.id > skip] for batch in batches)


def read_in_child(root: Path, material: Material) -> dict[str, Any]:
    questions, vectors, result = root / "questions.json", root / "vectors.npy", root / "result.json"
    questions.write_text(json.dumps(material.questions), encoding="utf-8")
    np.save(vectors, material.vectors)
    command = [sys.executable, "-m", "bench.index_reader", str(root / "index"), str(questions), str(vectors), str(result)]
    subprocess.run(command, check=True, env={**os.environ, **IN_THE_WEB})
    loaded: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return loaded


def compare(size: Size, material: Material, encoder: SentenceEncoder) -> None:
    """Measure the peers, and ours against exact search."""
    library: Any = faiss
    vectors = np.empty((size.chunks, encoder.dimension), np.float32)
    filled = 0
    for block in mix_vectors(material.real, count=size.chunks):
        vectors[filled : filled + len(block)] = block
        filled += len(block)
    narrow = np.array([row for row in range(size.chunks) if collection_of(row + 1) == NARROW])
    for name, rows in (("dense", None), ("dense_scoped", narrow)):
        among = vectors if rows is None else vectors[rows]
        nearest = min(NEAREST, len(among))
        _, found = library.knn(material.vectors, among, nearest, metric=library.METRIC_INNER_PRODUCT)
        exact = (found if rows is None else rows[found]) + 1
        pairs = zip(size.ours[f"{name}_found"], exact.tolist(), strict=True)
        share = float(np.mean([len(set(ours) & set(best)) / nearest for ours, best in pairs]))
        if rows is None:
            size.recall = share
        else:
            size.recall_scoped = share
    flat = faiss_flat(vectors)
    del vectors
    size.peers[FLAT] = time_each(lambda vector: flat.search(vector[None], NEAREST), list(material.vectors[:PEER_QUESTIONS]))
    if size.chunks > PEERS_UP_TO:
        return
    texts = list(islice(chain(material.passages, mix_passages(material.passages, start=1)), size.chunks))
    questions = material.questions[:PEER_QUESTIONS]
    by_words = rank_bm25(texts)
    size.peers[RANK] = time_each(by_words, questions)
    fresh = open_english()  # which remembers none of the questions
    fresh.warm_up()
    size.peers[LANGCHAIN] = time_each(ensemble(lambda question: fresh.embed_query(question).dense, by_words, flat), questions)
    size.peers[BM25S] = time_each(bm25s_index(texts), questions)


def time_each(run: Callable[[Any], object], questions: Sequence[Any]) -> tuple[float, float]:
    """Return p50 and p95 in ms; the first question only warms up."""
    taken = []
    for question in questions:
        started = time.perf_counter()
        run(question)
        taken.append((time.perf_counter() - started) * 1000)
    return quantiles(taken[1:])


def to_measures(size: Size) -> list[Measure]:
    """Return the rows of one size. Goals are issue 4's, at the size that it names."""
    ours, n = size.ours, f"{size.chunks:,} chunks"
    hundred, million = size.chunks == 100_000, size.chunks == 1_000_000
    (p50, p95), (dense50, dense95) = quantiles(ours["search_ms"]), quantiles(ours["dense_ms"])
    (scoped50, scoped95), (added50, added95) = quantiles(ours["dense_scoped_ms"]), quantiles(size.added_ms)
    by_words = {name: size.peers[name] for name in (LANGCHAIN, RANK, BM25S) if name in size.peers}
    together50, _ = quantiles(ours["together"]["ms"])
    mean = float(np.mean(ours["search_ms"]))
    rows = [
        Measure(name=f"search p50, {n}", value=p50, unit="ms", peers={name: times[0] for name, times in by_words.items()}),
        Measure(
            name=f"search p95, {n}",
            value=p95,
            unit="ms",
            goal=25.0 if hundred else None,
            peers={name: times[1] for name, times in by_words.items()},
        ),
    ]
    if LANGCHAIN in size.peers:
        ratio = round(size.peers[LANGCHAIN][1] / p95, 1)
        rows.append(
            Measure(
                name=f"faster than the LangChain ensemble at p95, {n}", value=ratio, unit="times", goal=10.0 if hundred else None
            )
        )
    rows += [Measure(name=f"{leg} p50, {n}", value=quantiles(taken)[0], unit="ms") for leg, taken in ours["legs_ms"].items()]
    flat = {FLAT: size.peers[FLAT][1]}
    rows += [
        Measure(name=f"dense leg alone p50, {n}", value=dense50, unit="ms", peers={FLAT: size.peers[FLAT][0]}),
        Measure(name=f"dense leg alone p95, {n}", value=dense95, unit="ms", goal=15.0 if million else None, peers=flat),
        Measure(name=f"recall@{NEAREST} against exact search, {n}", value=round(size.recall, 4), unit="share", goal=0.98),
        Measure(name=f"recall@{NEAREST} in a scope of 1 %, {n}", value=round(size.recall_scoped, 4), unit="share", goal=1.0),
        Measure(name=f"dense leg in a scope of 1 %, p50, {n}", value=scoped50, unit="ms", goal=dense50),
        Measure(name=f"dense leg in a scope of 1 %, p95, {n}", value=scoped95, unit="ms", goal=dense95),
        Measure(name=f"search in a scope of 1 %, p95, {n}", value=quantiles(ours["search_scoped_ms"])[1], unit="ms", goal=p95),
        Measure(
            name=f"16 at once, throughput against one, {n}",
            value=round(ours["together"]["per_s"] * mean / 1000, 2),
            unit="times",
            goal=1.6,
        ),
        Measure(name=f"16 at once, p50, {n}", value=together50, unit="ms"),
        Measure(name=f"16 at once, slowest, {n}", value=round(max(ours["together"]["ms"]), 1), unit="ms", goal=round(4 * p95, 1)),
        Measure(
            name=f"memory of the index, not mapped, {n}",
            value=round(ours["index_mb"], 1),
            unit="MB",
            goal=1024.0 if million else None,
        ),
        Measure(name=f"mapped and resident, {n}", value=ours["mapped_mb"], unit="MB"),
        Measure(
            name=f"start-up from a published generation, {n}",
            value=round(ours["start_s"], 2),
            unit="s",
            goal=5.0 if million else None,
        ),
        Measure(name=f"adding a document of {DOCUMENT} chunks p50, {n}", value=added50, unit="ms", goal=200.0 if million else None),
        Measure(name=f"adding a document of {DOCUMENT} chunks p95, {n}", value=added95, unit="ms"),
        Measure(name=f"building, {n}", value=round(size.build_s, 1), unit="s"),
    ]
    return rows


def to_pictures(sizes: Sequence[Size]) -> dict[str, tuple[str, dict[str, list[tuple[int, float]]]]]:
    def curve(value: Callable[[Size], float | None]) -> list[tuple[int, float]]:
        points = ((size.chunks, value(size)) for size in sizes)
        return [(chunks, found) for chunks, found in points if found is not None]

    def peer(name: str) -> list[tuple[int, float]]:
        return curve(lambda size: size.peers[name][0] if name in size.peers else None)

    def leg(name: str) -> list[tuple[int, float]]:
        return curve(lambda size: quantiles(size.ours["legs_ms"][name])[0])

    search = {
        "search p50": curve(lambda size: quantiles(size.ours["search_ms"])[0]),
        "search p95": curve(lambda size: quantiles(size.ours["search_ms"])[1]),
        **{f"peer: {name}, p50": peer(name) for name in (LANGCHAIN, RANK, BM25S)},
    }
    legs = {
        **{f"{name} p50": leg(name) for name in ("embed", "keyword", "dense", "rerank")},
        "dense p95": curve(lambda size: quantiles(size.ours["legs_ms"]["dense"])[1]),
        "dense in a scope of 1 % p50": curve(lambda size: quantiles(size.ours["dense_scoped_ms"])[0]),
        f"peer: {FLAT}, p50": peer(FLAT),
    }
    memory = {
        "index, not mapped": curve(lambda size: max(0.1, size.ours["index_mb"])),
        "whole process with its encoder, not mapped": curve(lambda size: size.ours["process_mb"]),
        "mapped and resident": curve(lambda size: size.ours["mapped_mb"]),
    }
    costs = {
        "start-up": curve(lambda size: size.ours["start_s"] * 1000),
        f"adding a document of {DOCUMENT} chunks, p50": curve(lambda size: quantiles(size.added_ms)[0]),
        f"adding a document of {DOCUMENT} chunks, p95": curve(lambda size: quantiles(size.added_ms)[1]),
    }
    return {
        "latency": ("ms a question", search),
        "legs": ("ms a question", legs),
        "memory": ("MB", memory),
        "upkeep": ("ms", costs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of chunks")
    parser.add_argument("--pictures", type=Path, help="draw growth curves into this folder")
    parser.add_argument(
        "--scratch", type=Path, help="where the indexes are built for the time of the run; 1,000,000 chunks take 10 GB"
    )
    add_json_option(parser)
    options = parser.parse_args()
    encoder = open_english()
    material = prepare(options.folders, encoder)
    if len(material.questions) < PEER_QUESTIONS:
        parser.error(f"{len(material.questions)} questions are too few: {PEER_QUESTIONS} are needed")
    sizes = []
    for count in sorted(options.sizes):
        with TemporaryDirectory(dir=options.scratch) as root:
            sizes.append(measure_size(count, material, encoder, Path(root)))
        publish(to_measures(sizes[-1]), out=None)
    if options.out is not None:
        publish([row for size in sizes for row in to_measures(size)], out=options.out, show=lambda line: None)
    if options.pictures is not None:
        draw_growth(to_pictures(sizes), folder=options.pictures, machine=machine())


if __name__ == "__main__":
    main()
