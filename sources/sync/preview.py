"""Look before anything is taken in: the first items with who may read them there and here; and what a run would do."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group

from accounts.models import User
from kb.rights.mirroring import EVERYBODY, MirroredReaders
from sources.connectors.port import Connector, Item, Principal, Rights
from sources.sync.listing import key_of_item, plain
from sources.sync.matching import key_of, match_principals, resolve_all, write_rights
from sources.sync.models import Source, SourceItem
from sources.sync.naming import clean_url
from sources.sync.opening import opened

FIRST = 10
LOOK_S = 20.0
DRY_RUN_ITEMS = 20_000  # on a page; a command counts all


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Who reads something here, by name. `unknown`: principals of the source that are nobody here yet."""

    is_open: bool
    groups: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    denied_groups: tuple[str, ...] = ()
    denied_people: tuple[str, ...] = ()
    unknown: tuple[Principal, ...] = ()

    @property
    def is_shut(self) -> bool:
        return not (self.is_open or self.groups or self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An item as it would be kept."""

    name: str
    where: str
    url: str
    size: int | None
    modified: datetime | None
    allow: tuple[Principal, ...]
    deny: tuple[Principal, ...]
    has_rights: bool
    here: Here


@dataclass(slots=True, kw_only=True)
class DryRun:
    """What a run would do. `is_whole`: the listing was read to its end; else these are figures of its beginning."""

    listed: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    known: int = 0  # of those listed, items that are written down
    is_whole: bool = False


def preview(source: Source) -> list[Sample]:
    """Return the first items with their rights. Raises: ConnectorError."""
    return show_samples(source, first_items(source))


def first_items(source: Source) -> list[Item]:
    """Return the first items of a listing, read now. Raises: ConnectorError."""
    with opened(source) as connector:
        connector.check()
        items: list[Item] = []
        for page in connector.list_changes(""):
            items += [item for item in page.items if not item.deleted]
            if len(items) >= FIRST or page.ended or page.complete:
                break
    return items[:FIRST]


def show_samples(source: Source, items: list[Item]) -> list[Sample]:
    heres = show_readers(source, [item.rights for item in items])
    return [
        Sample(
            name=plain(item.name),
            where=" › ".join(item.folders),
            url=clean_url(item.url),
            size=item.size,
            modified=item.modified,
            allow=tuple(sorted(item.rights.allow)) if item.rights else (),
            deny=tuple(sorted(item.rights.deny)) if item.rights else (),
            has_rights=item.rights is not None,
            here=here,
        )
        for item, here in zip(items, heres, strict=True)
    ]


def show_readers(source: Source, rights: list[Rights | None]) -> list[Here]:
    """Return who reads here what these rights say there."""
    written = [write_rights(one) if one is not None else None for one in rights]
    known = {key_of(one): one for one in written if one is not None}
    readers = dict(zip(known, resolve_all(source, list(known.values())), strict=True))
    named = {(kind, id_) for one in known.values() for side in ("allow", "deny") for kind, id_, _name in one[side]}
    unmatched = {
        name for name, match in match_principals(source, named).items() if not (match.is_ruled or match.groups or match.people)
    }
    all_readers = [readers[key_of(one)] if one is not None else EVERYBODY for one in written]
    names = _names(all_readers)
    return [
        _here(
            each,
            names,
            () if one is None else tuple(sorted(who for who in one.allow | one.deny if (who.kind, who.id) in unmatched)),
        )
        for one, each in zip(rights, all_readers, strict=True)
    ]


def _names(readers: list[MirroredReaders]) -> tuple[dict[int, str], dict[int, str]]:
    groups = {pk for one in readers for pk in (*one.groups, *one.denied_groups)}
    people = {pk for one in readers for pk in (*one.people, *one.denied_people)}
    return dict(Group.objects.filter(pk__in=groups).values_list("pk", "name")), dict(
        User.objects.filter(pk__in=people).values_list("pk", "username")
    )


def _here(readers: MirroredReaders, names: tuple[dict[int, str], dict[int, str]], unknown: tuple[Principal, ...]) -> Here:
    groups, people = names
    return Here(
        is_open=readers.is_open,
        groups=tuple(sorted(groups[pk] for pk in readers.groups if pk in groups)),
        people=tuple(sorted(people[pk] for pk in readers.people if pk in people)),
        denied_groups=tuple(sorted(groups[pk] for pk in readers.denied_groups if pk in groups)),
        denied_people=tuple(sorted(people[pk] for pk in readers.denied_people if pk in people)),
        unknown=unknown,
    )


def dry_run(source: Source, *, most: int | None = DRY_RUN_ITEMS, within_s: float | None = LOOK_S) -> DryRun:
    """Compare the source with what is kept, and write nothing. Args: most, within_s: where to stop; None: at the end.

    Raises: ConnectorError.
    """
    found, end = DryRun(), time.monotonic() + within_s if within_s is not None else None
    with opened(source) as connector:
        connector.check()
        for items, is_last in _pages(connector):
            _count(source, items, found)
            if is_last:
                found.is_whole = True
                found.deleted = max(0, source.items.count() - found.known)
                break
            if (most is not None and found.listed >= most) or (end is not None and time.monotonic() > end):
                break
    return found


def _pages(connector: Connector) -> Iterator[tuple[list[Item], bool]]:
    for page in connector.list_changes(""):
        yield list(page.items), page.complete


def _count(source: Source, items: list[Item], found: DryRun) -> None:
    keys = {key_of_item(item.id): item for item in items if not item.deleted}
    rows = {row.key: row for row in SourceItem.objects.filter(source=source, key__in=list(keys))}
    found.listed += len(keys)
    found.known += len(rows)
    for key, item in keys.items():
        row = rows.get(key)
        is_left_out = row is not None and row.state == SourceItem.State.LEFT_OUT
        if row is None or (row.document_id is None and not is_left_out):
            found.new += 1
        elif (row.version if is_left_out else row.kept_version) != plain(item.version)[:300]:
            found.changed += 1
        else:
            found.unchanged += 1
