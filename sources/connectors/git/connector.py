"""List and fetch the files of one branch, as they are in its newest commit.

That commit alone is fetched, without history, into a folder that is removed when the source is closed. A branch that did not move
costs one request. A file's version is the name of its blob, its id the path: Git keeps no ids over renames. Not read: submodules,
links, and what lies in Git LFS.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO, NamedTuple, cast
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.object_store import tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree, TreeEntry
from dulwich.repo import Repo

from sources.connectors.calling.addresses import check_url
from sources.connectors.calling.calls import Calls, check_size, with_password
from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import CursorExpired, ItemGone, ItemUnreadable, SourceAway
from sources.connectors.git.client import CheckedGitClient
from sources.connectors.port import Changes, Item, Rights
from sources.connectors.walking import DEEPEST, PAGE, Path

FOLDER, FILES = 0o040000, (0o100644, 0o100755, 0o100664)
LFS = b"version https://git-lfs.github.com/spec/v1"
PLACES = {"github.com": "{repository}/blob/{commit}/{path}", "gitlab.com": "{repository}/-/blob/{commit}/{path}"}


class Snapshot(NamedTuple):
    commit: str
    repo: Repo
    tree: ObjectID


class GitBranch:
    def __init__(
        self, *, address: str, branch: str, folder: str, endings: tuple[str, ...], link: str, username: str, token: str
    ) -> None:
        self._address = check_url(address).rstrip("/")
        self._branch, self._endings = branch, endings
        self._folder = tuple(part for part in folder.split("/") if part)
        self._link = link or PLACES.get(urlsplit(self._address).hostname or "", "")
        self._calls = Calls(self._address, authorise=with_password(username or "git", token) if token else None)
        self._client = CheckedGitClient(self._address, self._calls)
        self._stack = ExitStack()
        self._snapshot: Snapshot | None = None

    def close(self) -> None:
        self._stack.close()
        self._calls.close()

    def check(self) -> None:
        self._newest()

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        state = read_cursor(cursor, "commit") if cursor else {}
        newest = self._newest()
        if cursor and state["commit"] != newest:
            raise CursorExpired(_("The branch has moved on: all is listed anew."))
        end = write_cursor(commit=newest)
        if cursor and "after" not in state:
            yield Changes(items=(), cursor=end, ended=True)
            return
        snapshot = self._take(newest)
        batch: list[Item] = []
        for item in self._items(snapshot, tuple(state.get("after", ()))):
            if len(batch) >= PAGE:
                after = [*batch[-1].folders, batch[-1].name]
                yield Changes(items=tuple(batch), cursor=write_cursor(commit=newest, after=after))
                batch = []
            batch.append(item)
        yield Changes(items=tuple(batch), cursor=end, complete=True, ended=True)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        snapshot = self._snapshot or self._take(self._newest())
        try:
            _mode, name = tree_lookup_path(snapshot.repo.object_store.__getitem__, snapshot.tree, item.id.encode())
            blob = snapshot.repo.object_store[name]
        except (KeyError, NotADirectoryError) as error:
            raise ItemGone(_("It was deleted meanwhile.")) from error
        if not isinstance(blob, Blob):
            raise ItemGone(_("It was deleted meanwhile."))
        check_size(blob.raw_length())
        if blob.data.startswith(LFS):
            raise ItemUnreadable(_("It lies in Git LFS, which is not read."))
        for chunk in blob.chunked:
            into.write(chunk)

    def rights_of(self, item: Item) -> Rights | None:
        return None

    def _newest(self) -> str:
        with _translated():
            refs = self._client.get_refs(b"").refs
        names = ("HEAD",) if not self._branch else (f"refs/heads/{self._branch}", f"refs/tags/{self._branch}")
        for name in names:
            if found := refs.get(name.encode()):  # type: ignore[call-overload]  # dulwich's own names for bytes
                return bytes(found).decode()
        raise SourceAway(_("The repository has no branch %(name)s.") % {"name": self._branch or "HEAD"})

    def _take(self, commit: str) -> Snapshot:
        if self._snapshot is None or self._snapshot.commit != commit:
            self._stack.close()
            place = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="attest-git-"))
            repo = self._stack.enter_context(Repo.init_bare(place))
            with _translated():
                self._client.fetch(b"", repo, determine_wants=lambda refs, depth=None: [ObjectID(commit.encode())], depth=1)
                found = repo.object_store[ObjectID(commit.encode())]
                while isinstance(found, Tag):
                    found = repo.object_store[found.object[1]]
            if not isinstance(found, Commit):
                raise SourceAway(_("The repository has no branch %(name)s.") % {"name": self._branch or "HEAD"})
            self._snapshot = Snapshot(commit, repo, self._root(repo, found.tree))
        return self._snapshot

    def _root(self, repo: Repo, tree: ObjectID) -> ObjectID:
        """Return the tree of the whole; its folder must be there."""
        if self._folder:
            with suppress(KeyError, NotADirectoryError):
                _mode, name = tree_lookup_path(repo.object_store.__getitem__, tree, "/".join(self._folder).encode())
                if isinstance(repo.object_store[name], Tree):
                    return tree
            raise SourceAway(_("The repository has no folder %(name)s.") % {"name": "/".join(self._folder)})
        return tree

    def _items(self, snapshot: Snapshot, after: Path) -> Iterator[Item]:
        """Yield the files by path, those behind `after`."""
        waiting: list[tuple[Path, TreeEntry]] = [((), TreeEntry(b"", FOLDER, snapshot.tree))]
        while waiting:
            path, entry = waiting.pop()
            if after and path <= after and after[: len(path)] != path:
                continue
            if entry.mode == FOLDER:
                if len(path) > DEEPEST or path[: len(self._folder)] != self._folder[: len(path)]:
                    continue
                tree = cast(Tree, snapshot.repo.object_store[entry.sha])
                inner = sorted(((*path, child.path.decode(errors="surrogateescape")), child) for child in tree.items())
                waiting.extend(reversed(inner))
            elif entry.mode in FILES and len(path) > len(self._folder) and path != after and self._is_wanted(path):
                yield self._item(snapshot, path, entry)

    def _is_wanted(self, path: Path) -> bool:
        is_text = path[-1].isprintable() and all(part.isprintable() for part in path)  # no names in bytes of other encodings
        return is_text and (not self._endings or path[-1].lower().endswith(self._endings))

    def _item(self, snapshot: Snapshot, path: Path, entry: TreeEntry) -> Item:
        text = "/".join(path)
        link = self._link.replace("{repository}", self._address.removesuffix(".git")).replace("{commit}", snapshot.commit)
        return Item(
            id=text,
            name=path[-1],
            folders=path[:-1],
            version=bytes(entry.sha).decode(),
            url=link.replace("{path}", quote(text)),
        )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (GitProtocolError, NotGitRepository, KeyError, ValueError, AssertionError) as error:
        raise SourceAway(_("The repository cannot be read: %(reason)s.") % {"reason": str(error)[:200].rstrip(".")}) from error
