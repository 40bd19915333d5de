"""How chunks lie in Milvus: one row a chunk, both legs in one collection.

The BM25 field is Milvus's own function over `terms`. These are cut by Attest's analyzer (jieba's words, English stems, codes kept
whole), not by Milvus's: so both backends rank by the same terms, and a synonym or a folded character means the same in both. A term
is written in letters and digits alone, which every tokenizer of every Milvus keeps whole.
"""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from pymilvus import DataType, Function, FunctionType, MilvusClient
from pymilvus.client.types import LoadState

from retrieval.analyzer import Analyzer
from retrieval.duplicates import text_digest
from retrieval.types import Hit, IndexEntry, Scope

KEYWORD, DENSE = "keyword", "dense"
BM25 = {"bm25_k1": 1.2, "bm25_b": 0.75}  # as tantivy has them, which fixes both
HNSW = {"M": 24, "efConstruction": 200}
EF_AT_LEAST = 256  # candidates that HNSW keeps while it searches; never fewer than it returns
TEXT_BYTES = 65_535  # Milvus's longest VARCHAR
MARKER = -1  # the row that tells the generation: no chunk has this id, and no scope its collection
MARKER_COLLECTION = -1
_SIGN = 1 << 63
_WORD_START = "xq"


def name_alias(folder: str) -> str:
    """Return the alias that readers use for the index of this name: Milvus allows letters, digits and underscores."""
    return "attest_" + "".join(mark if mark.isascii() and mark.isalnum() else "_" for mark in folder)


def create(client: MilvusClient, name: str, *, dimension: int) -> None:
    """Make an empty collection with both legs. Scope goes by partition key, so that a search reads its own partitions."""
    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("chunk", DataType.INT64, is_primary=True)
    schema.add_field("collection", DataType.INT64, is_partition_key=True)
    for field in ("document", "version", "digest"):
        schema.add_field(field, DataType.INT64)
    schema.add_field(
        "terms", DataType.VARCHAR, max_length=TEXT_BYTES, enable_analyzer=True, analyzer_params={"tokenizer": "standard"}
    )
    schema.add_field("tokens", DataType.VARCHAR, max_length=TEXT_BYTES)
    schema.add_field(DENSE, DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field(KEYWORD, DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(
        Function(name="bm25", function_type=FunctionType.BM25, input_field_names=["terms"], output_field_names=[KEYWORD])
    )
    indexes = client.prepare_index_params()
    indexes.add_index(DENSE, index_type="HNSW", metric_type="IP", params=HNSW)
    indexes.add_index(KEYWORD, index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=BM25)
    indexes.add_index("version", index_type="INVERTED")
    client.create_collection(name, schema=schema, index_params=indexes)
    if client.get_load_state(name)["state"] != LoadState.Loaded:
        client.load_collection(name)


def to_row(entry: IndexEntry, analyzer: Analyzer) -> dict[str, Any]:
    chunk = entry.chunk
    name = chunk.name.rpartition(".")[0] or chunk.name
    texts = (chunk.title, name, *chunk.heading_path, f"{chunk.prefix}\n{chunk.text}")
    return {
        "chunk": chunk.id,
        "collection": chunk.collection_id,
        "document": chunk.document_id,
        "version": chunk.version_id,
        "digest": to_signed(text_digest(chunk.text)),
        "terms": write_terms([term for text in texts for term in analyzer.terms(text)]),
        "tokens": base64.b64encode(entry.embedding.tokens).decode("ascii"),
        DENSE: np.frombuffer(entry.embedding.dense, dtype="<f4"),
    }


def marker_row(*, generation: int, dimension: int) -> dict[str, Any]:
    """Return the row that tells the generation."""
    empty = {"document": 0, "digest": 0, "terms": "", "tokens": "", DENSE: np.zeros(dimension, dtype="<f4")}
    return {"chunk": MARKER, "collection": MARKER_COLLECTION, "version": generation, **empty}


def write_terms(terms: Sequence[str]) -> str:
    """Return terms as one text that a tokenizer cuts into the same terms again."""
    text = " ".join(map(_write_term, terms))
    if len(text) <= TEXT_BYTES:
        return text
    return text[:TEXT_BYTES].rpartition(" ")[0]  # all is ASCII: a character is a byte


def _write_term(term: str) -> str:
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
    return f"{either} and document in {sorted(scope.document_ids)}" if scope.document_ids else either


def to_hits(found: Sequence[dict[str, Any]], *, leg: str) -> tuple[Hit, ...]:
    """Return what a search of one leg found, best first. Milvus Lite tells BM25 with a minus before it."""
    scored = [(abs(row["distance"]) if leg == KEYWORD else float(row["distance"]), int(row["chunk"])) for row in found]
    scored.sort(key=lambda hit: (-hit[0], hit[1]))
    ranked = (Hit(chunk_id=chunk_id, score=score, rank=rank) for rank, (score, chunk_id) in enumerate(scored, start=1))
    if leg == KEYWORD:
        return tuple(hit._replace(keyword_score=hit.score, keyword_rank=hit.rank) for hit in ranked)
    return tuple(hit._replace(dense_score=hit.score, dense_rank=hit.rank) for hit in ranked)


def to_signed(digest: int) -> int:
    return digest - 2 * _SIGN if digest >= _SIGN else digest


def from_signed(digest: int) -> int:
    return digest + 2 * _SIGN if digest < 0 else digest
