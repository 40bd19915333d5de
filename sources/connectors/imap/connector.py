"""List and fetch the messages of mailboxes by IMAP 4rev1, each as a file of its own.

A message never changes, so what is kept between listings is which numbers each mailbox held, in ranges: new ones are listed,
missing ones are deleted. A mailbox whose HIGHESTMODSEQ (RFC 7162) stands still costs one STATUS. Where a mailbox was numbered anew
(UIDVALIDITY), all is listed anew.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from imapclient import IMAPClient

from sources.connectors.calling.calls import check_size
from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import CursorExpired, ItemGone, SourceAway
from sources.connectors.imap.connecting import connect, translated
from sources.connectors.imap.headers import name_message
from sources.connectors.imap.uids import read_uids, write_uids
from sources.connectors.port import Changes, Item, Rights

PAGE = 200
WINDOW = 50_000  # numbers that are asked for at once: imaplib takes no line longer than 1 MB
PORTION = 4 * 1024 * 1024  # bytes of a message at once
LEFT_OUT = {rb"\Noselect", rb"\NonExistent", rb"\Trash", rb"\Junk", rb"\Drafts", rb"\All"}  # All: what is elsewhere too
HEADER = "BODY.PEEK[HEADER.FIELDS (SUBJECT FROM)]"
State = dict[str, dict[str, str]]  # mailbox: {"valid": UIDVALIDITY, "mod": HIGHESTMODSEQ, "uids": ranges}


class Mailboxes:
    def __init__(self, *, host: str, port: int, security: str, username: str, password: str, mailboxes: str) -> None:
        self._host = host
        self._sign_in: dict[str, Any] = {"host": host, "port": port, "security": security, "username": username}
        self._password = password
        self._wanted = [name.strip() for name in mailboxes.split(",") if name.strip()] or ["INBOX"]
        self._opened: IMAPClient | None = None
        self._selected = ("", "")

    def close(self) -> None:
        if self._opened is not None:
            self._opened.shutdown()
            self._opened = None

    def check(self) -> None:
        with translated(self._host):
            self._folders()

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        with translated(self._host):
            yield from self._list(read_cursor(cursor, "boxes") if cursor else {"whole": True, "boxes": {}})

    def fetch(self, item: Item, into: BinaryIO) -> None:
        valid, uid, mailbox = item.id.split("/", 2)
        for content in self._read(mailbox, valid, int(uid)):
            into.write(content)  # what goes wrong here is not the source's

    def _read(self, mailbox: str, valid: str, uid: int) -> Iterator[bytes]:
        with translated(self._host):
            self._select(mailbox)
            if self._selected != (mailbox, valid):
                raise ItemGone(_("It has been deleted in the meantime."))
            size, portion = 0, b""
            while size == 0 or len(portion) == PORTION:
                found = self._client.fetch([uid], [f"BODY.PEEK[]<{size}.{PORTION}>"]).get(uid)
                if found is None:
                    raise ItemGone(_("It has been deleted in the meantime."))
                portion = found.get(f"BODY[]<{size}>".encode()) or b""
                if not portion:
                    return
                size += len(portion)
                check_size(size)
                yield portion

    def rights_of(self, item: Item) -> Rights | None:
        return None

    @property
    def _client(self) -> IMAPClient:
        if self._opened is None:
            self._opened = connect(**self._sign_in, password=self._password)
        return self._opened

    def _list(self, state: dict[str, Any]) -> Iterator[Changes]:
        boxes: State = state["boxes"]
        folders = self._folders()
        if gone := [name for name in boxes if name not in folders]:
            yield from self._forget(state, gone)
        for name, parts in folders.items():
            yield from self._list_box(state, name, parts)
        is_whole = bool(state.pop("whole", False))
        yield Changes(items=(), cursor=write_cursor(**state), complete=is_whole, ended=True)

    def _forget(self, state: dict[str, Any], gone: list[str]) -> Iterator[Changes]:
        """Yield the deletion of mailboxes."""
        for name in gone:
            box = state["boxes"].pop(name)
            yield Changes(items=_deleted(name, box["valid"], read_uids(box["uids"])), cursor=write_cursor(**state))

    def _list_box(self, state: dict[str, Any], name: str, parts: tuple[str, ...]) -> Iterator[Changes]:
        box = state["boxes"].get(name, {})
        status = self._status(name)
        if box and box.get("mod") and (box["mod"], box["valid"]) == (status["mod"], status["valid"]):
            return
        if box and box["valid"] != status["valid"]:
            raise CursorExpired(_("The mailbox was renumbered. Everything is listed again."))
        self._select(name)
        listed, there = read_uids(box.get("uids", "")), self._search(int(status["next"]))
        gone = listed - there
        if gone:
            listed -= gone
            state["boxes"][name] = {"valid": status["valid"], "mod": "", "uids": write_uids(listed)}
            yield Changes(items=_deleted(name, status["valid"], gone), cursor=write_cursor(**state))
        new = sorted(there - listed)
        for start in range(0, len(new), PAGE):
            uids = new[start : start + PAGE]
            self._select(name)
            items = tuple(self._items(name, parts, uids))
            listed.update(uids)
            state["boxes"][name] = {"valid": status["valid"], "mod": "", "uids": write_uids(listed)}
            yield Changes(items=items, cursor=write_cursor(**state))
        state["boxes"][name] = {"valid": status["valid"], "mod": status["mod"], "uids": write_uids(listed)}
        self._deselect()

    def _items(self, name: str, parts: tuple[str, ...], uids: list[int]) -> Iterator[Item]:
        found = self._client.fetch(uids, [HEADER, "RFC822.SIZE", "INTERNALDATE"])
        for uid in uids:
            if (data := found.get(uid)) is None:
                continue  # it went between SEARCH and FETCH; the next listing says so
            header = next((value for key, value in data.items() if key.startswith(b"BODY[")), b"")
            arrived = data.get(b"INTERNALDATE")
            yield Item(
                id=f"{self._selected[1]}/{uid}/{name}",
                name=name_message(header, arrived),
                folders=parts,
                version="message",  # its bytes never change
                media_type="message/rfc822",
                modified=arrived,
                size=data.get(b"RFC822.SIZE"),
            )

    def _folders(self) -> dict[str, tuple[str, ...]]:
        """Return the mailboxes to be read, with the names of what they lie in."""
        known = {
            name: tuple(name.split(delimiter.decode()) if delimiter else [name])
            for flags, delimiter, name in self._client.list_folders()
            if not LEFT_OUT & set(flags) or name in self._wanted
        }
        if "*" in self._wanted:
            return dict(sorted(known.items()))
        if missing := [name for name in self._wanted if name not in known]:
            raise SourceAway(_("There is no mailbox %(name)s.") % {"name": ", ".join(missing)})
        return {name: known[name] for name in self._wanted}

    def _status(self, name: str) -> dict[str, str]:
        self._deselect()  # of an open one a server may tell what this session has seen of it
        wanted = ["UIDVALIDITY", "UIDNEXT"]
        if self._client.has_capability("CONDSTORE"):
            wanted.append("HIGHESTMODSEQ")
        found = self._client.folder_status(name, wanted)
        return {
            "valid": str(found[b"UIDVALIDITY"]),
            "next": str(found[b"UIDNEXT"]),
            "mod": str(found.get(b"HIGHESTMODSEQ", "")),
        }

    def _select(self, name: str) -> None:
        """Open a mailbox for reading, unless it is open: what is fetched between two pages may lie in another one."""
        if self._selected[0] == name:
            return
        self._selected = ("", "")
        found = self._client.select_folder(name, readonly=True)
        self._selected = (name, str(found[b"UIDVALIDITY"]))

    def _deselect(self) -> None:
        if self._selected[0]:
            self._selected = ("", "")
            self._client.close_folder()

    def _search(self, following: int) -> set[int]:
        """Return the numbers of what is not marked as deleted. `following`: the number that the next message will have."""
        found: set[int] = set()
        for start in range(1, following, WINDOW):
            found.update(self._client.search(["UNDELETED", "UID", f"{start}:{start + WINDOW - 1}"]))
        return found


def _deleted(mailbox: str, valid: str, uids: set[int]) -> tuple[Item, ...]:
    return tuple(Item(id=f"{valid}/{uid}/{mailbox}", deleted=True) for uid in sorted(uids))
