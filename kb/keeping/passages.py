"""Passages that were switched off or corrected: what a change does to the passages of its document, now and when it is read anew.

A change knows its passage by what was read there. Where a later version, or another way of cutting, has the very same passage, the
change holds for it too; where it has not, the change is unmet, and whoever runs the collection is told.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping

from django.db.models import Exists, OuterRef, QuerySet

from kb.models import Chunk, ChunkEmbedding, Document, PassageChange


def changes_of(document_id: int) -> dict[str, PassageChange]:
    """Return the changes of a document that hold, by the hash of what was read there."""
    return {row.original_hash: row for row in PassageChange.objects.filter(document=document_id, lifted_at=None)}


def change_new(chunks: Iterable[Chunk], changes: Mapping[str, PassageChange]) -> None:
    """Apply changes to passages that were cut and are not stored yet."""
    for chunk in chunks:
        change = changes.get(chunk.text_hash)
        if change is not None:
            _apply(chunk, change)


def change_stored(change: PassageChange) -> list[int]:
    """Apply a change to every stored passage of its document that reads so, in all versions and editions. In the caller's
    transaction, which holds the document. Returns: the versions that have one, by key."""
    rows = Chunk.objects.filter(version__document=change.document_id, change=None, text_hash=change.original_hash)
    return _store(rows, lambda chunk: _apply(chunk, change))


def restore_stored(change: PassageChange) -> list[int]:
    """Give the passages of a change back what was read there. As `change_stored`."""
    return _store(Chunk.objects.filter(change=change), _restore)


def unmet_changes(document: Document, *, edition: int) -> QuerySet[PassageChange]:
    """Return the changes that no passage of the version which answers has, in the edition that serves."""
    met = Chunk.objects.filter(version=document.current_version_id, edition=edition, change=OuterRef("pk"))
    rows = PassageChange.objects.filter(document=document, lifted_at=None)
    return rows.filter(~Exists(met)) if document.current_version_id is not None else rows.none()


def hash_of(text: str) -> str:
    """Return what `Chunk.text_hash` holds of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _apply(chunk: Chunk, change: PassageChange) -> None:
    chunk.change = change
    if change.kind == PassageChange.Kind.OFF:
        chunk.is_off = True
    else:
        chunk.text, chunk.text_hash = change.corrected_text, hash_of(change.corrected_text)


def _restore(chunk: Chunk) -> None:
    change = chunk.change
    if change is not None and change.kind == PassageChange.Kind.CORRECTED:
        chunk.text, chunk.text_hash = change.original_text, change.original_hash
    chunk.change, chunk.is_off = None, False


def _store(rows: QuerySet[Chunk], change: Callable[[Chunk], None]) -> list[int]:
    chunks = list(rows.select_related("change"))
    before = {chunk.pk: chunk.text_hash for chunk in chunks}
    for chunk in chunks:
        change(chunk)
    Chunk.objects.bulk_update(chunks, ["text", "text_hash", "change", "is_off"], batch_size=200)
    reworded = [chunk.pk for chunk in chunks if chunk.text_hash != before[chunk.pk]]
    ChunkEmbedding.objects.filter(chunk__in=reworded).delete()  # of other words: made anew by the job that follows
    return sorted({chunk.version_id for chunk in chunks})
