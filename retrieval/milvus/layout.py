"""How chunks lie in Milvus: one row a chunk, both legs in one collection.

Terms are cut by Attest's analyzer (jieba's words, English stems, codes kept whole), not by Milvus's: so both backends rank by the
same terms, and a synonym or a folded character means the same in both. A term is written in letters and digits alone, which every
tokenizer of every Milvus keeps whole.

BM25 is split in two, so that no score depends on what the reader may not read (Milvus's own function counts all rows of a
collection): a row's sparse vector holds what each term's count and the length make of it, with a fixed average length; a query's
vector holds how rare each term is among the rows in scope, which `text_match` counts. Both are rounded so that a sum of 32 bits is
exact, in whatever order a server makes it.
"""

import base64
import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from pymilvus import DataType, MilvusClient
from pymilvus.client.types import LoadState

from language.analyzer import Analyzer
from retrieval.bm25_small import K1, B
from retrieval.duplicates import text_digest
from retrieval.types import Hit, IndexEntry, Scope

KEYWORD, DENSE = "keyword", "dense"
LAYOUT = 2  # 1 left BM25 to Milvus, over all rows of a collection
AVERAGE_LENGTH = 120  # terms of a passage; of English passages 100 to 150, of Chinese ones 150 to 250
ROW_STEP, QUERY_STEP = 128, 64  # parts of one: products are 1/8192, and 24 bits hold their sum up to 2,048
MAX_DIMENSION = (1 << 32) - 2
HNSW = {"M": 24, "efConstruction": 200}
EF_AT_LEAST = 256  # candidates that HNSW keeps while it searches; never fewer than it returns
TEXT_BYTES = 65_535  # Milvus's longest VARCHAR
MARKER = -1  # the row that holds the generation: no chunk has this id, and no scope its collection
MARKER_COLLECTION = -1
_SIGN = 1 << 63
_WORD_START = "xq"


def name_alias(folder: str) -> str:
    """Return the alias that readers use for the index of this name: Milvus allows letters, digits and underscores."""
    return "attest_" + "".join(mark if mark.isascii() and mark.isalnum() else "_" for mark in folder)


def describe_layout(analyzer: Analyzer) -> str:
    """Return what the marker of an index of this release says of it."""
    return f"attest layout {LAYOUT}, words {analyzer.fingerprint}"


def create(client: MilvusClient, name: str, *, dimension: int) -> None:
    """Make an empty collection with both legs. Scope goes by partition key, so that a search reads its own partitions."""
    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("chunk", DataType.INT64, is_primary=True)
    schema.add_field("collection", DataType.INT64, is_partition_key=True)
    for field in ("document", "version", "digest"):
        schema.add_field(field, DataType.INT64)
    schema.add_field(
        "terms",
        DataType.VARCHAR,
        max_length=TEXT_BYTES,
        enable_analyzer=True,
        enable_match=True,
        analyzer_params={"tokenizer": "standard"},
    )
    schema.add_field("tokens", DataType.VARCHAR, max_length=TEXT_BYTES)
    schema.add_field(DENSE, DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field(KEYWORD, DataType.SPARSE_FLOAT_VECTOR)
    indexes = client.prepare_index_params()
    indexes.add_index(DENSE, index_type="HNSW", metric_type="IP", params=HNSW)
    indexes.add_index(KEYWORD, index_type="SPARSE_INVERTED_INDEX", metric_type="IP", params={})
    indexes.add_index("version", index_type="INVERTED")
    client.create_collection(name, schema=schema, index_params=indexes)
    if client.get_load_state(name)["state"] != LoadState.Loaded:
        client.load_collection(name)


def to_row(entry: IndexEntry, analyzer: Analyzer) -> dict[str, Any]:
    chunk = entry.chunk
    name = chunk.name.rpartition(".")[0] or chunk.name
    texts = (chunk.title, name, *chunk.heading_path, f"{chunk.prefix}\n{chunk.text}")
    terms = [term for text in texts for term in analyzer.terms(text)]
    return {
        "chunk": chunk.id,
        "collection": chunk.collection_id,
        "document": chunk.document_id,
        "version": chunk.version_id,
        "digest": to_signed(text_digest(chunk.text)),
        "terms": write_terms(list(dict.fromkeys(terms))),
        KEYWORD: row_weights(terms),
        "tokens": base64.b64encode(entry.embedding.tokens).decode("ascii"),
        DENSE: np.frombuffer(entry.embedding.dense, dtype="<f4"),
    }


def marker_row(*, generation: int, dimension: int, analyzer: Analyzer) -> dict[str, Any]:
    """Return the row that holds the generation and the layout of the others."""
    empty = {
        "document": 0,
        "digest": 0,
        "terms": describe_layout(analyzer),
        "tokens": "",
        KEYWORD: {0: 1.0},
        DENSE: np.zeros(dimension, dtype="<f4"),
    }
    return {"chunk": MARKER, "collection": MARKER_COLLECTION, "version": generation, **empty}


@lru_cache(maxsize=1 << 16)
def dimension_of(term: str) -> int:
    """Return the dimension of a term in sparse vectors: 32 bits of BLAKE2. 0 is reserved."""
    digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return 1 + int.from_bytes(digest, "little") % (MAX_DIMENSION - 1)


def row_weights(terms: Sequence[str]) -> dict[int, float]:
    """Return the part of BM25 that a passage brings: for each term its count, dampened, against the passage's length."""
    norm = K1 * (1 - B + B * len(terms) / AVERAGE_LENGTH)
    found: Counter[int] = Counter()
    for term, times in Counter(terms).items():
        found[dimension_of(term)] += max(1, round(ROW_STEP * times * (K1 + 1) / (times + norm)))
    return {dimension: value / ROW_STEP for dimension, value in found.items()} or {0: 1.0}


def query_weights(counts: Mapping[str, float], *, held: Mapping[str, int], rows: int) -> dict[int, float]:
    """Return the part that a query brings: how rare each of its terms is in scope. Terms that nothing holds are left out.

    Args:
        counts: how much each term counts.
        held: how many rows in scope hold each.
        rows: how many are in scope.
    """
    found: Counter[int] = Counter()
    for term, times in counts.items():
        if held[term]:
            idf = math.log1p((max(rows, held[term]) - held[term] + 0.5) / (held[term] + 0.5))
            found[dimension_of(term)] += max(1, round(QUERY_STEP * idf * times))
    return {dimension: value / QUERY_STEP for dimension, value in found.items()}


def write_terms(terms: Sequence[str]) -> str:
    """Return terms as one text that a tokenizer cuts into the same terms again."""
    text = " ".join(map(write_term, terms))
    if len(text) <= TEXT_BYTES:
        return text
    return text[:TEXT_BYTES].rpartition(" ")[0]  # all is ASCII: a character is a byte


def write_term(term: str) -> str:
    if term.isascii() and term.isalnum() and not term.startswith(_WORD_START):
        return term
    return _WORD_START + term.encode("utf-8", "surrogatepass").hex()


def within(scope: Scope) -> str | None:
    """Return the scope as a filter expression; None where it sees nothing. Ids are numbers: nothing is to be escaped."""
    if (not scope.collection_ids and not scope.moved_ids) or scope.document_ids == frozenset():
        return None
    among = [
        f"{field} in {sorted(ids)}" for field, ids in (("collection", scope.collection_ids), ("document", scope.moved_ids)) if ids
    ]
    either = f"({' or '.join(among)})" if len(among) > 1 else among[0]
    if scope.document_ids:
        either = f"{either} and document in {sorted(scope.document_ids)}"
    hidden = np.frombuffer(scope.hidden, dtype="<u8").tolist()
    return f"{either} and document not in {hidden}" if hidden else either


def to_hits(scored: Sequence[tuple[float, int]], *, leg: str, limit: int) -> tuple[Hit, ...]:
    """Return the best of what a leg found, as score and chunk id; ties by chunk id."""
    best = sorted(scored, key=lambda hit: (-hit[0], hit[1]))[:limit]
    ranked = (Hit(chunk_id=chunk_id, score=score, rank=rank) for rank, (score, chunk_id) in enumerate(best, start=1))
    if leg == KEYWORD:
        return tuple(hit._replace(keyword_score=hit.score, keyword_rank=hit.rank) for hit in ranked)
    return tuple(hit._replace(dense_score=hit.score, dense_rank=hit.rank) for hit in ranked)


def to_signed(digest: int) -> int:
    return digest - 2 * _SIGN if digest >= _SIGN else digest


def from_signed(digest: int) -> int:
    return digest + 2 * _SIGN if digest < 0 else digest
