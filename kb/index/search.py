"""Searching on behalf of a user: the scope goes into the index, and hits come back through the database's own check."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from kb.index.engine import Engine, get_engine
from kb.index.within import EVERYTHING, Within
from kb.keeping.scope import hide_out_of_force
from kb.models import Chunk, Collection, Document
from kb.rights.table import get_rights_table
from language.scripts.script import is_chinese
from retrieval.duplicates import SeenSentences
from retrieval.types import Hit, Scope, SearchConfig, SearchResult
from retrieval.vocabulary import BadVocabulary, find_groups, read_vocabulary

logger = logging.getLogger(__name__)
OVERFETCH = 2  # hits asked for, as a multiple of those wanted: what was deleted since the last publish falls out
ROUNDS = 3  # each asks for OVERFETCH times more than the one before, where too much fell out


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk that the user may read now, with its version, document and page selected."""

    chunk: Chunk
    hit: Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageSearch:
    """What a search found, and within what."""

    passages: tuple[Passage, ...]
    result: SearchResult
    scope: Scope
    also: tuple[tuple[str, ...], ...] = ()  # groups of words that mean the same, of which the question names one


def scope_for(
    user: User | AnonymousUser,
    *,
    collection: Collection | None = None,
    within: Within = EVERYTHING,
    only_in_force: bool = True,
) -> Scope:
    """Return what this user may read now; with `collection`, only that one, and nothing where it is not theirs to read; with
    `within`, of it only that.

    Args: only_in_force: without documents whose days have not come or are over (kb.keeping.force). False: for explaining why.
    """
    visible = within.collections_of(user, collection=collection)
    moved = Document.objects.live().filter(moved_from__isnull=False, collection__in=visible)
    ids = frozenset(visible.values_list("pk", flat=True))
    named = within.documents_of(user).filter(collection__in=ids) if within.names_documents else None
    hidden = get_rights_table().hidden(user, collections=ids) if ids and user.is_authenticated else b""
    return Scope(
        collection_ids=ids,
        document_ids=frozenset(named.values_list("pk", flat=True)) if named is not None else None,
        moved_ids=frozenset(moved.values_list("pk", flat=True)),
        hidden=hide_out_of_force(hidden, collections=visible) if only_in_force and ids else hidden,
    )


def search_passages(
    question: str,
    *,
    user: User | AnonymousUser,
    collection: Collection | None = None,
    within: Within = EVERYTHING,
    config: SearchConfig | None = None,
    engine: Engine | None = None,
) -> PassageSearch:
    """Return the best passages that `user` may read, of `collection` and `within` where they are given.

    Raises: retrieval.errors.RetrievalError.
    """
    engine = engine or get_engine()
    scope = scope_for(user, collection=collection, within=within)
    config = add_vocabulary(question, config or SearchConfig(), scope)
    wanted = config.limit
    asked = wanted * OVERFETCH
    candidates = config.candidates  # whatever is wanted, so that the first ten of a hundred are the same as ten
    for _ in range(ROUNDS):
        result = engine.search(question, scope=scope, config=replace(config, limit=asked, candidates=candidates))
        passages = _hydrate(result.hits, user, scope)
        if len(passages) >= wanted or len(result.hits) < asked:
            break
        asked *= OVERFETCH
        candidates = max(candidates, asked)
    if config.collapse_repeated:
        passages = demote_repeated(passages, wanted=wanted)
    passages = hold_own_script(passages, question, wanted=wanted)
    kept = tuple(
        Passage(chunk=passage.chunk, hit=passage.hit._replace(rank=rank)) for rank, passage in enumerate(passages[:wanted], start=1)
    )
    return PassageSearch(
        passages=kept, result=replace(result, hits=tuple(passage.hit for passage in kept)), scope=scope, also=config.also
    )


def add_vocabulary(question: str, config: SearchConfig, scope: Scope) -> SearchConfig:
    """Return the configuration with what the vocabularies of the readable collections say about the question's words."""
    rows = Collection.objects.filter(pk__in=scope.collection_ids).exclude(vocabulary="").values_list("slug", "vocabulary")
    known = []
    for slug, text in rows:
        try:
            known.append(read_vocabulary(text))
        except BadVocabulary as error:  # kept under other limits
            logger.warning("the words of %s are left out, a line cannot be read: %s", slug, error.line[:80])
    found = find_groups(question, known)
    return replace(config, also=tuple(dict.fromkeys((*config.also, *found)))) if found else config


def demote_repeated(passages: Sequence[Passage], *, wanted: int) -> list[Passage]:
    """Return all passages; those that repeat better ones are moved behind the first `wanted` of the others."""
    seen = SeenSentences()
    first: list[Passage] = []
    repeats: list[Passage] = []
    for number, passage in enumerate(passages):
        if len(first) == wanted:
            return [*first, *repeats, *passages[number:]]
        if add_sentences(seen, passage.chunk):
            repeats.append(replace(passage, hit=passage.hit._replace(is_repeat=True)))
        else:
            first.append(passage)
    return [*first, *repeats]


def hold_own_script(passages: Sequence[Passage], question: str, *, wanted: int) -> list[Passage]:
    """Return all passages; half of the first `wanted` are in the question's script, if so many were found.

    Words count for those alone: passages in the other script are found by meaning only, and may stand before all of them.
    """
    asked = is_chinese(question)
    own = [is_chinese(passage.chunk.text) == asked for passage in passages]
    lacking = min(wanted // 2, sum(own)) - sum(own[:wanted])
    if lacking <= 0:
        return list(passages)
    moved = [place for place in range(wanted, len(passages)) if own[place]][:lacking]
    kept = [place for place in range(wanted) if own[place]] + [place for place in range(wanted) if not own[place]][:-lacking]
    first = sorted(kept) + moved
    return [passages[place] for place in (*first, *(place for place in range(len(passages)) if place not in first))]


def add_sentences(seen: SeenSentences, chunk: Chunk) -> bool:
    """Add a passage's sentences to those seen; return whether all of them had been seen in the same place."""
    return seen.add(chunk.text, place=(chunk.version.document.title, tuple(chunk.heading_path), chunk.prefix))


def _hydrate(hits: tuple[Hit, ...], user: User | AnonymousUser, scope: Scope) -> list[Passage]:
    """Return the hits whose chunks are live and visible to the user at this moment, in their order."""
    chunks = Chunk.objects.visible_to(user).select_related("version__document__collection", "page")
    # Boxes are large and only the source viewer draws them.
    found = chunks.defer("page__boxes", "page__blocks").in_bulk([hit.chunk_id for hit in hits])
    passages = [Passage(chunk=found[hit.chunk_id], hit=hit) for hit in hits if hit.chunk_id in found]
    return [passage for passage in passages if _is_in(scope, passage.chunk.version.document)]


def _is_in(scope: Scope, document: Document) -> bool:
    """Tell whether a document lies where the search was to look, whatever the index still has it under."""
    is_named = scope.document_ids is None or document.pk in scope.document_ids
    return is_named and document.collection_id in scope.collection_ids
