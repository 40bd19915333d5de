"""Searching passages, without an answer."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from ninja import Router
from ninja.params.functions import Query

from accounts.models import ApiKey, User
from accounts.rates import spend
from api import schemas
from api.access import scoped
from api.requests import ApiRequest
from audit.actor import actor_of
from audit.services import record
from chat.errors import IndexIncomplete, SearchFailed
from chat.services import clean_question
from kb.index.completeness import find_shortage
from kb.index.engine import get_engine
from kb.index.search import Passage, PassageSearch, search_passages
from kb.models import Collection
from kb.place import place_of
from kb.viewing.finding import find_documents
from retrieval.errors import RetrievalError
from retrieval.types import SearchConfig

router = Router(tags=["answers"])
SUMMARY_CHARACTERS = 300


@router.get("/search", response={200: schemas.SearchOut, **schemas.ERRORS}, **scoped(ApiKey.Scope.READ))
def search(request: ApiRequest, q: str, collection: str | None = None, limit: int = Query(10, ge=1, le=50)) -> schemas.SearchOut:
    """The passages closest to a question that the caller may read, with what each stage of the search made of them."""
    spend("search", request.user.pk, per_minute=settings.RATE_SEARCH_PER_MINUTE)
    within = get_object_or_404(Collection.objects.visible_to(request.user), slug=collection) if collection else None
    found = search_recorded(clean_question(q), user=request.user, collection=within, limit=limit)
    return schemas.SearchOut(
        passages=[serialize_passage(passage) for passage in found.passages],
        dense_abstained=found.result.dense_abstained,
    )


@router.get("/documents", response={200: list[schemas.FoundDocumentOut], **schemas.ERRORS}, **scoped(ApiKey.Scope.READ))
def find(request: ApiRequest, q: str, tag: str = Query("", max_length=60)) -> list[schemas.FoundDocumentOut]:
    """The documents that the caller may read whose names contain all of these words, then those with the closest passages. `tag`:
    only those with this tag."""
    spend("search", request.user.pk, per_minute=settings.RATE_SEARCH_PER_MINUTE)
    try:
        found = find_documents(clean_question(q), user=request.user, tag=tag.replace("\x00", ""))
    except (RetrievalError, OSError) as error:
        raise SearchFailed(str(error)) from error
    return [
        schemas.FoundDocumentOut(
            uid=one.document.uid,
            title=one.document.title,
            name=one.document.name,
            collection=one.document.collection.slug,
            named=one.is_named,
            passage=one.passage.text if one.passage else None,
            place=schemas.PlaceOut(**asdict(place_of(one.passage))) if one.passage else None,
        )
        for one in found
    ]


def search_recorded(question: str, *, user: User, collection: Collection | None, limit: int) -> PassageSearch:
    """Search, and record what was shown before it is. Raises: SearchFailed, IndexIncomplete."""
    try:
        found = search_passages(question, user=user, collection=collection, config=SearchConfig(limit=limit))
        shortage = find_shortage(engine=get_engine(), user=user)
    except (RetrievalError, OSError) as error:
        raise SearchFailed(str(error)) from error
    if shortage is not None:  # what is not among the passages may be in the documents all the same
        raise IndexIncomplete(shortage)
    record(
        "passages.searched",
        by=actor_of(user),
        subject=f"collection:{collection.slug}" if collection else "",
        summary=question[:SUMMARY_CHARACTERS],
        payload={
            "question": question,
            "chunk_ids": [str(passage.chunk.pk) for passage in found.passages],
            "index_generation": found.result.index_generation,
        },
    )
    return found


def serialize_passage(passage: Passage) -> schemas.PassageOut:
    chunk, hit = passage.chunk, passage.hit
    scores: dict[str, Any] = {
        "keyword": hit.keyword_score,
        "dense": hit.dense_score,
        "fused": hit.fused_score,
        "rerank": hit.rerank_score,
    }
    return schemas.PassageOut(
        chunk_id=str(chunk.pk),  # 63 bits: more than a JSON number holds in a browser
        collection=chunk.version.document.collection.slug,
        heading_path=chunk.heading_path,
        text=chunk.text,
        score=hit.score,
        rank=hit.rank,
        scores=scores,
        **asdict(place_of(chunk)),
    )
