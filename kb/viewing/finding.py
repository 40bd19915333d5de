"""Finding documents across collections: by their names, and by the words in them."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from kb.index.search import search_passages
from kb.index.within import EVERYTHING, Within
from kb.keeping.tags import tagged
from kb.models import Chunk, Document
from retrieval.types import SearchConfig

MOST_WORDS = 8
LONGEST_QUERY = 400
BY_NAME = 20
BY_MEANING = 3  # documents that have none of the words
PASSAGES = 40  # looked at for documents that are about the words


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDocument:
    """A document that its reader may open. `passage`: the nearest one, with its page; None where the name alone was found."""

    document: Document
    is_named: bool
    passage: Chunk | None = None


def find_documents(text: str, *, user: User, tag: str = "") -> list[FoundDocument]:
    """Return the documents that this user may read: those whose names hold all of the words, then those whose passages are nearest.
    With `tag`, a name, only those that have it.

    What was shown is in the audit before it is. Raises: retrieval.errors.RetrievalError, OSError: the index does not answer.
    """
    text = " ".join(text.replace("\x00", "").split())[:LONGEST_QUERY]
    if not text:
        return []
    named = Q()
    for word in text.split()[:MOST_WORDS]:
        named &= Q(title__icontains=word) | Q(name__icontains=word)
    by_name = Document.objects.listed_for(user).filter(named, current_version__isnull=False, collection__is_private=False)
    if tag:
        by_name = by_name.filter(pk__in=tagged([tag]))
    rows = list(by_name.select_related("collection", "current_version").order_by("title", "name", "pk")[:BY_NAME])
    within = Within(tags=(tag,)) if tag else EVERYTHING
    nearest: dict[int, Chunk] = {}
    for passage in search_passages(text, user=user, config=SearchConfig(limit=PASSAGES), within=within).passages:
        if passage.hit.keyword_rank is not None or len(nearest) < BY_MEANING:
            nearest.setdefault(passage.chunk.version.document_id, passage.chunk)
    shown = {"chunk_ids": [str(chunk.pk) for chunk in nearest.values()], "documents": [row.uid for row in rows]}
    record(
        "passages.searched",
        by=actor_of(user),
        summary=text[:300],
        payload={"question": text} | ({"tag": tag} if tag else {}) | shown,
    )
    found = [FoundDocument(document=row, is_named=True, passage=nearest.pop(row.pk, None)) for row in rows]
    return found + [FoundDocument(document=chunk.version.document, is_named=False, passage=chunk) for chunk in nearest.values()]
