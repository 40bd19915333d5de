"""`python -m bench.retrieval FOLDER [--chunks 10000] [--json FILE]`: latency of a search against what a user could assemble.

FOLDER is an evaluation set with a corpus.jsonl(.gz) and queries. Passages are its texts, cut to 120 words and repeated with their
words turned round until there are enough; vectors of all but the first thousand are made around those of the first. In the same
run, over the same passages and questions: rank-bm25 alone, and what LangChain's EnsembleRetriever does, which is rank-bm25 over
words split at spaces, an exact FAISS index, and reciprocal ranks added with weights .3 and .7.
"""

import argparse
import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import faiss
import numpy as np
from rank_bm25 import BM25Okapi

from bench.report import Measure, add_json_option, publish
from retrieval.analyzer import get_analyzer
from retrieval.encoder import SentenceEncoder, open_encoder
from retrieval.local.reader import LocalIndex
from retrieval.local.writer import LocalIndexWriter
from retrieval.search import search
from retrieval.types import Chunk, Embedding, IndexEntry, Scope, SearchConfig

WORDS = 120
EMBEDDED = 1000  # passages that the encoder really reads
QUESTIONS = 150
SPREAD = 0.35  # length of the noise beside a real unit vector
COLLECTION = Scope(collection_ids=frozenset({1}))
GOAL_P95_MS = 25.0  # of 100,000 chunks on two cores
GOAL_RATIO = 10.0
RRF_K = 60  # LangChain's


def read_texts(folder: Path, name: str) -> list[str]:
    """Return the `text` of each line of a JSON-lines file, gzipped or not."""
    path = folder / name
    with path.open(encoding="utf-8") if path.exists() else gzip.open(f"{path}.gz", "rt", encoding="utf-8") as stream:
        return [json.loads(line)["text"] for line in stream if line.strip()]


def make_passages(folder: Path, count: int) -> list[str]:
    """Return `count` texts of at most WORDS words, the set's own first."""

    def cut() -> Iterator[str]:
        for text in read_texts(folder, "corpus.jsonl"):
            words = text.split()
            yield from (" ".join(words[start : start + WORDS]) for start in range(0, len(words), WORDS))

    own = list(islice(cut(), count))
    turned = (" ".join(words[turn:] + words[:turn]) for turn in range(7, WORDS, 7) for text in own if (words := text.split()))
    return [*own, *islice(turned, count - len(own))]


def embed(encoder: SentenceEncoder, texts: Sequence[str]) -> list[Embedding]:
    """Return an embedding of each text: the first EMBEDDED by the encoder, the others around them."""
    real = encoder.embed_passages(texts[:EMBEDDED])
    centres = np.stack([np.frombuffer(embedding.dense, dtype="<f4") for embedding in real])
    random = np.random.default_rng(7)
    result = list(real)
    for position in range(len(real), len(texts)):
        noise = random.normal(size=centres.shape[1])
        vector = centres[position % len(real)] + SPREAD * noise / np.linalg.norm(noise)
        dense = (vector / np.linalg.norm(vector)).astype("<f4").tobytes()
        result.append(Embedding(dense=dense, tokens=real[position % len(real)].tokens))
    return result


def time_each(run: Callable[[str], object], questions: Sequence[str]) -> tuple[float, float]:
    """Return p50 and p95 in ms."""
    run("Loads what is loaded at the first question.")
    taken = []
    for question in questions:
        started = time.perf_counter()
        run(question)
        taken.append((time.perf_counter() - started) * 1000)
    p50, p95 = np.quantile(taken, [0.5, 0.95])
    return round(float(p50), 2), round(float(p95), 2)


def ours(root: Path, encoder: SentenceEncoder, texts: Sequence[str], embeddings: Sequence[Embedding]) -> Callable[[str], object]:
    writer = LocalIndexWriter(root, dimension=lambda: encoder.dimension, analyzer=get_analyzer())
    entries = [
        IndexEntry(
            chunk=Chunk(id=number, collection_id=1, document_id=number, version_id=number, title="", text=text), embedding=embedding
        )
        for number, (text, embedding) in enumerate(zip(texts, embeddings, strict=True), start=1)
    ]
    writer.rebuild([entries])
    index = LocalIndex(root, analyzer=get_analyzer())
    config = SearchConfig()
    return lambda query: search(
        query, scope=COLLECTION, config=config, index=index.snapshot(), embedder=encoder, projection=encoder.projection
    )


def ensemble(encoder: SentenceEncoder, bm25: BM25Okapi, embeddings: Sequence[Embedding]) -> Callable[[str], object]:
    vectors: Any = faiss.IndexFlatIP(encoder.dimension)
    vectors.add(np.stack([np.frombuffer(embedding.dense, dtype="<f4") for embedding in embeddings]))

    def run(query: str) -> list[int]:
        by_words = np.argsort(-bm25.get_scores(query.split()))[:100]
        vector = np.frombuffer(encoder.embed_query(query).dense, dtype="<f4")
        by_meaning = vectors.search(vector[None], 100)[1][0]
        fused: dict[int, float] = {}
        for weight, ranking in ((0.3, by_words), (0.7, by_meaning)):
            for rank, position in enumerate(ranking.tolist(), start=1):
                fused[position] = fused.get(position, 0.0) + weight / (rank + RRF_K)
        return sorted(fused, key=lambda position: -fused[position])[:10]

    return run


def measure(folder: Path, count: int) -> list[Measure]:
    encoder = open_encoder()
    texts = make_passages(folder, count)
    embeddings = embed(encoder, texts)
    # No question twice: the encoder remembers the last ones, and a benchmark must not profit from that.
    questions = list(dict.fromkeys(read_texts(folder, "queries.jsonl")))[:QUESTIONS]
    bm25 = BM25Okapi([text.split() for text in texts])
    with TemporaryDirectory() as root:
        p50, p95 = time_each(ours(Path(root), encoder, texts, embeddings), questions)
    encoder = open_encoder()  # a fresh one for the peer too
    ensemble50, ensemble95 = time_each(ensemble(encoder, bm25, embeddings), questions)
    bm50, bm95 = time_each(lambda query: bm25.get_scores(query.split()), questions)
    size = f"{len(texts)} chunks"
    return [
        Measure(
            name=f"search p50, {size}", value=p50, unit="ms", peers={"LangChain ensemble": ensemble50, "rank-bm25 alone": bm50}
        ),
        Measure(
            name=f"search p95, {size}",
            value=p95,
            unit="ms",
            goal=GOAL_P95_MS,
            peers={"LangChain ensemble": ensemble95, "rank-bm25 alone": bm95},
        ),
        Measure(name=f"faster than the ensemble at p50, {size}", value=round(ensemble50 / p50, 2), unit="times", goal=GOAL_RATIO),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chunks", type=int, default=10_000)
    add_json_option(parser)
    options = parser.parse_args()
    publish(measure(options.folder, options.chunks), out=options.out)


if __name__ == "__main__":
    main()
