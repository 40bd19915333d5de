"""Documents that a legal hold keeps."""

from collections.abc import Iterator

from django.db.models import QuerySet

from audit.life.holds import ActiveHold, Deletable, find_hold, read_holds
from kb.models import Document


def held_among(documents: QuerySet[Document]) -> Iterator[tuple[int, ActiveHold]]:
    """Yield (primary key, hold) of those that are kept: named by a hold, uploaded by a held person, or of a held time.

    One query where there are holds, none beyond reading them where there are not.
    """
    holds = read_holds()
    if not holds:
        return
    rows = documents.values_list("pk", "uid", "created_at", "deleted_at", "versions__created_by_id")
    for pk, uid, created_at, deleted_at, uploader in rows.iterator(chunk_size=2000):
        people = frozenset({str(uploader)}) if uploader is not None else frozenset()
        wanted = Deletable(began=created_at, ended=deleted_at, people=people, documents=frozenset({str(uid)}))
        if (hold := find_hold(wanted, holds=holds)) is not None:
            yield pk, hold


def hold_on_any(documents: QuerySet[Document]) -> ActiveHold | None:
    """Return a hold that keeps one of these documents, None: all of them may go."""
    return next((hold for _pk, hold in held_among(documents)), None)
