"""Why a search finds what it finds: each leg's rank and score, what joined them, and which filter took what away.

The search runs with the rights of the person it is explained for. Whoever looks sees passages of what they may read themselves; of
the others they learn how many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from kb.index.engine import Engine
from kb.index.entries import to_indexed_chunk
from kb.index.search import add_sentences, add_vocabulary, scope_for, search_passages
from kb.keeping.force import is_in_force
from kb.models import Chunk, Collection, Document, DocumentVersion
from language.analyzer import get_analyzer
from retrieval.duplicates import SeenSentences
from retrieval.types import Hit, Scope, SearchConfig, SearchResult
from retrieval.vocabulary import parts_of, readings

SHOWN = 10  # passages that a reader gets
REMOVED = 20  # of what a filter took away, the best
TOO_LOW = 5  # of what merely ranks too low, the best
DEEP = 1000  # hits of each leg in which a document's passages are looked for
PASSAGES = 5  # best ones of a document that is asked about


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of the query as the keyword leg looks for it."""

    text: str
    written: str  # as the query writes it, where one word gave one term; else the term
    is_asking: bool = False  # it says what is asked for and counts less
    is_added: bool = False  # from the vocabulary of a collection: looked for as a whole
    ways: tuple[tuple[str, ...], ...]  # a passage has it that holds all terms of one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One chunk with what each stage thought of it."""

    chunk: Chunk | None  # None: the index still has what the database dropped
    hit: Hit
    fused_rank: int | None
    removed_by: str = ""  # "", or a key of the page's words: rights, force, off, collection, version, deleted, gone, limit
    found: tuple[str, ...] = ()  # terms of the query that it holds
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A search, explained."""

    query: str
    readings: tuple[str, ...]  # the query in the other words of a vocabulary, which the encoder reads besides
    terms: tuple[Term, ...]
    config: SearchConfig
    result: SearchResult
    shown: tuple[Standing, ...]
    unseen: int  # passages that the person gets besides, of documents that whoever looks may not read
    removed: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentExplanation:
    """Why a document is found or not. `places`: its best passages in the whole ranking, as far as DEEP hits of each leg go."""

    document: Document
    newest: DocumentVersion | None
    is_readable: bool  # for the person
    is_in_collection: bool
    is_in_force: bool
    switched_off: int  # passages
    chunk_count: int
    unembedded: int  # chunks that the encoder could not read: words alone find them
    places: tuple[Standing, ...]


Person = User | AnonymousUser


def explain_search(query: str, *, admin: User, user: Person, collection: Collection | None, engine: Engine) -> Explanation:
    """Search as `user` would and say what became of everything that the query meets and `admin` may read.

    Raises: retrieval.errors.RetrievalError.
    """
    scope = scope_for(user, collection=collection)
    config = add_vocabulary(query, SearchConfig(limit=SHOWN), scope)
    found = search_passages(query, user=user, collection=collection, engine=engine, config=SearchConfig(limit=SHOWN))
    known = set(add_vocabulary(query, SearchConfig(), scope_for(admin)).also)
    also = tuple(group for group in config.also if group in known)  # vocabularies are read like documents
    terms = read_terms(query, also)
    whole = replace(config, limit=2 * config.candidates)
    own = _fused_ranks(engine.search(query, scope=scope, config=whole).hits)
    kept = {passage.chunk.pk for passage in found.passages}
    everything = scope_for(admin, only_in_force=False)
    others = [hit for hit in engine.search(query, scope=everything, config=whole).hits if hit.chunk_id not in kept]
    chunks = _chunks(others)
    met = {one.version.document_id for one in (*chunks.values(), *(passage.chunk for passage in found.passages))}
    mine = set(Document.objects.readable_by(admin).filter(pk__in=met).values_list("pk", flat=True))
    readable = set(Document.objects.visible_to(user).filter(pk__in=met).values_list("pk", flat=True))
    shown = [
        _stand(passage.chunk, passage.hit, own, terms) for passage in found.passages if passage.chunk.version.document_id in mine
    ]
    # What the index still has under the collection that it was in before may be nobody's here.
    others = [hit for hit in others if hit.chunk_id not in chunks or chunks[hit.chunk_id].version.document_id in mine]
    in_force = set(Document.objects.filter(is_in_force(), pk__in=met).values_list("pk", flat=True))
    reasons = {hit.chunk_id: _filter(chunks.get(hit.chunk_id), readable, in_force, collection) for hit in others}
    low = _mark_repeated([hit for hit in others if reasons[hit.chunk_id] == "limit"][:TOO_LOW], chunks, shown)
    filtered = [hit for hit in others if reasons[hit.chunk_id] != "limit"][:REMOVED]
    removed = [
        replace(_stand(chunks.get(hit.chunk_id), hit, own, terms), removed_by=reasons[hit.chunk_id]) for hit in (*filtered, *low)
    ]
    return Explanation(
        query=query,
        readings=readings(query, also)[1:],
        terms=terms,
        config=replace(config, also=also),
        result=found.result,
        shown=tuple(shown),
        unseen=len(found.passages) - len(shown),
        removed=tuple(removed),
    )


def explain_document(
    query: str, *, document: Document, user: Person, collection: Collection | None, engine: Engine
) -> DocumentExplanation:
    """Say how far a document is, whether the person may read it, and how its best passages rank in each leg."""
    chunks = Chunk.objects.live().filter(version__document=document, edition=engine.edition)
    scope = Scope(collection_ids=frozenset({document.collection_id}), document_ids=frozenset({document.pk}))
    config = add_vocabulary(query, SearchConfig(limit=PASSAGES), scope_for(user, collection=collection))
    alone = engine.search(query, scope=_with_moved(scope, document), config=config).hits
    deep = replace(config, candidates=DEEP, limit=2 * DEEP, use_rerank=False)
    overall = {hit.chunk_id: hit for hit in engine.search(query, scope=scope_for(user, collection=collection), config=deep).hits}
    found = _chunks(alone)
    terms = read_terms(query, config.also)
    fused = _fused_ranks(tuple(overall.values()))
    places = [_stand(found.get(hit.chunk_id), _placed(hit, overall.get(hit.chunk_id)), fused, terms) for hit in alone]
    return DocumentExplanation(
        document=document,
        newest=document.versions.order_by("-number").first(),
        is_readable=Document.objects.visible_to(user).filter(pk=document.pk).exists(),
        is_in_collection=collection is None or document.collection_id == collection.pk,
        is_in_force=Document.objects.filter(is_in_force(), pk=document.pk).exists(),
        switched_off=Chunk.objects.filter(version=document.current_version_id, edition=engine.edition, is_off=True).count(),
        chunk_count=chunks.count(),
        unembedded=chunks.filter(embedding__tokens=b"").count(),
        places=tuple(places),
    )


def read_terms(query: str, also: Sequence[Sequence[str]]) -> tuple[Term, ...]:
    """Return the query's words as the keyword leg looks for them, then those that a vocabulary adds."""
    analyzer = get_analyzer()
    own = tuple(dict.fromkeys(analyzer.terms(query)))
    written = {cut[0]: word for word in query.split() if len(cut := analyzer.terms(word)) == 1}
    terms = [
        Term(
            text=term,
            written=written.get(term, term).strip(".,;:!?()\"'。，；：！？（）《》“”"),
            is_asking=analyzer.is_asking(term),
            ways=((term,),),
        )
        for term in own
    ]
    added = {word: parts_of(word, analyzer) for group in also for word in group}
    known = {term.ways for term in terms}
    return (
        *terms,
        *(Term(text=word, written=word, is_added=True, ways=ways) for word, ways in added.items() if ways and ways not in known),
    )


def _mark_repeated(hits: Sequence[Hit], chunks: dict[int, Chunk], shown: Sequence[Standing]) -> list[Hit]:
    """Mark passages that repeat those shown: that alone may have moved them down."""
    seen = SeenSentences()
    for standing in shown:
        if standing.chunk is not None:
            add_sentences(seen, standing.chunk)
    return [hit._replace(is_repeat=True) if add_sentences(seen, chunks[hit.chunk_id]) else hit for hit in hits]


def _with_moved(scope: Scope, document: Document) -> Scope:
    """In the index, a document that was moved may still belong to its old collection."""
    return replace(scope, moved_ids=frozenset({document.pk}))


def _placed(alone: Hit, overall: Hit | None) -> Hit:
    """Return the hit's scores with its ranks among everything; rank 0: not among the first of either leg."""
    if overall is None:
        return alone._replace(rank=0, keyword_rank=None, dense_rank=None)
    return overall._replace(rerank_score=alone.rerank_score)


def _chunks(hits: Sequence[Hit]) -> dict[int, Chunk]:
    rows = Chunk.objects.select_related("version__document__collection", "version__document__current_version", "page")
    return rows.defer("page__boxes", "page__blocks").in_bulk([hit.chunk_id for hit in hits])


def _fused_ranks(hits: Sequence[Hit]) -> dict[int, int]:
    """Return where each chunk stood before it was reranked."""
    ordered = sorted(hits, key=lambda hit: -(hit.fused_score or 0.0))
    return {hit.chunk_id: rank for rank, hit in enumerate(ordered, start=1)}


def _stand(chunk: Chunk | None, hit: Hit, fused: dict[int, int], terms: Sequence[Term]) -> Standing:
    found, missing = _meet(chunk, terms)
    return Standing(chunk=chunk, hit=hit, fused_rank=fused.get(hit.chunk_id), found=found, missing=missing)


def _meet(chunk: Chunk | None, terms: Sequence[Term]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which terms a chunk holds, title, headings and file name counted, and which not."""
    if chunk is None:
        return (), ()
    document = chunk.version.document
    read = to_indexed_chunk(chunk).contextual_text
    analyzer, whole = get_analyzer(), f"{read}\n{document.name.rpartition('.')[0]}"
    held = {*analyzer.terms(whole), *analyzer.pairs(whole)}
    has = {term: any(held.issuperset(way) for way in term.ways) for term in terms}
    return tuple(term.written for term in terms if has[term]), tuple(term.written for term in terms if not has[term])


def _filter(chunk: Chunk | None, readable: set[int], in_force: set[int], collection: Collection | None) -> str:
    """Name the first filter that keeps a chunk from the reader; "limit" where it merely ranks too low."""
    if chunk is None:
        return "gone"
    document = chunk.version.document
    if document.deleted_at is not None:
        return "deleted"
    if document.current_version_id != chunk.version_id:
        return "version"
    if document.pk not in readable:
        return "rights"
    if document.pk not in in_force:
        return "force"
    if chunk.is_off:
        return "off"
    if collection is not None and document.collection_id != collection.pk:
        return "collection"
    return "limit"
