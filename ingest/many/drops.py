"""Folders that are sent file by file, with what lies where. What was taken is known, so that nothing is sent twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from ingest.errors import UploadRefused
from ingest.many.models import DroppedFile, FolderDrop
from ingest.services import Accepted, accept_upload
from ingest.stages.names import clean_name
from ingest.upload import ReceivedFile
from kb.models import Collection, Folder
from kb.rights.folders import create_folder, path_of

MOST_FILES = 5000
MOST_OPEN = 20  # of a person in a collection; the oldest is closed
PATH_CHARACTERS = 400
State = DroppedFile.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A file as its sender's browser names it. `path`: with the folders that it lies in."""

    path: str
    size: int
    modified: int  # milliseconds since 1970


def drops_of(user: User, collection: Collection) -> QuerySet[FolderDrop]:
    """Return the folders that this person has not sent whole to a collection."""
    return FolderDrop.objects.filter(sent_by=user, collection=collection, closed_at=None).select_related("folder")


@transaction.atomic
def open_drop(*, collection: Collection, folder: Folder | None, files: Sequence[Offered], user: User) -> FolderDrop:
    """Note what a dropped folder holds; one that the same person began to send to the same place goes on.

    A file that has changed since it was taken is to be sent again. Raises: ValuesRefused: none, too many, or a bad path.
    """
    if not files:
        raise ValuesRefused({"files": [_("There are no files in this folder.")]})
    if len(files) > MOST_FILES:
        message = _("A folder can have at most %(count)d files. Send it in parts.") % {"count": MOST_FILES}
        raise ValuesRefused({"files": [message]})
    offered = {clean_path(file.path): file for file in files}
    name = min(offered).partition("/")[0][:255]
    Collection.objects.select_for_update().filter(pk=collection.pk).first()  # in line with the same person's other tab
    drop = drops_of(user, collection).filter(folder=folder, is_below_folder=folder is not None, name=name).first()
    if drop is None:
        for old in list(drops_of(user, collection)[MOST_OPEN - 1 :]):
            close_drop(old)
        drop = FolderDrop.objects.create(
            collection=collection, folder=folder, is_below_folder=folder is not None, name=name, sent_by=user
        )
    known = {row.path: row for row in drop.files.all()}
    fresh = [
        DroppedFile(drop=drop, path=path, size=file.size, modified=file.modified)
        for path, file in offered.items()
        if path not in known
    ]
    if len(known) + len(fresh) > MOST_FILES:
        raise ValuesRefused({"files": [_("A folder can have at most %(count)d files. Send it in parts.") % {"count": MOST_FILES}]})
    DroppedFile.objects.bulk_create(fresh, batch_size=500)
    changed = []
    for path, file in offered.items():
        row = known.get(path)
        if row is not None and (row.size, row.modified) != (file.size, file.modified):
            row.size, row.modified, row.state, row.error_code, row.message = file.size, file.modified, State.WAITING, "", ""
            changed.append(row)
    DroppedFile.objects.bulk_update(changed, ["size", "modified", "state", "error_code", "message"], batch_size=500)
    return drop


def take_file(*, row: DroppedFile, stream: ReceivedFile, user: User) -> Accepted:
    """Take one file of a dropped folder into the folder that it lay in, which is made where it is missing.

    Taking it a second time changes nothing: its bytes are there. Raises: UploadRefused; the row then says why.
    """
    drop = row.drop
    try:
        folder = _folder_of(drop, row.path, user=user)
        # Its whole path is its name: two folders may hold files that are called the same.
        name = "/".join(part for part in (path_of(drop.folder), row.path) if part)
        accepted = accept_upload(collection=drop.collection, name=name, stream=stream, user=user, folder=folder)
    except UploadRefused as refused:
        _note(row, State.REFUSED, code=refused.code, message=refused.detail if refused.code == "folder_refused" else "")
        raise
    _note(row, State.TAKEN)
    return accepted


def close_drop(drop: FolderDrop) -> None:
    """Send no more of it; what was taken stays."""
    FolderDrop.objects.filter(pk=drop.pk, closed_at=None).update(closed_at=timezone.now())


def count_files(drops: Iterable[FolderDrop]) -> dict[int, dict[str, int]]:
    """Return for each of these, by key, how many of its files are in each state, and "total"; in one query."""
    keys = [drop.pk for drop in drops]
    counts: dict[int, dict[str, int]] = {key: dict.fromkeys([*State.values, "total"], 0) for key in keys}
    rows = DroppedFile.objects.filter(drop__in=keys).order_by().values_list("drop", "state").annotate(Count("pk"))
    for key, state, count in rows:
        counts[key][state] = count
        counts[key]["total"] += count
    return counts


def _note(row: DroppedFile, state: str, *, code: str = "", message: str = "") -> None:
    with transaction.atomic():
        DroppedFile.objects.filter(pk=row.pk).update(state=state, error_code=code, message=message)
        if not DroppedFile.objects.filter(drop=row.drop_id).exclude(state=State.TAKEN).exists():
            close_drop(row.drop)


def clean_path(path: str) -> str:
    """Return a path as names of documents are kept. Raises: ValuesRefused."""
    try:
        cleaned = "/".join(clean_name(part) for part in path.split("/") if part)
    except ValueError as error:
        raise ValuesRefused({"files": [_("This path is not valid: %(path)s") % {"path": path[:120]}]}) from error
    if not cleaned:
        raise ValuesRefused({"files": [_("This path is not valid: %(path)s") % {"path": path[:120]}]})
    if len(cleaned) > PATH_CHARACTERS:
        raise ValuesRefused({"files": [_("This path is too long: %(path)s…") % {"path": cleaned[:120]}]})
    return cleaned


def _folder_of(drop: FolderDrop, path: str, *, user: User) -> Folder | None:
    """Return the folder that a file is to lie in. Those that are made have the readers of what they lie in.

    Raises: UploadRefused: the folder below which it was to go is gone; too deep, too many.
    """
    if drop.is_below_folder and drop.folder is None:
        raise UploadRefused("folder_gone")
    found = drop.folder
    for name in path.split("/")[:-1]:
        name = " ".join(name.split())
        inner = _find(drop.collection, found, name)
        if inner is None:
            try:
                inner = create_folder(collection=drop.collection, name=name, parent=found, user=user)
            except ValuesRefused as refused:
                inner = _find(drop.collection, found, name)  # made by another file at this moment
                if inner is None:
                    raise UploadRefused("folder_refused", refused.message) from refused
        found = inner
    return found


def _find(collection: Collection, parent: Folder | None, name: str) -> Folder | None:
    return (
        Folder.objects.select_related("collection", "parent")
        .filter(collection=collection, parent=parent, name__iexact=name)
        .first()
    )
