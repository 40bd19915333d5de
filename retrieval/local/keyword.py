"""The BM25 leg: tantivy over terms that the analyzer has already cut (joined by spaces, split again at white space)."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import tantivy

from retrieval.analyzer import Analyzer
from retrieval.errors import IndexDamaged
from retrieval.types import Chunk, Hit, Scope, WordWeights
from retrieval.vocabulary import parts_of

FIELDS = ("body", "title", "headings")  # BM25 of each is weighed (retrieval.types.WordWeights) and summed
MAX_QUERY_TERMS = 256  # distinct; a pasted page as a question costs no more than this
PAIRS_SHARE = 0.5
Clause = tuple[tantivy.Occur, tantivy.Query]
HEAP_BYTES = 15_000_000  # tantivy's least for one thread


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("chunk", "collection", "document", "version"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    return builder.build()


def create_or_open(folder: Path) -> tantivy.Index:
    """Return the index in `folder`, made empty where there is none. Raises: IndexDamaged."""
    try:
        if tantivy.Index.exists(str(folder)):
            return tantivy.Index.open(str(folder))
        return tantivy.Index(_schema(), path=str(folder))
    except (ValueError, OSError) as error:
        raise IndexDamaged(f"The keyword index {folder} cannot be opened: {error}") from error


def to_document(chunk: Chunk, analyzer: Analyzer) -> tantivy.Document:
    """Return the tantivy document of a chunk, its text cut into terms."""
    document = tantivy.Document()
    title_terms = analyzer.terms(chunk.title)
    new_in_name = [term for term in analyzer.terms(chunk.name.rpartition(".")[0] or chunk.name) if term not in title_terms]
    title = " ".join([*title_terms, *new_in_name])
    headings = " ".join(term for heading in chunk.heading_path for term in analyzer.terms(heading))
    passage = f"{chunk.prefix}\n{chunk.text}"
    text = " ".join([*analyzer.terms(passage), *analyzer.pairs(passage)])
    document.add_text("title", title)
    document.add_text("headings", headings)
    document.add_text("body", f"{title} {headings} {text}")
    document.add_unsigned("chunk", chunk.id)
    document.add_unsigned("collection", chunk.collection_id)
    document.add_unsigned("document", chunk.document_id)
    document.add_unsigned("version", chunk.version_id)
    return document


def delete(index: tantivy.Index, writer: tantivy.IndexWriter, field: str, ids: Collection[int]) -> None:
    """Remove what was added before with one of these ids. By query: tantivy-py 0.27 takes a term's int for a signed one."""
    if ids:
        writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, field, sorted(ids)))


class KeywordReader:
    """One generation of the keyword index, open for reading; a `retrieval.ports.KeywordIndex`."""

    def __init__(self, folder: Path, analyzer: Analyzer) -> None:
        index = create_or_open(folder)
        index.config_reader("Manual")
        index.reload()
        self._schema = index.schema
        self._searcher = index.searcher()
        self._analyzer = analyzer

    def search(
        self,
        query: str,
        *,
        scope: Scope,
        limit: int,
        weights: WordWeights,
        also: Sequence[Sequence[str]] = (),
        sees_all: bool = False,
    ) -> tuple[Hit, ...]:
        """See `retrieval.ports.KeywordIndex`.

        Args:
            sees_all: nothing in this index lies outside `scope`, so that no filter is needed. Without one tantivy skips what cannot
                be among the best: at 100,000 chunks 0.24 ms of processor time a question, 1.0 with a filter that lets all pass.
        """
        if not scope.collection_ids or scope.document_ids == frozenset() or limit < 1:
            return ()
        words = [*self._words(query, weights), *self._wholes(also, weights)]
        if not words:
            return ()
        found = self._searcher.search(self._query(words, None if sees_all else scope), limit, count=False)
        chunk_ids = self._chunk_ids(found)
        scored = zip(chunk_ids, (score for score, _ in found.hits), strict=True)
        return tuple(
            Hit(chunk_id=chunk_id, score=score, rank=rank, keyword_score=score, keyword_rank=rank)
            for rank, (chunk_id, score) in enumerate(scored, start=1)
        )

    def chunk_ids(self) -> frozenset[int]:
        """Return every id in the index."""
        count = self._searcher.num_docs
        if not count:
            return frozenset()
        found = self._searcher.search(tantivy.Query.all_query(), count, count=False)
        return frozenset(self._chunk_ids(found))

    def _chunk_ids(self, found: tantivy.SearchResult) -> list[int]:
        values = self._searcher.fast_field_values("chunk", [address for _, address in found.hits])
        return [int(value) for value in values if value is not None]

    def _words(self, query: str, weights: WordWeights) -> list[Clause]:
        """Return a clause for each term of the query in each field, and for each pair."""
        make, schema = tantivy.Query, self._schema
        counts, pairs = Counter(self._analyzer.terms(query)), Counter(self._analyzer.pairs(query))
        boosts = {"body": 1.0, "title": weights.title, "headings": weights.headings}
        looked_for = [
            (field, term, boost * count * (weights.asking if self._analyzer.is_asking(term) else 1.0))
            for term, count in counts.most_common(MAX_QUERY_TERMS)
            for field, boost in boosts.items()
        ]
        if counts:  # pairs of stop words alone find nothing worth reading
            looked_for += [("body", pair, weights.pairs * count) for pair, count in pairs.most_common(MAX_QUERY_TERMS)]
        return [
            (tantivy.Occur.Should, make.boost_query(make.term_query(schema, field, term, "freq"), boost))
            for field, term, boost in looked_for
            if boost > 0
        ]

    def _wholes(self, also: Sequence[Sequence[str]], weights: WordWeights) -> list[Clause]:
        """Return a clause for each group of words that mean the same: the best of those that a passage holds whole counts."""
        make = tantivy.Query
        named = also if weights.whole else ()
        groups = ([self._all_of(way) for word in group for way in parts_of(word, self._analyzer)] for group in named)
        return [
            (tantivy.Occur.Should, make.boost_query(make.disjunction_max_query(ways), weights.whole)) for ways in groups if ways
        ]

    def _all_of(self, terms: Sequence[str]) -> tantivy.Query:
        make = tantivy.Query
        share = PAIRS_SHARE if terms[0].startswith("_") else 1.0  # pairs overlap, and would count what they share twice
        found = make.boolean_query([(tantivy.Occur.Must, make.term_query(self._schema, "body", term, "freq")) for term in terms])
        return make.boost_query(found, share)

    def _query(self, words: list[Clause], scope: Scope | None) -> tantivy.Query:
        make = tantivy.Query
        if scope is None:
            return make.boolean_query(words)
        return make.boolean_query(
            [
                (tantivy.Occur.Must, make.boolean_query(words)),
                (tantivy.Occur.Must, self._within(scope)),
                *([(tantivy.Occur.Must, self._among("document", sorted(scope.document_ids)))] if scope.document_ids else []),
            ]
        )

    def _within(self, scope: Scope) -> tantivy.Query:
        collections = self._among("collection", sorted(scope.collection_ids))
        if not scope.moved_ids:
            return collections
        either = [(tantivy.Occur.Should, query) for query in (collections, self._among("document", sorted(scope.moved_ids)))]
        return tantivy.Query.boolean_query(either)

    def _among(self, field: str, ids: Sequence[int]) -> tantivy.Query:
        """A filter inside the query that leaves the score alone. One id is walked through, several are gathered first."""
        make = tantivy.Query
        only = make.term_query(self._schema, field, ids[0], "basic") if len(ids) == 1 else None
        return make.const_score_query(only or make.term_set_query(self._schema, field, list(ids)), 0.0)
