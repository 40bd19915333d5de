"""Which documents of the collections in somebody's scope the index must not look at: the rule of `Document.visible_to`, in memory.

A process remembers the narrowed documents and folders and whom they name. Each look-up asks the clock whether anything has
changed since, and reads what was touched: so its cost does not grow with what is narrowed, and no change is missed.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from accounts.models import User
from kb.models import Collection, Document, Folder, RightsClock
from kb.rights.gates import Gates, Ids, Mask, contains, group_number, person_number

KEPT = 16  # results, so that who asks again gets the same bytes and the index knows them again; 8 bytes a hidden document
AT_ONCE = 900  # ids in a query
NOTHING: Ids = np.zeros(0, np.int64)
NO_FOLDER = 0


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What was narrowed at one time. Documents: those that are narrowed, deny somebody, or lie below a narrowed folder."""

    number: int
    stamp: str
    documents: Ids  # ascending
    collections: "_Places"  # of each
    folders: "_Places"  # of each; NO_FOLDER
    own: Gates  # those that are narrowed themselves …
    own_at: Ids  # … and where they stand among `documents`
    denied: Gates  # those that deny somebody, with whom they deny …
    denied_at: Ids  # … and where they stand
    narrowed_folders: Gates
    ways: Ids  # [n, 2]: a folder, and a narrowed one on the way to it

    def hidden(self, numbers: Ids, *, collections: Ids) -> bytes:
        """Return the documents of these collections that these numbers do not open, as `retrieval.types.Scope` has them."""
        is_hidden = np.zeros(len(self.documents), bool)
        is_hidden[self.own_at] = ~self.own.passed(numbers)
        shut = self.narrowed_folders.ids[~self.narrowed_folders.passed(numbers)]
        is_hidden |= self.folders.are_in(np.unique(self.ways[contains(shut, self.ways[:, 1]), 0]))
        is_hidden[self.denied_at[self.denied.passed(numbers)]] = True
        is_hidden &= self.collections.are_in(collections)
        found: npt.NDArray[np.int64] = self.documents[is_hidden]
        return found.astype("<u8").tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """A column of ids of which few differ."""

    ids: Ids  # those that occur, ascending
    at: Ids  # of each row, where its id stands among them

    @classmethod
    def of(cls, column: Ids) -> "_Places":
        ids, at = np.unique(column, return_inverse=True)
        return cls(ids=ids, at=at)

    @property
    def values(self) -> Ids:
        return self.ids[self.at]

    def are_in(self, wanted: Ids) -> Mask:
        """Return which rows hold one of these, which ascend."""
        return contains(wanted, self.ids)[self.at]


class RightsTable:
    """What a process remembers. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: _State | None = None
        self._kept: OrderedDict[tuple[str, bytes, bytes], bytes] = OrderedDict()

    def hidden(self, user: User, *, collections: Iterable[int]) -> bytes:
        """Return which documents of these collections, which the user may read, they may not read now."""
        state = self._current()
        if not len(state.documents):
            return b""
        managed = Collection.objects.manageable_by(user).order_by().values_list("pk", flat=True)  # of these they read all
        among = np.array(sorted(set(collections).difference(managed)), np.int64)
        if not len(among):
            return b""
        groups = user.groups.order_by().values_list("pk", flat=True)
        numbers = np.unique(np.array([person_number(user.pk), *map(group_number, groups)], np.int64))
        key = (state.stamp, numbers.tobytes(), among.tobytes())
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            found = state.hidden(numbers, collections=among)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return found

    def _current(self) -> _State:
        clock = RightsClock.objects.filter(pk=RightsClock.ONLY).first()
        number, stamps = (clock.number, clock.stamps) if clock else (0, [])
        stamp = stamps[-1] if stamps else ""
        state = self._state
        if state is not None and (state.number, state.stamp) == (number, stamp):
            return state
        with self._lock:
            state = self._state
            if state is None or (state.number, state.stamp) != (number, stamp):
                state = self._state = _read(state, number=number, stamps=stamps)
                self._kept.clear()
        return state


@lru_cache(maxsize=1)
def get_rights_table() -> RightsTable:
    """Return the one of this process."""
    return RightsTable()


def _read(known: _State | None, *, number: int, stamps: list[str]) -> _State:
    """Return the state of now. What is known is brought up to date where it is one of the clock's last states, else read anew."""
    folders = Folder.objects.filter(is_narrowed=True)
    ways = np.array([*Folder.gates.through.objects.values_list("from_folder", "to_folder")], np.int64).reshape(-1, 2)
    below = Q(folder__in=Folder.gates.through.objects.values("from_folder"))
    tracked = Document.objects.live().filter(Q(is_narrowed=True) | Q(has_denied=True) | below)
    back = number - known.number if known is not None else 0
    if known is not None and 0 < back < len(stamps) and stamps[-1 - back] == known.stamp:
        touched = np.unique(np.fromiter(_touched_since(known.number), np.int64))
        rows = [row for batch in _batches(touched) for row in tracked.filter(pk__in=batch).order_by().values_list(*_COLUMNS)]
        names = [pair for batch in _batches(touched) for pair in _names(Document, document__in=batch)]
        denied_names = [pair for batch in _batches(touched) for pair in _denied_names(document__in=batch)]
    else:
        known, touched = None, NOTHING
        rows, names = list(tracked.order_by().values_list(*_COLUMNS).iterator()), _names(Document)
        denied_names = _denied_names()
    fresh = np.array([(pk, collection, folder or NO_FOLDER) for pk, collection, folder, *_ in rows], np.int64).reshape(-1, 3)
    own = Gates.of((pk for pk, _collection, _folder, is_narrowed, _denies in rows if is_narrowed), names)
    denied = Gates.of((pk for pk, _collection, _folder, _is_narrowed, denies in rows if denies), denied_names)
    if known is not None:
        stay = ~contains(touched, known.documents)
        before = np.stack([known.documents, known.collections.values, known.folders.values], axis=1)[stay]
        fresh, own = np.concatenate([before, fresh]), known.own.replaced(touched, own)
        denied = known.denied.replaced(touched, denied)
    fresh = fresh[np.argsort(fresh[:, 0])]
    documents = fresh[:, 0].copy()
    return _State(
        number=number,
        stamp=stamps[-1] if stamps else "",
        documents=documents,
        collections=_Places.of(fresh[:, 1]),
        folders=_Places.of(fresh[:, 2]),
        own=own,
        own_at=np.searchsorted(documents, own.ids),
        denied=denied,
        denied_at=np.searchsorted(documents, denied.ids),
        narrowed_folders=Gates.of(folders.values_list("pk", flat=True), _names(Folder)),
        ways=ways,
    )


_COLUMNS = ("pk", "collection", "folder", "is_narrowed", "has_denied")


def _touched_since(number: int) -> Iterable[int]:
    return Document.objects.filter(rights_change__gt=number).order_by().values_list("pk", flat=True)


def _names(kind: type[Document] | type[Folder], **among: object) -> list[tuple[int, int]]:
    """Return whom documents or folders name, as pairs of their key and a number."""
    named = f"{kind._meta.model_name}_id"
    groups = kind.groups.through._default_manager.filter(**among).values_list(named, "group_id")
    people = kind.people.through._default_manager.filter(**among).values_list(named, "user_id")
    return [*((key, group_number(pk)) for key, pk in groups), *((key, person_number(pk)) for key, pk in people)]


def _denied_names(**among: object) -> list[tuple[int, int]]:
    """Return whom documents deny, as `_names` has them."""
    groups = Document.denied_groups.through.objects.filter(**among).values_list("document_id", "group_id")
    people = Document.denied_people.through.objects.filter(**among).values_list("document_id", "user_id")
    return [*((key, group_number(pk)) for key, pk in groups), *((key, person_number(pk)) for key, pk in people)]


def _batches(ids: Ids) -> list[list[int]]:
    return [ids[start : start + AT_ONCE].tolist() for start in range(0, len(ids), AT_ONCE)]
