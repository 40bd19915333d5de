"""`python -m bench.scaling FOLDER [--json FILE]`: what a corpus past one machine needs, computed from what a passage measures here.

Measured: the bytes of a passage in each of its forms, the passages that the encoder reads in a second, and a search of an HNSW
index like the one that Milvus is set to build. Assumed, and to be changed by options: the memory of a node, how much of it an
index may fill, the network's share, and prices. No cluster was run: the table says what to order before one measures it.
"""

import argparse
import math
import time
from pathlib import Path

import faiss
import numpy as np

from bench.material.corpus import embed, make_passages
from bench.report import Measure, add_json_option, publish
from language.analyzer import get_analyzer
from retrieval.encoding.opening import open_english
from retrieval.milvus.layout import EF_AT_LEAST, HNSW, to_row
from retrieval.types import Chunk, IndexEntry

SIZES = (10**6, 10**7, 10**8)
READ = 1000  # passages that are really embedded
GRAPH = 50_000  # vectors in the measured graph
QUERIES = 200
POSTING_BYTES = 8  # of a term in a passage: which passage, how often
GIB = 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an evaluation set with a corpus")
    parser.add_argument("--node-gib", type=float, default=128, help="memory of a query node (128)")
    parser.add_argument("--fill", type=float, default=0.6, help="share of it that indexes may take (0.6)")
    parser.add_argument("--replicas", type=int, default=2, help="copies, so that a node may fail (2)")
    parser.add_argument(
        "--memory-price", type=float, default=4.0, help="of a GiB of memory with its cores a month, in your currency (4)"
    )
    parser.add_argument("--disk-price", type=float, default=0.1, help="of a GiB of fast disk a month (0.1)")
    parser.add_argument("--replies-ms", type=float, default=5.0, help="of the network and the merging of shards, a query (5)")
    add_json_option(parser)
    options = parser.parse_args()
    publish(measure(options), out=options.out)


def measure(options: argparse.Namespace) -> list[Measure]:
    encoder = open_english()
    texts = make_passages(options.folder, GRAPH)
    encoder.warm_up()
    started = time.perf_counter()
    read = encoder.embed_passages(texts[:READ])
    rate = READ / (time.perf_counter() - started)
    rows = [
        to_row(
            IndexEntry(chunk=Chunk(id=n, collection_id=1, document_id=n, version_id=n, title="", text=text), embedding=vector),
            get_analyzer(),
        )
        for n, (text, vector) in enumerate(zip(texts, read, strict=False))
    ]
    bytes_of = {
        "dense vector, float32": float(4 * encoder.dimension),
        "dense vector, 8 bits": float(encoder.dimension),
        "graph of the dense leg": float(2 * 4 * HNSW["M"]),
        "postings of the keyword leg": POSTING_BYTES * mean([len(set(row["terms"].split())) for row in rows]),
        "terms": mean([len(row["terms"]) for row in rows]),
        "token vectors": mean([len(row["tokens"]) for row in rows]),
    }
    search_ms, found = time_graph(np.stack([np.frombuffer(one.dense, dtype="<f4") for one in embed(encoder, texts)]))
    return [
        *(Measure(name=f"bytes of a passage: {name}", value=round(value), unit="B") for name, value in bytes_of.items()),
        Measure(name="passages embedded on this machine", value=round(rate, 1), unit="1/s"),
        Measure(name=f"HNSW of {GRAPH} passages, one query, p95", value=search_ms, unit="ms"),
        Measure(name="recall@50 of it against exact search", value=found, unit="of 1"),
        *(found for size in SIZES for found in plan(size, bytes_of, rate=rate, search_ms=search_ms, options=options)),
    ]


def plan(size: int, bytes_of: dict[str, float], *, rate: float, search_ms: float, options: argparse.Namespace) -> list[Measure]:
    """Compute what `size` passages need. In memory: vectors, their graph, the postings; on disk: everything."""
    lean = size * (bytes_of["graph of the dense leg"] + bytes_of["postings of the keyword leg"]) / GIB
    memory = lean + size * bytes_of["dense vector, float32"] / GIB
    eight = lean + size * bytes_of["dense vector, 8 bits"] / GIB
    disk = memory + size * (bytes_of["terms"] + bytes_of["token vectors"]) / GIB
    nodes = math.ceil(memory * options.replicas / (options.node_gib * options.fill))
    nodes = max(nodes, options.replicas)
    cost = nodes * options.node_gib * options.memory_price + disk * options.replicas * options.disk_price
    # A graph's search grows with the logarithm of what lies in it; shards are searched side by side.
    share = size * options.replicas / nodes
    latency = search_ms * math.log(max(share, 2)) / math.log(GRAPH) + options.replies_ms
    corpus = f"{size:,} passages"
    return [
        Measure(name=f"{corpus}: memory, one copy", value=round(memory, 1), unit="GiB"),
        Measure(name=f"{corpus}: the same with vectors of 8 bits", value=round(eight, 1), unit="GiB"),
        Measure(name=f"{corpus}: disk, one copy", value=round(disk, 1), unit="GiB"),
        Measure(name=f"{corpus}: query nodes", value=nodes, unit="nodes"),
        Measure(name=f"{corpus}: a month", value=round(cost), unit="of your currency"),
        Measure(name=f"{corpus}: the dense search, estimated p95", value=round(latency, 1), unit="ms"),
        Measure(name=f"{corpus}: to embed on machines like this one", value=round(size / rate / 86400, 2), unit="machine days"),
    ]


def time_graph(vectors: np.ndarray) -> tuple[float, float]:
    """Return p95 in ms of one query in an HNSW graph on one thread, and its recall@50."""
    graph = faiss.IndexHNSWFlat(vectors.shape[1], HNSW["M"], faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = HNSW["efConstruction"]
    graph.add(vectors)
    graph.hnsw.efSearch = EF_AT_LEAST
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    random = np.random.default_rng(11)
    queries = vectors[random.choice(len(vectors), QUERIES, replace=False)] + 0.02 * random.normal(size=(QUERIES, vectors.shape[1]))
    queries = (queries / np.linalg.norm(queries, axis=1, keepdims=True)).astype(np.float32)
    faiss.omp_set_num_threads(1)
    taken, right = [], 0
    for query in queries:
        started = time.perf_counter()
        near = graph.search(query[None], 50)[1][0]
        taken.append((time.perf_counter() - started) * 1000)
        right += len(set(near.tolist()) & set(exact.search(query[None], 50)[1][0].tolist()))
    return round(float(np.quantile(taken, 0.95)), 2), round(right / (50 * QUERIES), 3)


def mean(values: list[int]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
