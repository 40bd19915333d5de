"""Which documents of the collections in somebody's scope the index must not look at: the rule of `Document.visible_to`, in memory.

A process remembers the narrowed documents and folders and whom they name. Each look-up asks the clock whether anything has
changed since, and reads what was touched: so its cost does not grow with what is narrowed, and no change is missed.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from accounts.models import User
from kb.models import Document, Folder, RightsClock
from kb.rights.gates import Gates, Ids, contains, group_number, person_number

KEPT = 16  # results, so that who asks again gets the same bytes and the index knows them again; 8 bytes a hidden document
AT_ONCE = 900  # ids in a query
NOTHING: Ids = np.zeros(0, np.int64)
NO_FOLDER = 0


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What was narrowed at one time. Documents: those that are narrowed themselves or lie below a narrowed folder."""

    number: int
    stamp: str
    documents: Ids = field(default_factory=lambda: NOTHING)  # ascending
    collections: Ids = field(default_factory=lambda: NOTHING)  # of each
    folders: Ids = field(default_factory=lambda: NOTHING)  # of each; NO_FOLDER
    own: Gates = field(default_factory=lambda: Gates.of((), ()))  # those that are narrowed themselves
    narrowed_folders: Gates = field(default_factory=lambda: Gates.of((), ()))
    ways: Ids = field(default_factory=lambda: NOTHING.reshape(0, 2))  # [n, 2]: a folder, and a narrowed one on the way to it

    def hidden(self, numbers: Ids, *, collections: Ids) -> bytes:
        """Return the documents of these collections that these numbers do not open, as `retrieval.types.Scope` has them."""
        if not len(self.documents):
            return b""
        is_hidden = np.zeros(len(self.documents), bool)
        is_hidden[np.searchsorted(self.documents, self.own.ids[~self.own.passed(numbers)])] = True
        shut = self.narrowed_folders.ids[~self.narrowed_folders.passed(numbers)]
        below = np.unique(self.ways[contains(shut, self.ways[:, 1]), 0])
        is_hidden |= contains(below, self.folders)
        is_hidden &= contains(collections, self.collections)
        found: npt.NDArray[np.int64] = self.documents[is_hidden]
        return found.astype("<u8").tobytes()


class RightsTable:
    """What a process remembers. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: _State | None = None
        self._kept: OrderedDict[tuple[str, bytes, bytes], bytes] = OrderedDict()

    def hidden(self, user: User, *, collections: Iterable[int]) -> bytes:
        """Return which documents of these collections, none of which the user manages, they may not read now."""
        among = np.unique(np.fromiter(collections, np.int64))
        state = self._current()
        if not len(state.documents) or not len(among):
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
    if not number:
        return _State(number=0, stamp="")
    folders = Folder.objects.filter(is_narrowed=True)
    ways = np.array([*Folder.gates.through.objects.values_list("from_folder", "to_folder")], np.int64).reshape(-1, 2)
    tracked = Document.objects.live().filter(Q(is_narrowed=True) | Q(folder__in=Folder.gates.through.objects.values("from_folder")))
    back = number - known.number if known is not None else 0
    if known is not None and 0 < back < len(stamps) and stamps[-1 - back] == known.stamp:
        touched = np.unique(np.fromiter(_touched_since(known.number), np.int64))
        rows = [row for batch in _batches(touched) for row in tracked.filter(pk__in=batch).order_by().values_list(*_COLUMNS)]
        names = [pair for batch in _batches(touched) for pair in _names(Document, document__in=batch)]
    else:
        known, touched = None, NOTHING
        rows, names = list(tracked.order_by().values_list(*_COLUMNS).iterator()), _names(Document)
    fresh = np.array([(pk, collection, folder or NO_FOLDER) for pk, collection, folder, _own in rows], np.int64).reshape(-1, 3)
    own = Gates.of((pk for pk, _collection, _folder, is_narrowed in rows if is_narrowed), names)
    if known is not None:
        stay = ~contains(touched, known.documents)
        before = np.stack([known.documents[stay], known.collections[stay], known.folders[stay]], axis=1)
        fresh, own = np.concatenate([before, fresh]), known.own.replaced(touched, own)
    fresh = fresh[np.argsort(fresh[:, 0])]
    return _State(
        number=number,
        stamp=stamps[-1],
        documents=fresh[:, 0].copy(),
        collections=fresh[:, 1].copy(),
        folders=fresh[:, 2].copy(),
        own=own,
        narrowed_folders=Gates.of(folders.values_list("pk", flat=True), _names(Folder)),
        ways=ways,
    )


_COLUMNS = ("pk", "collection", "folder", "is_narrowed")


def _touched_since(number: int) -> Iterable[int]:
    return Document.objects.filter(rights_change__gt=number).order_by().values_list("pk", flat=True)


def _names(kind: type[Document] | type[Folder], **among: object) -> list[tuple[int, int]]:
    """Return whom documents or folders name, as pairs of their key and a number."""
    named = f"{kind._meta.model_name}_id"
    groups = kind.groups.through._default_manager.filter(**among).values_list(named, "group_id")
    people = kind.people.through._default_manager.filter(**among).values_list(named, "user_id")
    return [*((key, group_number(pk)) for key, pk in groups), *((key, person_number(pk)) for key, pk in people)]


def _batches(ids: Ids) -> list[list[int]]:
    return [ids[start : start + AT_ONCE].tolist() for start in range(0, len(ids), AT_ONCE)]
