"""Walking the chain from event to event, with a state that can be put away and taken up again."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.chain.canonical import GENESIS
from audit.chain.checkpoints import Checkpoint
from audit.chain.marks.keys import EventKey
from audit.chain.rows import Row
from audit.chain.seams import Seam
from audit.chain.tree import Frontier, leaf_hash
from audit.chain.verifying.event_checks import check_row
from audit.chain.verifying.problems import BROKEN_LINK, Problem
from audit.chain.witness import Witness
from audit.models import Event

ROTATED = "audit.key_rotated"


@dataclass(slots=True, kw_only=True)
class Standing:
    """Where a walk has come to: all that the next event is compared with."""

    expected: int = 1  # sequence of the next event
    previous_hash: str = GENESIS
    key_id: str | None = None  # that marked the event before
    tree: Frontier = field(default_factory=Frontier)
    is_gapless: bool = True
    events: int = 0
    erased: int = 0
    authenticated: int = 0

    def as_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "tree"}
        return values | {"size": self.tree.size, "nodes": [node.hex() for node in self.tree.nodes]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Standing":
        tree = Frontier(size=values.pop("size"), nodes=[bytes.fromhex(node) for node in values.pop("nodes")])
        return cls(**values, tree=tree)


class Walk:
    """Takes rows in the order of the chain, and gathers what is wrong."""

    def __init__(
        self,
        *,
        standing: Standing,
        checkpoints: Iterable[Checkpoint],
        seams: tuple[Seam, ...],
        keys: dict[str, EventKey] | None,
        witness: Witness | None,
    ) -> None:
        self.standing, self._seams, self._keys, self._witness = standing, seams, keys, witness
        self._awaited: dict[int, list[Checkpoint]] = {}  # may be two of one event: of what a restore lost, and of what came after
        for entry in checkpoints:
            if entry.sequence >= standing.expected:
                self._awaited.setdefault(entry.sequence, []).append(entry)
        self.matching: list[Checkpoint] = []
        self.erased: dict[str, tuple[int, datetime]] = {}
        self.problems: list[Problem] = []

    def take(self, row: Row) -> None:
        """Check one event, and that it follows from the one before."""
        at = self.standing
        at.events += 1
        sequence = at.expected if row.sequence is None else row.sequence
        if sequence > at.expected:
            self.problems.append(_gap(at.expected, sequence))
            at.is_gapless = False
        elif sequence < at.expected or (row.event is not None and row.event.previous_hash != at.previous_hash):
            self.problems.append(Problem(code="link_broken", sequence=sequence, message=BROKEN_LINK))
        found = check_row(row, sequence, keys=self._keys)
        self.problems += found
        if row.event is not None and self._keys is not None:
            self._check_key(row, sequence)
            at.authenticated += not any(one.code in ("unauthenticated", "key_unknown", "event_malformed") for one in found)
        if row.event is not None and row.payload is not None and row.payload.erased_at is not None:
            self.erased[f"event:{row.event.uid}"] = (sequence, row.payload.erased_at)
            at.erased += 1
        at.tree.append(leaf_hash(row.hash or ""))
        self._compare(sequence, row.hash)
        at.expected, at.previous_hash = max(sequence + 1, at.expected), row.hash or ""

    def unexplained(self) -> list[Checkpoint]:
        """Return the checkpoints of events that did not come, and that no restore accounts for."""
        waiting = (entry for entries in self._awaited.values() for entry in entries)
        return [entry for entry in waiting if not any(seam.explains(entry) for seam in self._seams)]

    def _compare(self, sequence: int, found_hash: str | None) -> None:
        for entry in self._awaited.pop(sequence, ()):
            if entry.hash != found_hash:
                if not any(seam.explains(entry) for seam in self._seams):
                    message = f"is not the one that was signed at {entry.at}"
                    self.problems.append(Problem(code="checkpoint_mismatch", sequence=sequence, message=message))
            elif self._differs_from_root(entry):
                message = f"or one before it is not what the tree signed at {entry.at} was made of"
                self.problems.append(Problem(code="root_mismatch", sequence=sequence, message=message))
            else:
                self.matching.append(entry)
        witness = self._witness
        if witness is not None and witness.sequence == sequence and witness.hash != found_hash:
            message = "is not the one that was committed, as noted beside the database"
            self.problems.append(Problem(code="checkpoint_mismatch", sequence=sequence, message=message))

    def _differs_from_root(self, entry: Checkpoint) -> bool:
        """Whether the tree is another, though nothing before was wrong by itself."""
        if not entry.root or not self.standing.is_gapless or self.problems:
            return False
        return self.standing.tree.root().hex() != entry.root

    def _check_key(self, row: Row, sequence: int) -> None:
        """One key marks all events until the event that says it was changed, for which the old one vouches."""
        event = row.event
        if event is None or type(event.key_id) is not str:
            return
        before, self.standing.key_id = self.standing.key_id, event.key_id
        if before is None or before == event.key_id:
            return
        if self._keys and event.action == ROTATED and _is_endorsed(row, self._keys.get(before), successor=event.key_id):
            return
        message = f"is marked with another key ({event.key_id}) than the event before, and none was changed"
        self.problems.append(Problem(code="key_changed", sequence=sequence, message=message))


def _is_endorsed(row: Row, old: EventKey | None, *, successor: str) -> bool:
    if old is None or row.payload is None or row.event is None:
        return False
    try:
        given = json.loads(row.payload.body)["payload"]["endorsement"]
    except (ValueError, TypeError, KeyError):
        return False
    return bool(given == old.endorse(successor=successor, sequence=row.event.sequence))


def is_without_marks(keys: dict[str, EventKey]) -> bool:
    """Whether this is still the chain of an earlier release: no key was ever made, and no event bears a mark."""
    return not keys and not Event.objects.exclude(mark="", key_id="").exists()


def _gap(expected: int, found: int) -> Problem:
    if found == expected + 1:
        return Problem(code="gap", sequence=expected, message="is missing")
    return Problem(code="gap", sequence=expected, message=f"to {found - 1} are missing")
