"""Walk a tree of folders in a fixed order, so that one place in it is enough to go on from there.

A folder is read whole before its first item is given, names and dates alone: what is asked for each item (its rights) is asked page
by page, and no connection waits meanwhile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sources.connectors.port import Item

Path = tuple[str, ...]
DEEPEST = 64  # folders within each other; a link to above would never end
PAGE = 500  # items at once
FIRST_PAGE = 20  # for those who want a look


class Named(Protocol):
    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder, and the last of its files that was listed; `name` None: all of them were."""

    folder: Path
    name: str | None = None

    def write(self) -> list[object]:
        return [list(self.folder), self.name]

    @classmethod
    def read(cls, value: list[object] | None) -> "Place | None":
        return cls(folder=tuple(value[0]), name=value[1]) if value else None  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder(Generic[Entry]):
    """What one folder holds: its files, and the names of its folders."""

    files: list[Entry]
    folders: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`place`: where the walk is, None before the first folder. `is_last`: of the whole walk."""

    items: tuple[Item, ...]
    place: Place | None
    is_last: bool = False


def walk(
    open_folder: Callable[[Path], Folder[Entry]], make_item: Callable[[Path, Entry], Item | None], place: Place | None = None
) -> Iterator[Page]:
    """Yield the items of every folder: a folder's own before those of its folders, both by name.

    With `place`, what comes up to it is left out; the folders on the way there are opened again for their folders' names.
    """
    waiting: list[Path] = [()]
    start, batch = place, list[Item]()
    size = min(FIRST_PAGE, PAGE)
    while waiting:
        path = waiting.pop()
        is_before = start is not None and path < start.folder
        if len(path) > DEEPEST or (is_before and start is not None and start.folder[: len(path)] != path):
            continue  # with everything in it
        folder = open_folder(path)
        for entry in sorted(folder.files, key=lambda one: one.name):
            if is_before or (start is not None and path == start.folder and (start.name is None or entry.name <= start.name)):
                continue
            if (item := make_item(path, entry)) is not None:
                batch.append(item)
            place = Place(folder=path, name=entry.name)
            if len(batch) >= size:
                yield Page(items=tuple(batch), place=place)
                batch, size = [], PAGE
        if not is_before:
            place = Place(folder=path)
        waiting.extend((*path, name) for name in sorted(folder.folders, reverse=True))
    yield Page(items=tuple(batch), place=place, is_last=True)
