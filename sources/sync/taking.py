"""Fetch what is new or changed: streamed into the store, within limits, and taken in as any upload is, with its readers."""

import logging
import time
from collections.abc import Callable
from io import RawIOBase
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.db import transaction

from ingest.errors import UploadRefused
from ingest.queue.crash_points import crash_point
from ingest.queue.notices import notify_worker
from ingest.services import Kept, accept_upload
from ingest.upload import ReceivedFile
from kb.models import Document, DocumentVersion
from kb.rights.mirroring import mirror_readers
from kb.storage import Receiver, StorageFull, TooLarge
from sources.connectors.errors import ConnectorError, ItemGone, ItemUnreadable
from sources.connectors.port import Connector, Item
from sources.errors import SourceTaken
from sources.sync.counting import add_counts
from sources.sync.holding import Hold
from sources.sync.listing import actor_for, readers_of
from sources.sync.models import Source, SourceAccess, SourceItem
from sources.sync.naming import document_name, origin_of

logger = logging.getLogger(__name__)
State = SourceItem.State
AT_ONCE = 100  # items that are looked up together
LONGEST_SLEEP_S = 1.0


class Pace:
    """Keeps a run below a number of bytes a second."""

    def __init__(
        self, bytes_per_s: int | None, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._rate, self._clock, self._sleep = bytes_per_s, clock, sleep
        self._start, self._count = clock(), 0

    def passed(self, size: int, *, between: Callable[[], None]) -> None:
        """Wait until so many bytes more are allowed. Args: between: called while waiting, once a second at least."""
        if self._rate is None:
            return
        self._count += size
        while (wait := self._start + self._count / self._rate - self._clock()) > 0:
            self._sleep(min(wait, LONGEST_SLEEP_S))
            between()


class _Into(RawIOBase):
    """What a connector writes an item into: the store's receiver, at the source's pace, while the source is held."""

    def __init__(self, receiver: Receiver, *, pace: Pace, hold: Hold) -> None:
        super().__init__()
        self._receiver, self._pace, self._hold = receiver, pace, hold

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        """Raises: TooLarge, StorageFull, SourceTaken."""
        view = bytes(piece)
        self._receiver.write(view)
        self._hold.renew()
        self._pace.passed(len(view), between=self._hold.renew)
        return len(view)


def take_some(hold: Hold, connector: Connector, *, until: float, pace: Pace) -> bool:
    """Fetch waiting items up to a moment of the monotonic clock, one at least. Returns: whether none waits any more.

    Raises: SourceTaken; ConnectorError: the source as a whole does not serve; UploadRefused: storage_full.
    """
    took = False
    try:
        while rows := list(_waiting(hold.source)[:AT_ONCE]):
            for row in rows:
                if took and time.monotonic() > until:
                    return False
                hold.renew()
                took = True
                try:
                    take_item(hold, connector, row, pace=pace)
                except (SourceTaken, ConnectorError, UploadRefused):
                    raise
                except Exception:
                    logger.exception("item %s of source %s", row.pk, row.source_id)
                    _note(hold, row, State.FAILED, "internal")
        return True
    finally:
        if took:
            notify_worker()


def _waiting(source: Source) -> Any:
    return source.items.filter(state=State.WAITING, is_gone=False).select_related("document", "access").order_by("pk")


def take_item(hold: Hold, connector: Connector, row: SourceItem, *, pace: Pace) -> None:
    """Fetch one item and take it in, or write down at it why not. Raises: as `take_some`."""
    if row.size is not None and row.size > settings.UPLOAD_MAX_BYTES:
        _note(hold, row, State.LEFT_OUT, "too_large")
        return
    receiver = Receiver(max_bytes=settings.UPLOAD_MAX_BYTES)
    try:
        connector.fetch(as_item(row), cast(BinaryIO, _Into(receiver, pace=pace, hold=hold)))
        incoming = receiver.finish()
    except ItemGone:
        receiver.discard()
        _note(hold, row, State.FAILED, "item_gone")  # the next listing says so, with caution
        return
    except ItemUnreadable as error:
        receiver.discard()
        _note(hold, row, State.FAILED, "item_unreadable", error.message)
        return
    except TooLarge:
        _note(hold, row, State.LEFT_OUT, "too_large")
        return
    except StorageFull as error:
        raise UploadRefused("storage_full") from error
    except BaseException:
        receiver.discard()
        raise
    crash_point("source_item_fetched")
    received = ReceivedFile(name=row.name, size=incoming.size, incoming=incoming, refusal="")
    try:
        _accept(hold, row, received)
    except UploadRefused as error:
        if error.code in ("storage_full", "gone"):
            raise
        _note(hold, row, State.LEFT_OUT, error.code, error.detail)
    finally:
        received.close()
    crash_point("source_item_taken")


def _accept(hold: Hold, row: SourceItem, received: ReceivedFile) -> None:
    source = hold.source

    def take(document: Document, version: DocumentVersion) -> None:
        """Beside the version: whose the document is, and who may read it as the source said last."""
        hold.fence()
        access = SourceAccess.objects.select_for_update().filter(pk=row.access_id).first() if row.access_id else None
        is_new = row.document_id != document.pk
        document.origin = origin_of(source, row)
        document.save(update_fields=["origin"])
        if is_new:
            mirror_readers([document.pk], readers_of(access))
        SourceItem.objects.filter(pk=row.pk).update(
            document=document, kept_version=row.version, state=State.KEPT, error_code="", error_detail=""
        )
        add_counts(source, new=int(is_new), changed=int(not is_new))
        crash_point("source_item_written")

    accept_upload(
        collection=source.collection,
        name=document_name(source, row),
        stream=received,
        user=None,
        actor=actor_for(source),
        should_notify=False,
        kept=Kept(document=row.document, take=take),
    )


def _note(hold: Hold, row: SourceItem, state: str, code: str, detail: str = "") -> None:
    """Write down what keeps an item from being taken in. The document that it had goes on with the version before."""
    with transaction.atomic():
        hold.fence()
        SourceItem.objects.filter(pk=row.pk).update(state=state, error_code=code, error_detail=detail[:1000])
    logger.info("item %s of source %s: %s", row.pk, row.source_id, code)


def as_item(row: SourceItem) -> Item:
    """Return the item as its source listed it, for the connector; its rights are not among what it needs."""
    return Item(
        id=row.external_id,
        name=row.name,
        folders=tuple(row.folders),
        version=row.version,
        media_type=row.media_type,
        modified=row.modified,
        size=row.size,
        url=row.url,
    )
