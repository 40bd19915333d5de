"""Folders: make, rename, narrow, remove, and put documents into them. Each change is in the audit in the same transaction."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.editable import holds_unstorable
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from kb.models import Collection, Document, Folder
from kb.rights.clock import touch
from kb.rights.readers import Readers, readers_named_by, write_readers

DEEPEST = 8
WAY = "__".join(["parent"] * (DEEPEST - 1))  # of all folders on the way to one, for select_related
NAME_CHARACTERS = 120
MOST_FOLDERS = 5000  # of a collection


@transaction.atomic
def create_folder(*, collection: Collection, name: str, user: User | None, parent: Folder | None = None) -> Folder:
    """Make a folder; who may read what is put there are the readers of what it lies in. `user` None: the command line.

    Raises: ValuesRefused: no name, taken, too deep, too many, or the collection or folder that it is to lie in is gone.
    """
    _lock(collection)
    above = Folder.objects.filter(pk=parent.pk, collection=collection).first() if parent is not None else None
    if parent is not None and above is None:
        raise ValuesRefused({"parent": [_("This folder does not exist.")]})
    if above is not None and len(above.way) >= DEEPEST:
        raise ValuesRefused({"parent": [_("Folders can be nested at most %(count)d levels deep.") % {"count": DEEPEST}]})
    if collection.folders.count() >= MOST_FOLDERS:
        raise ValuesRefused({"": [_("A collection can have at most %(count)d folders.") % {"count": MOST_FOLDERS}]})
    folder = Folder(collection=collection, parent=above, name=_free_name(name, collection=collection, parent=above))
    folder.save()
    folder.gates.set(above.gates.all() if above is not None else [])
    _record("folder.created", folder, user=user, payload={})
    return folder


@transaction.atomic
def rename_folder(*, folder: Folder, name: str, user: User | None) -> Folder:
    """Raises: ValuesRefused: no name, or taken."""
    _lock(folder.collection)
    folder = Folder.objects.select_related("collection", "parent").get(pk=folder.pk)
    name = _free_name(name, collection=folder.collection, parent=folder.parent, but=folder)
    if name != folder.name:
        before, folder.name = folder.name, name
        folder.save(update_fields=["name"])
        _record("folder.changed", folder, user=user, payload={"name": {"from": before, "to": name}})
    return folder


@transaction.atomic
def narrow_folder(*, folder: Folder, readers: Readers | None, user: User | None) -> Folder:
    """Let only these of its readers into a folder, at once; None: all who may read what it lies in."""
    _lock(folder.collection)
    folder = Folder.objects.select_related("collection", "parent").get(pk=folder.pk)
    before = readers_named_by(folder)
    if before == readers:
        return folder
    write_readers(folder, readers)
    folder.save(update_fields=["is_narrowed"])
    below = _with_those_below(folder)
    for each in below:
        if readers is None:
            each.gates.remove(folder)
        else:
            each.gates.add(folder)
    touch(Document.objects.filter(folder__in=below))
    _record("folder.narrowed", folder, user=user, payload=_changed(before, readers))
    return folder


@transaction.atomic
def delete_folder(*, folder: Folder, user: User | None) -> None:
    """Remove an empty folder. Raises: ValuesRefused: it holds something, whose readers would change."""
    _lock(folder.collection)
    folder = Folder.objects.select_related("collection", "parent").get(pk=folder.pk)
    if folder.children.exists() or folder.documents.live().exists():
        raise ValuesRefused({"": [_("This folder is not empty. Move its documents and folders first.")]})
    folder.documents.update(folder=None)  # deleted ones, which nobody reads
    _record("folder.deleted", folder, user=user, payload={})
    folder.delete()


@transaction.atomic
def file_document(*, document: Document, folder: Folder | None, user: User | None) -> Document:
    """Put a document into a folder of its collection, None: into none. Its readers change at once, its own narrowing stays.

    Raises: ValuesRefused: the folder is of another collection, or gone.
    """
    _lock(document.collection)
    locked = Document.objects.live().select_for_update().filter(pk=document.pk).first()
    target = Folder.objects.filter(pk=folder.pk).first() if folder is not None else None
    if locked is None or (folder is not None and (target is None or target.collection_id != locked.collection_id)):
        raise ValuesRefused({"folder": [_("This folder does not exist.")]})
    if locked.folder_id != (target.pk if target else None):
        payload = {"from": path_of(locked.folder), "to": path_of(target)}
        locked.folder = target
        locked.save(update_fields=["folder"])
        touch(Document.objects.filter(pk=locked.pk))
        _record_document("document.filed", locked, user=user, payload=payload)
    return locked


@transaction.atomic
def narrow_document(*, document: Document, readers: Readers | None, user: User | None) -> Document:
    """Let only these read a document, of those who may read its folder and collection, at once; None: all of them.

    Raises: ValuesRefused: the document was deleted, or its source says who may read it.
    """
    locked = Document.objects.live().select_for_update().filter(pk=document.pk).first()
    if locked is None:
        raise ValuesRefused({"": [_("This document was deleted.")]})
    if locked.origin.get("keeps_rights"):
        raise ValuesRefused({"": [_("The source of this document determines who can read it. Change the permissions there.")]})
    before = readers_named_by(locked)
    if before != readers:
        write_readers(locked, readers)
        locked.save(update_fields=["is_narrowed"])
        touch(Document.objects.filter(pk=locked.pk))
        _record_document("document.narrowed", locked, user=user, payload=_changed(before, readers))
    return locked


def path_of(folder: Folder | None) -> str:
    """Return a folder as people write it: "Contracts/2026"; empty for none."""
    return "/".join(each.name for each in folder.way) if folder is not None else ""


def find_folder(collection: Collection, path: str) -> Folder | None:
    """Return the folder of this path, None where there is none."""
    found: Folder | None = None
    for name in filter(None, (" ".join(part.split()) for part in path.split("/"))):
        found = Folder.objects.filter(collection=collection, parent=found, name=name).first()
        if found is None:
            return None
    return found


def _lock(collection: Collection) -> None:
    """Stand in line with every other change of this collection's folders, and with uploads to it."""
    if Collection.objects.live().select_for_update().filter(pk=collection.pk).first() is None:
        raise ValuesRefused({"": [_("This collection was deleted.")]})


def _with_those_below(folder: Folder) -> list[Folder]:
    found, level = [folder], [folder]
    while level:
        level = list(Folder.objects.filter(parent__in=level))
        found += level
    return found


def _free_name(name: str, *, collection: Collection, parent: Folder | None, but: Folder | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_CHARACTERS or holds_unstorable(name) or "/" in name:
        raise ValuesRefused({"name": [_("Enter a name of at most 120 characters, without “/”.")]})
    taken = Folder.objects.filter(Q(collection=collection, parent=parent, name__iexact=name))
    if (taken.exclude(pk=but.pk) if but is not None else taken).exists():
        raise ValuesRefused({"name": [_("A folder with this name already exists here.")]})
    return name


def _changed(before: Readers | None, after: Readers | None) -> dict[str, object]:
    return {"from": before.as_dict() if before else None, "to": after.as_dict() if after else None}


def _record(action: str, folder: Folder, *, user: User | None, payload: Mapping[str, object]) -> None:
    record(
        action,
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"folder:{folder.uid}",
        summary=f"{folder.collection.name} / {path_of(folder)}",
        payload={"collection": folder.collection.slug, "folder": path_of(folder), **payload},
    )


def _record_document(action: str, document: Document, *, user: User | None, payload: Mapping[str, object]) -> None:
    record(
        action,
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"document:{document.uid}",
        summary=document.name,
        payload={"collection": document.collection.slug, **payload},
    )
