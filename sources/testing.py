"""The contract that every connector keeps, as tests: subclass `ContractSuite` in a test module, and say how the outside changes.

    class TestNotes(ContractSuite):
        unsupported = frozenset({"throttle"})

        def outside(self) -> Outside:
            return MyOutside()          # starts a server, or makes a folder; fresh for each test

A suite knows the port alone: no database, nothing of Attest. What an outside cannot do is named in `unsupported`; those tests are
skipped, and say so. docs/connectors.md shows a whole one.
"""

import io
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Protocol, TypeVar, cast

from sources.connectors.errors import CursorExpired, ItemGone, SourceAway, Throttled
from sources.connectors.port import Changes, Connector, Item

Raised = TypeVar("Raised", bound=Exception)
Way = tuple[str, ...]  # folders from the top down, the name last


class Outside(Protocol):
    """The system that a connector reads, as a test changes it."""

    def open(self) -> Connector:
        """Return a connector that is opened anew."""

    def put(self, way: Way, content: bytes) -> None:
        """Make a document, or change it."""

    def remove(self, way: Way) -> None: ...

    def move(self, way: Way, to: Way) -> None:
        """Give it another name or folder; the bytes stay."""

    def narrow(self, way: Way) -> None:
        """Let fewer read it than before; the bytes stay."""

    def go_away(self) -> None:
        """Answer nobody any more."""

    def close(self) -> None: ...


class Throttling(Protocol):
    """What an outside has besides, where it can."""

    def throttle(self) -> None:
        """Ask the next listing to wait, once."""


class Mirror:
    """What somebody knows who has followed all changes: items by their ids."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.cursor = ""
        self._seen: set[str] = set()

    def follow(self, connector: Connector, *, pages: int | None = None) -> int:
        """Follow the changes, at most so many pages. Returns: how many pages there were."""
        if not self.cursor:
            self._seen = set()
        count = 0
        for page in connector.list_changes(self.cursor):
            self._take(page)
            count += 1
            if page.ended or page.complete or count == pages:
                break
        return count

    def _take(self, page: Changes) -> None:
        for item in page.items:
            self._seen.add(item.id)
            if item.deleted:
                self.items.pop(item.id, None)
            else:
                self.items[item.id] = item
        self.cursor = page.cursor
        if page.complete:
            self.items = {id_: item for id_, item in self.items.items() if id_ in self._seen}

    def at(self, way: Way) -> Item:
        """Return the item at a place. Raises: LookupError: there is none, or several are."""
        found = [item for item in self.items.values() if (*item.folders, item.name) == way]
        if len(found) != 1:
            raise LookupError(f"{len(found)} items are at {'/'.join(way)}")
        return found[0]

    def ways(self) -> list[Way]:
        return sorted((*item.folders, item.name) for item in self.items.values())


class ContractSuite:
    """See the module. `many`: as many documents as take several pages; `stays_on_move`: ids stay when a document is moved."""

    unsupported: ClassVar[frozenset[str]] = frozenset()  # of "move", "narrow", "throttle", "go_away"
    many: ClassVar[int] = 30
    stays_on_move: ClassVar[bool] = True

    def outside(self) -> Outside:
        raise NotImplementedError

    @contextmanager
    def _outside(self, *needs: str) -> Iterator[Outside]:
        if missing := self.unsupported & set(needs):
            raise unittest.SkipTest(f"the outside cannot {', '.join(sorted(missing))}")
        outside = self.outside()
        try:
            yield outside
        finally:
            outside.close()

    @contextmanager
    def _opened(self, outside: Outside) -> Iterator[Connector]:
        connector = outside.open()
        try:
            yield connector
        finally:
            connector.close()

    def _follow(self, outside: Outside, mirror: Mirror) -> Mirror:
        with self._opened(outside) as connector:
            mirror.follow(connector)
        return mirror

    def test_everything_is_listed_with_its_place_and_fetched_as_it_is(self) -> None:
        with self._outside() as outside:
            outside.put(("one.md",), b"One.")
            outside.put(("Finance", "2026", "two.md"), b"Two.")
            mirror = self._follow(outside, Mirror())
            _equal(mirror.ways(), [("Finance", "2026", "two.md"), ("one.md",)])
            with self._opened(outside) as connector:
                connector.check()
                for way, content in ((("one.md",), b"One."), (("Finance", "2026", "two.md"), b"Two.")):
                    into = io.BytesIO()
                    connector.fetch(mirror.at(way), into)
                    _equal(into.getvalue(), content)

    def test_what_did_not_change_has_the_same_id_and_version(self) -> None:
        with self._outside() as outside:
            outside.put(("one.md",), b"One.")
            first = self._follow(outside, Mirror()).at(("one.md",))
            again = self._follow(outside, Mirror()).at(("one.md",))
            _equal((again.id, again.version, again.rights), (first.id, first.version, first.rights))

    def test_a_change_is_told_by_another_version_of_that_one_alone(self) -> None:
        with self._outside() as outside:
            outside.put(("one.md",), b"One.")
            outside.put(("two.md",), b"Two.")
            mirror = self._follow(outside, Mirror())
            before = {way: mirror.at(way) for way in mirror.ways()}
            outside.put(("one.md",), b"One, and more.")
            outside.put(("three.md",), b"Three.")
            self._follow(outside, mirror)
            _equal(mirror.ways(), [("one.md",), ("three.md",), ("two.md",)])
            _differ(mirror.at(("one.md",)).version, before["one.md",].version)
            _equal(mirror.at(("two.md",)).version, before["two.md",].version)

    def test_what_is_deleted_is_told(self) -> None:
        with self._outside() as outside:
            outside.put(("one.md",), b"One.")
            outside.put(("two.md",), b"Two.")
            mirror = self._follow(outside, Mirror())
            gone = mirror.at(("one.md",))
            outside.remove(("one.md",))
            self._follow(outside, mirror)
            _equal(mirror.ways(), [("two.md",)])
            with self._opened(outside) as connector:
                _raises(ItemGone, lambda: connector.fetch(gone, io.BytesIO()))

    def test_what_is_moved_is_at_one_place_with_the_same_bytes(self) -> None:
        with self._outside("move") as outside:
            outside.put(("one.md",), b"One.")
            mirror = self._follow(outside, Mirror())
            before = mirror.at(("one.md",))
            outside.move(("one.md",), ("Archive", "first.md"))
            self._follow(outside, mirror)
            _equal(mirror.ways(), [("Archive", "first.md")])
            if self.stays_on_move:
                after = mirror.at(("Archive", "first.md"))
                _equal((after.id, after.version), (before.id, before.version))

    def test_other_rights_are_told_and_are_no_other_version(self) -> None:
        with self._outside("narrow") as outside:
            outside.put(("one.md",), b"One.")
            mirror = self._follow(outside, Mirror())
            before = mirror.at(("one.md",))
            outside.narrow(("one.md",))
            self._follow(outside, mirror)
            after = mirror.at(("one.md",))
            _differ(after.rights, before.rights)
            _equal(after.version, before.version)
            with self._opened(outside) as connector:
                _equal(connector.rights_of(after), after.rights)

    def test_a_listing_that_is_cut_after_any_page_goes_on_from_its_cursor(self) -> None:
        with self._outside() as outside:
            wanted = sorted(("many", f"{number:04}.md") for number in range(self.many))
            for way in wanted:
                outside.put(way, way[-1].encode())
            mirror = Mirror()
            for _page in range(self.many + 1):
                with self._opened(outside) as connector:
                    if mirror.follow(connector, pages=1) == 0:
                        break
                if len(mirror.items) == len(wanted):
                    break
            _equal(mirror.ways(), wanted)

    def test_who_is_asked_to_wait_waits_and_goes_on(self) -> None:
        with self._outside("throttle") as outside:
            outside.put(("one.md",), b"One.")
            cast(Throttling, outside).throttle()
            mirror = Mirror()
            with self._opened(outside) as connector:
                wait = _raises(Throttled, lambda: mirror.follow(connector))
            _true(wait.retry_after > 0, "a wait is longer than nothing")
            self._follow(outside, mirror)
            _equal(mirror.ways(), [("one.md",)])

    def test_a_source_that_is_away_is_never_an_empty_one(self) -> None:
        with self._outside("go_away") as outside:
            outside.put(("one.md",), b"One.")
            mirror = self._follow(outside, Mirror())
            connector = outside.open()
            outside.go_away()
            _raises(SourceAway, lambda: mirror.follow(connector))
            _raises(SourceAway, connector.check)
            connector.close()
            _equal(mirror.ways(), [("one.md",)])

    def test_a_cursor_that_means_nothing_is_said_to(self) -> None:
        with self._outside() as outside, self._opened(outside) as connector:
            outside.put(("one.md",), b"One.")
            _raises(CursorExpired, lambda: list(connector.list_changes("\x7fnonsense")))


def _equal(found: object, wanted: object) -> None:
    _true(found == wanted, f"{found!r} is not {wanted!r}")


def _differ(found: object, before: object) -> None:
    _true(found != before, f"{found!r} should not be what it was")


def _true(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def _raises(kind: type[Raised], call: Callable[[], object]) -> Raised:
    """Return what the call raises. Raises: AssertionError: it ended well."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")
