"""Walk a folder in one order, by opened folders: nothing is reached by a path that somebody could turn into a link meanwhile."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sources.connectors.errors import SourceAway

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NOT_HERE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))  # gone, or something else by now
NOT_OURS = frozenset((errno.EACCES, errno.EPERM))
DEEPEST = 64
Way = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A regular file. `folder`: the opened one that it lies in, only as long as it is the walk's last."""

    way: Way  # from the root, its name last
    status: os.stat_result
    folder: int


@contextmanager
def opened_root(root: Path) -> Iterator[int]:
    """Yield the opened root. Raises: SourceAway: it is not there, or not what it was when it was allowed."""
    try:
        opened = os.open(root, FOLDER)
    except OSError as error:
        raise SourceAway(f"{root}: {error.strerror}") from error
    try:
        if Path(f"/proc/self/fd/{opened}").readlink() != root:
            raise SourceAway(f"{root}: a link was put in its way")
        yield opened
    finally:
        os.close(opened)


def walk(root: int, *, after: Way = ()) -> Iterator[tuple[Way, int] | Found]:
    """Yield each folder as (way, opened) when it is entered, and each file in it, by name; of what is not `after` that, folders.

    Hidden entries, links and what is neither are left out; so is a folder that Attest may not read: then nobody reads it here.
    Raises: SourceAway: the file system does not answer.
    """
    yield from _walk(root, (), after)


def _walk(folder: int, way: Way, after: Way) -> Iterator[tuple[Way, int] | Found]:
    yield way, folder
    for name, is_folder in _entries(folder):
        here = (*way, name)
        if here <= after and not (is_folder and after[: len(here)] == here):
            continue
        if is_folder:
            opened = _open(name, FOLDER, folder)
            if opened is None or len(here) >= DEEPEST:
                continue
            try:
                yield from _walk(opened, here, after)
            finally:
                os.close(opened)
            continue
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno in NOT_HERE | NOT_OURS:
                continue
            raise SourceAway(f"{'/'.join(here)}: {error.strerror}") from error
        if stat.S_ISREG(status.st_mode):
            yield Found(way=here, status=status, folder=folder)


def _entries(folder: int) -> list[tuple[str, bool]]:
    """Return the names in a folder in order, and which are folders. Raises: SourceAway."""
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.name, entry.is_dir(follow_symlinks=False))
                for entry in entries
                if not entry.name.startswith(".") and not entry.is_symlink()
            ]
    except OSError as error:
        raise SourceAway(f"a folder cannot be listed: {error.strerror}") from error
    return sorted(found)


def _open(name: str, flags: int, folder: int) -> int | None:
    """Return an entry, opened; None where it is gone, is another thing by now, or is not for Attest. Raises: SourceAway."""
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in NOT_HERE | NOT_OURS:
            return None
        raise SourceAway(f"{name}: {error.strerror}") from error


@contextmanager
def opened_way(root: int, way: Way) -> Iterator[list[int]]:
    """Yield the folders on the way to a file, opened, the root first. Raises: OSError: one is gone, or a link by now."""
    opened: list[int] = []
    try:
        for name in way[:-1]:
            opened.append(os.open(name, FOLDER, dir_fd=opened[-1] if opened else root))
        yield [root, *opened]
    finally:
        for each in opened:
            os.close(each)
