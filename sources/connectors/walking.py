"""Walk a tree of folders in a fixed order, so that the path of the last finished folder is enough to go on from there."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sources.connectors.port import Item

Path = tuple[str, ...]
DEEPEST = 64  # folders within each other; a link to above would never end
PAGE = 500  # items at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What one folder holds: `folders` by name, and its items, which may stream."""

    items: Iterable[Item]
    folders: list[str] = field(default_factory=list)  # filled when `items` has been read


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`after`: the last folder that was finished, None before the first. `is_last`: of the whole walk."""

    items: tuple[Item, ...]
    after: Path | None
    is_last: bool = False


def walk(open_folder: Callable[[Path], Folder], after: Path | None = None) -> Iterator[Page]:
    """Yield the items of every folder: a folder's own before those of its folders, these by name.

    With `after`, what comes up to that folder is left out; the folders on the way to it are opened again for their folders' names.
    """
    waiting: list[Path] = [()]
    batch: list[Item] = []
    done = after
    while waiting:
        path = waiting.pop()
        if len(path) > DEEPEST:
            continue
        is_done = after is not None and path <= after
        if is_done and path and after is not None and after[: len(path)] != path:
            continue  # with everything in it
        folder = open_folder(path)
        for item in folder.items:
            if is_done:
                continue
            batch.append(item)
            if len(batch) >= PAGE:
                yield Page(items=tuple(batch), after=done)
                batch = []
        if not is_done:
            done = path
        waiting.extend((*path, name) for name in sorted(folder.folders, reverse=True))
    yield Page(items=tuple(batch), after=done, is_last=True)
