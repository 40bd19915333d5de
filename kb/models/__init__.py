"""Collections, documents, versions, pages, passages; the permissions of all of them."""

from kb.keeping.models import PassageChange, Tag
from kb.models.collections import MENU_ROWS, Collection, CollectionQuerySet
from kb.models.documents import Document, DocumentQuerySet, DocumentVersion, DocumentVersionQuerySet, is_readable
from kb.models.pages import Page, ReadingFault, ReadingFaultQuerySet
from kb.models.passages import Chunk, ChunkEmbedding, ChunkQuerySet, Edition, IndexState
from kb.rights.models import AccessRequest, Folder, RightsClock, Steward

__all__ = [
    "MENU_ROWS",
    "AccessRequest",
    "Chunk",
    "ChunkEmbedding",
    "ChunkQuerySet",
    "Collection",
    "CollectionQuerySet",
    "Document",
    "DocumentQuerySet",
    "DocumentVersion",
    "DocumentVersionQuerySet",
    "Edition",
    "Folder",
    "IndexState",
    "Page",
    "PassageChange",
    "ReadingFault",
    "ReadingFaultQuerySet",
    "RightsClock",
    "Steward",
    "Tag",
    "is_readable",
]
