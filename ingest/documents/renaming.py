"""A document of a source gets another name, because it was moved or renamed there: its history and its citations stay."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from audit.actor import Actor
from audit.services import record
from ingest.documents.moving import open_move
from ingest.services import free_name
from ingest.stages.names import clean_name, title_from
from kb.models import Collection, Document


@transaction.atomic
def rename_document(document: Document, *, name: str, origin: Mapping[str, Any], actor: Actor) -> None:
    """Give a live document a name and the place where its source has it; a title that came from the name follows.

    A name that another document has gets a number; one of which nothing is left when it is cleaned changes nothing but the place.
    """
    Collection.objects.select_for_update().get(pk=document.collection_id)  # in line with uploads to it
    locked = Document.objects.live().select_for_update().filter(pk=document.pk).first()
    if locked is None:
        return
    before, locked.origin = locked.name, dict(origin)
    try:
        cleaned = clean_name(name)
    except ValueError:
        cleaned = before
    if cleaned != before:
        live = Document.objects.live().filter(collection=locked.collection_id).exclude(pk=locked.pk)
        locked.name = free_name(live, cleaned)
        if locked.title == title_from(before):
            locked.title = title_from(locked.name)
            version = locked.current_version
            if version is not None:
                version.metadata = version.metadata | {"title": locked.title}
                version.save(update_fields=["metadata"])
        if locked.current_version_id is not None:
            open_move(locked.current_version_id)  # the index says names and titles, too
    locked.save(update_fields=["name", "title", "origin"])
    if locked.name != before:
        record(
            "document.renamed",
            by=actor,
            subject=f"document:{locked.uid}",
            summary=locked.name,
            payload={"collection": locked.collection.slug, "from": before, "to": locked.name},
        )
