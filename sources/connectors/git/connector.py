"""List and fetch the files of one branch, as they are in its newest commit.

That commit alone is fetched, without history, into a folder that is removed when the source is closed. A branch that did not move
costs one request; one that did is compared with what it was. A file's version is the name of its blob, its id the path: Git keeps
no ids over renames. Not read: submodules, links, and what lies in Git LFS.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO, NamedTuple, cast
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _
from dulwich.diff_tree import tree_changes
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.object_store import tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree, TreeEntry
from dulwich.refs import Ref
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
        if "after" in state or not cursor:
            if cursor and state["commit"] != newest:
                raise CursorExpired(_("The branch has new commits. Everything is listed again."))
            yield from self._list_all(newest, tuple(state.get("after", ())))
        elif state["commit"] == newest:
            yield Changes(items=(), cursor=cursor, ended=True)
        else:
            yield from self._list_changed(str(state["commit"]), newest)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        snapshot = self._snapshot or self._take(self._newest())
        try:
            _mode, name = tree_lookup_path(snapshot.repo.object_store.__getitem__, snapshot.tree, item.id.encode())
            blob = snapshot.repo.object_store[name]
        except (KeyError, NotADirectoryError) as error:
            raise ItemGone(_("It has been deleted in the meantime.")) from error
        if not isinstance(blob, Blob):
            raise ItemGone(_("It has been deleted in the meantime."))
        check_size(blob.raw_length())
        if blob.data.startswith(LFS):
            raise ItemUnreadable(_("It is stored in Git LFS, which is not supported."))
        for chunk in blob.chunked:
            into.write(chunk)

    def rights_of(self, item: Item) -> Rights | None:
        return None

    def _list_all(self, newest: str, after: Path) -> Iterator[Changes]:
        batch: list[Item] = []
        for item in self._items(self._take(newest), after):
            if len(batch) >= PAGE:
                place = [*batch[-1].folders, batch[-1].name]
                yield Changes(items=tuple(batch), cursor=write_cursor(commit=newest, after=place))
                batch = []
            batch.append(item)
        yield Changes(items=tuple(batch), cursor=write_cursor(commit=newest), complete=True, ended=True)

    def _list_changed(self, before: str, newest: str) -> Iterator[Changes]:
        """Yield what two commits do not have in common."""
        snapshot = self._take(newest)
        store, old = snapshot.repo.object_store, self._tree_of(snapshot.repo, before)
        batch: list[Item] = []
        for change in tree_changes(store, old, snapshot.tree):
            is_same = change.old is not None and change.new is not None and change.old.path == change.new.path
            for entry, is_new in ((change.old, False), (change.new, True)):
                path = _read_path(entry)
                if entry is None or path is None or (is_same and not is_new and self._is_read(path, change.new)):
                    continue
                if not self._is_read(path, entry):
                    continue
                batch.append(self._item(snapshot, path, entry) if is_new else Item(id="/".join(path), deleted=True))
            if len(batch) >= PAGE:
                yield Changes(items=tuple(batch), cursor=write_cursor(commit=before))
                batch = []
        yield Changes(items=tuple(batch), cursor=write_cursor(commit=newest), ended=True)

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
            self._fetch(repo, commit)
            repo.refs[Ref(b"refs/heads/newest")] = ObjectID(commit.encode())  # so that a second fetch says what is here
            self._snapshot = Snapshot(commit, repo, self._root(repo, self._commit(repo, commit).tree))
        return self._snapshot

    def _tree_of(self, repo: Repo, commit: str) -> ObjectID:
        """Return the tree of a commit that was the newest once. Raises: CursorExpired: the server has it no more."""
        try:
            self._fetch(repo, commit)
            return ObjectID(self._commit(repo, commit).tree)
        except SourceAway as error:
            raise CursorExpired(_("The branch was rewritten. Everything is listed again.")) from error

    def _fetch(self, repo: Repo, commit: str) -> None:
        with _translated():
            self._client.fetch(b"", repo, determine_wants=lambda refs, depth=None: [ObjectID(commit.encode())], depth=1)

    def _commit(self, repo: Repo, name: str) -> Commit:
        with _translated():
            found = repo.object_store[ObjectID(name.encode())]
            while isinstance(found, Tag):
                found = repo.object_store[found.object[1]]
        if not isinstance(found, Commit):
            raise SourceAway(_("The repository has no branch %(name)s.") % {"name": self._branch or "HEAD"})
        return found

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
            elif path != after and self._is_read(path, entry):
                yield self._item(snapshot, path, entry)

    def _is_read(self, path: Path, entry: TreeEntry | None) -> bool:
        is_inside = len(path) > len(self._folder) and path[: len(self._folder)] == self._folder
        is_text = all(part.isprintable() for part in path)  # no names in bytes of other encodings
        is_file = entry is not None and entry.mode in FILES
        return is_file and is_inside and is_text and (not self._endings or path[-1].lower().endswith(self._endings))

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


def _read_path(entry: TreeEntry | None) -> Path | None:
    """Return where a change is, None for nowhere."""
    if entry is None or not entry.path:
        return None
    return tuple(entry.path.decode(errors="surrogateescape").split("/"))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (GitProtocolError, NotGitRepository, KeyError, ValueError, AssertionError) as error:
        raise SourceAway(_("The repository cannot be read: %(reason)s.") % {"reason": str(error)[:200].rstrip(".")}) from error
