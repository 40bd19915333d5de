"""Tags of documents: each belongs to one collection; case makes no difference. Changes are in the audit in the same transaction."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.editable import holds_unstorable
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from kb.models import Collection, Document, Tag

NAME_CHARACTERS = 60
MOST_OF_DOCUMENT = 30
MOST_OF_COLLECTION = 500
MENU_TAGS = 60  # to choose from beside a question


def clean_tags(names: Iterable[str]) -> list[str]:
    """Return the names as they are kept, each once. Raises: ValuesRefused: at "tags"."""
    found: dict[str, str] = {}
    for name in (" ".join(given.split()) for given in names):
        if not name:
            continue
        if len(name) > NAME_CHARACTERS or holds_unstorable(name) or "," in name:
            raise ValuesRefused(
                {"tags": [_("A tag can have at most 60 characters, without commas: %(name)s.") % {"name": name[:80]}]}
            )
        found.setdefault(name.casefold(), name)
    if len(found) > MOST_OF_DOCUMENT:
        raise ValuesRefused({"tags": [_("A document can have at most %(count)d tags.") % {"count": MOST_OF_DOCUMENT}]})
    return list(found.values())


def find_or_make_tags(collection: Collection, names: Sequence[str]) -> list[Tag]:
    """Return the collection's tags of these cleaned names; those that are missing are made, in the caller's transaction.

    Raises: ValuesRefused: the collection has too many.
    """
    wanted = {name.casefold(): name for name in names}
    Collection.objects.select_for_update().filter(pk=collection.pk).first()  # in line with others who make the same tag
    known = {tag.folded: tag for tag in collection.tags.filter(folded__in=wanted)}
    missing = [name for folded, name in wanted.items() if folded not in known]
    if missing and collection.tags.count() + len(missing) > MOST_OF_COLLECTION:
        message = _("A collection can have at most %(count)d tags. Merge or remove some first.") % {"count": MOST_OF_COLLECTION}
        raise ValuesRefused({"tags": [message]})
    for name in missing:
        known[name.casefold()] = Tag.objects.create(collection=collection, name=name, folded=name.casefold())
    return [known[folded] for folded in wanted]


def add_tags(document: Document, names: Sequence[str]) -> None:
    """Give a document these tags beside those that it has, in the caller's transaction. Raises: ValuesRefused."""
    have = {tag.folded for tag in document.tags.all()}
    new = [name for name in names if name.casefold() not in have]
    if len(have) + len(new) > MOST_OF_DOCUMENT:
        raise ValuesRefused({"tags": [_("A document can have at most %(count)d tags.") % {"count": MOST_OF_DOCUMENT}]})
    document.tags.add(*find_or_make_tags(document.collection, new))


def remove_tags(document: Document, names: Sequence[str]) -> None:
    """Take these tags from a document, in the caller's transaction; those that nothing has any more are removed."""
    document.tags.remove(*document.tags.filter(folded__in=[name.casefold() for name in names]))
    drop_unused(document.collection)


def drop_unused(collection: Collection) -> None:
    """Remove the collection's tags that no live document has."""
    used = Document.tags.through._default_manager.filter(tag__collection=collection, document__deleted_at=None)
    collection.tags.exclude(pk__in=used.values("tag_id")).delete()


def carry_tags(document: Document, *, origin: Collection, names: Sequence[str]) -> None:
    """Give a document that was moved the tags of these names in its new collection, as far as this has room; in a transaction."""
    known = {tag.folded for tag in document.collection.tags.all()}
    room = MOST_OF_COLLECTION - len(known)
    kept = [name for name in names if name.casefold() in known] + [name for name in names if name.casefold() not in known][:room]
    document.tags.set(find_or_make_tags(document.collection, kept))
    drop_unused(origin)


@transaction.atomic
def rename_tag(*, tag: Tag, name: str, user: User | None) -> Tag:
    """Raises: ValuesRefused: no name, or another tag has it, with which this one can be merged."""
    (name,) = clean_tags([name]) or [""]
    locked = _lock(tag)
    if not name:
        raise ValuesRefused({"name": [_("Enter a name.")]})
    if locked.collection.tags.filter(folded=name.casefold()).exclude(pk=locked.pk).exists():
        raise ValuesRefused({"name": [_("A tag with this name already exists. Merge this one with it instead.")]})
    if name != locked.name:
        before, locked.name, locked.folded = locked.name, name, name.casefold()
        locked.save(update_fields=["name", "folded"])
        _record("tag.renamed", locked, user=user, **{"from": before, "to": name})
    return locked


@transaction.atomic
def merge_tag(*, tag: Tag, into: Tag, user: User | None) -> Tag:
    """Give the documents of one tag the other, and remove the first. Raises: ValuesRefused: it is the same one, or another
    collection's."""
    locked, target = _lock(tag), Tag.objects.filter(pk=into.pk).first()
    if target is None or target.pk == locked.pk or target.collection_id != locked.collection_id:
        raise ValuesRefused({"into": [_("Choose another tag of this collection.")]})
    count = locked.documents.count()
    target.documents.add(*locked.documents.all())
    _record("tag.merged", locked, user=user, into=target.name, documents=count)
    locked.delete()
    return target


@transaction.atomic
def remove_tag(*, tag: Tag, user: User | None) -> None:
    """Take a tag from every document, and remove it."""
    locked = _lock(tag)
    _record("tag.removed", locked, user=user, documents=locked.documents.count())
    locked.delete()


def tags_for(user: User | AnonymousUser, *, collection: Collection) -> QuerySet[Tag]:
    """Return the collection's tags that somebody may know of, each with `document_count`: how many documents in their list have it.

    Whoever manages the collection sees all of its tags; a reader none that only hidden documents have.
    """
    listed = Q(documents__in=Document.objects.listed_for(user).filter(collection=collection))
    counted = collection.tags.annotate(document_count=Count("documents", filter=listed)).order_by("name")  # each is met once
    managed = Collection.objects.manageable_by(user).filter(pk=collection.pk).exists()
    return counted if managed else counted.filter(document_count__gt=0)


def names_to_ask(user: User | AnonymousUser) -> list[str]:
    """Return names of tags to narrow a question by: of documents that answer to this user, the most frequent MENU_TAGS, sorted."""
    if not Tag.objects.exists():
        return []
    answering = Document.objects.answering_for(user).filter(current_version__isnull=False)
    rows = Tag.objects.filter(documents__in=answering).annotate(uses=Count("documents")).order_by("-uses", "name")
    names: dict[str, str] = {}
    for folded, name in rows.values_list("folded", "name")[: 2 * MENU_TAGS]:
        names.setdefault(folded, name)
    return sorted(list(names.values())[:MENU_TAGS], key=str.casefold)


def tagged(names: Iterable[str]) -> QuerySet[Any, Any]:
    """Return the keys of documents that have a tag of one of these names, in whatever collection."""
    through = Document.tags.through._default_manager
    return through.filter(tag__folded__in=[name.casefold() for name in names]).values("document_id")


def _lock(tag: Tag) -> Tag:
    found = Tag.objects.select_for_update().filter(pk=tag.pk).first()
    if found is None:
        raise ValuesRefused({"": [_("This tag was removed.")]})
    return Tag.objects.select_related("collection").get(pk=found.pk)


def _record(action: str, tag: Tag, *, user: User | None, **payload: object) -> None:
    record(
        action,
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"collection:{tag.collection.slug}",
        summary=tag.name,
        payload={"collection": tag.collection.slug, "tag": tag.name, **payload},
    )


def managed_tag(user: User, uid: UUID) -> Tag:
    """Raises: Http404: it is not there, or this user does not run its collection."""
    managed = Collection.objects.manageable_by(user)
    return get_object_or_404(Tag.objects.filter(collection__in=managed).select_related("collection"), uid=uid)
