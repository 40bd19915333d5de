"""Write down a page of a listing: what is new, changed, moved or gone, and who may read it there, which counts here at once.

A page, the cursor after it and what follows from it for documents are one transaction: a kill leaves the page before.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from audit.actor import Actor
from audit.services import record
from ingest.documents.renaming import rename_document
from ingest.queue.crash_points import crash_point
from kb.models import Document
from kb.rights.mirroring import EVERYBODY, MirroredReaders, mirror_readers
from sources.connectors.port import Changes, Item
from sources.sync.counting import add_counts
from sources.sync.holding import Hold
from sources.sync.matching import key_of, read_readers, resolve_all, write_readers, write_rights
from sources.sync.models import Source, SourceAccess, SourceItem
from sources.sync.naming import clean_url, document_name, origin_of

State = SourceItem.State
LISTED = ("name", "folders", "place_key", "version", "media_type", "modified", "size", "url")  # of an item, as its source has it
WRITTEN = (
    *LISTED,
    "external_id",
    "key",
    "access",
    "document",
    "state",
    "error_code",
    "error_detail",
    "listing",
    "is_gone",
    "kept_version",
)


def key_of_item(id_: str) -> str:
    return hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()


def place_key(item: Item) -> str:
    """Return what tells two places of one source apart."""
    return hashlib.sha256(json.dumps([*item.folders, item.name]).encode()).hexdigest()


def listed_values(item: Item) -> dict[str, Any]:
    """Return the columns of LISTED."""
    return {
        "name": plain(item.name)[:500],
        "folders": [plain(name)[:255] for name in item.folders],
        "place_key": place_key(item),
        "version": plain(item.version)[:300],
        "media_type": plain(item.media_type)[:200],
        "modified": item.modified,
        "size": item.size,
        "url": clean_url(item.url),
    }


def plain(text: str) -> str:
    """Return text that every database keeps."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def actor_for(source: Source) -> Actor:
    """Return the actor of a source's events in the audit."""
    return Actor(name=f"Source {source.name}")


def write_page(hold: Hold, page: Changes, *, reuses_ids: bool) -> None:
    """Write one page down. Args: reuses_ids: see `Manifest`. Raises: SourceTaken."""
    with transaction.atomic():
        source = hold.fence()
        _Page(source, page, reuses_ids=reuses_ids).write()
        changes: dict[str, Any] = {"cursor": page.cursor}
        if page.complete:
            source.items.filter(listing__lt=source.listing).update(is_gone=True)
        if page.ended or page.complete:
            changes["step"] = Source.Step.SWEEP
        hold.keep(**changes)
        crash_point("source_page_written")
    crash_point("source_page_kept")


class _Page:
    """One page beside what is known of its items."""

    def __init__(self, source: Source, page: Changes, *, reuses_ids: bool) -> None:
        self.source, self.reuses_ids = source, reuses_ids
        self.items = {key_of_item(item.id): item for item in page.items}  # one that comes twice counts as it came last
        rows = SourceItem.objects.filter(source=source, key__in=list(self.items)).select_related("document")
        self.known = {row.key: row for row in rows}
        self.new: list[SourceItem] = []
        self.changed: list[SourceItem] = []
        self.same: list[int] = []
        self.elsewhere: list[SourceItem] = []  # whose documents are told where their source has them now
        self.moved = 0
        self.other_readers: dict[int | None, list[int]] = {}  # keys of documents by the access that they have now

    def write(self) -> None:
        accesses = self._accesses()
        for key, item in self.items.items():
            row = self.known.get(key)
            if item.deleted:
                if row is not None and not row.is_gone:
                    row.is_gone = True
                    self.changed.append(row)
                continue
            access = accesses[key_of(write_rights(item.rights))] if item.rights is not None else None
            if row is not None and self._is_another(row, item):
                self._set_apart(row)
                row = None
            if row is None:
                row = SourceItem(source=self.source, key=key, external_id=plain(item.id), state=State.WAITING, access=access)
                self._take_over(row, item)
                self.new.append(row)
            else:
                self._compare(row, item, access)
        SourceItem.objects.bulk_create(self.new, batch_size=500)
        SourceItem.objects.bulk_update(self.changed, WRITTEN, batch_size=100)
        SourceItem.objects.filter(pk__in=self.same).update(listing=self.source.listing)
        self._follow(accesses)
        add_counts(self.source, listed=len(self.items), moved=self.moved, rights=sum(map(len, self.other_readers.values())))

    def _accesses(self) -> dict[str, SourceAccess]:
        """Return the rows of the rights that occur on the page, made where there are none yet."""
        wanted = {
            key_of(rights): rights
            for item in self.items.values()
            if item.rights is not None
            for rights in [write_rights(item.rights)]
        }
        rows = {row.key: row for row in SourceAccess.objects.select_for_update().filter(source=self.source, key__in=list(wanted))}
        missing = [key for key in wanted if key not in rows]
        readers = resolve_all(self.source, [wanted[key] for key in missing]) if missing else []
        for key, each in zip(missing, readers, strict=True):
            row = SourceAccess.objects.create(source=self.source, key=key, rights=wanted[key], readers=write_readers(each))
            rows[key] = row
        return rows

    def _is_another(self, row: SourceItem, item: Item) -> bool:
        """Whether an id that the source gives again names something else now: all that could be the same has changed."""
        return self.reuses_ids and row.place_key != place_key(item) and row.version != plain(item.version)[:300]

    def _set_apart(self, row: SourceItem) -> None:
        """Give what had this id a name of its own, and let it go."""
        row.key, row.is_gone = key_of_item(f"{row.external_id}\n{row.pk}\n{self.source.listing}"), True
        SourceItem.objects.filter(pk=row.pk).update(key=row.key, is_gone=True)

    def _take_over(self, row: SourceItem, item: Item) -> None:
        for name, value in listed_values(item).items():
            setattr(row, name, value)
        row.listing, row.is_gone = self.source.listing, False

    def _compare(self, row: SourceItem, item: Item, access: SourceAccess | None) -> None:
        values = listed_values(item)
        has_other_readers = row.access_id != (access.pk if access is not None else None)
        is_moved, is_changed = row.place_key != values["place_key"], row.version != values["version"]
        if not (has_other_readers or row.is_gone or any(getattr(row, name) != value for name, value in values.items())):
            self.same.append(row.pk)
            return
        was_url = row.url
        self._take_over(row, item)
        row.access = access
        if is_changed or (row.kept_version != row.version and row.state == State.KEPT):
            row.state, row.error_code, row.error_detail = State.WAITING, "", ""
        if row.document is not None and row.document.deleted_at is None:
            if has_other_readers:
                self.other_readers.setdefault(row.access_id, []).append(row.document.pk)
            if is_moved or was_url != row.url or has_other_readers:
                self.elsewhere.append(row)
                self.moved += is_moved
        self.changed.append(row)

    def _follow(self, accesses: Mapping[str, SourceAccess]) -> None:
        """Let documents follow: their readers, and their names."""
        by_pk = {row.pk: read_readers(row.readers) for row in accesses.values()}
        for access, documents in self.other_readers.items():
            mirror_readers(documents, by_pk[access] if access is not None else EVERYBODY)
        if self.other_readers:
            record_readers(self.source, [pk for documents in self.other_readers.values() for pk in documents])
        for row in self.elsewhere:
            if row.document is not None:
                rename_document(
                    row.document,
                    name=document_name(self.source, row),
                    origin=origin_of(self.source, row),
                    actor=actor_for(self.source),
                )


def record_readers(source: Source, documents: Sequence[int]) -> None:
    """Record that the source gave these documents other readers: one event for up to five hundred."""
    for start in range(0, len(documents), 500):
        names = Document.objects.filter(pk__in=documents[start : start + 500]).order_by("pk").values_list("uid", flat=True)
        record(
            "document_source.readers_changed",
            by=actor_for(source),
            subject=f"document_source:{source.uid}",
            summary=source.name,
            payload={"collection": source.collection.slug, "documents": [str(uid) for uid in names]},
        )


def readers_of(access: SourceAccess | None) -> MirroredReaders:
    """Return who reads here what has this access."""
    return read_readers(access.readers) if access is not None else EVERYBODY
