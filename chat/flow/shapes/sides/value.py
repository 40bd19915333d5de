"""What an answer tells side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chat.judge.candidates import Candidate
from chat.verify.windows import Passage


class SidesKind(StrEnum):
    CHANGE = "change"  # one replaces what the other says
    SERIES = "series"  # the same of other times
    SUBJECTS = "subjects"  # of other groups, places or products
    THREAD = "thread"  # a newer mail of a thread says otherwise
    CONFLICT = "conflict"  # of the same: the documents disagree


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A sentence with what tells it apart. `name`: the subject it is about, or the title of its document."""

    passage: Passage
    position: int
    name: str
    since: date | None = None

    @property
    def key(self) -> tuple[int, int]:
        return self.passage.evidence.marker, self.position

    @classmethod
    def of(cls, candidate: Candidate, *, name: str = "", since: date | None = None) -> "Side":
        """Return a candidate as a side, by its title where no name is given."""
        return cls(
            passage=candidate.passage,
            position=candidate.position,
            name=name or candidate.evidence.place.title,
            since=since,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is told side by side, in the order in which it is shown: of times the newest that holds first."""

    kind: SidesKind
    sides: tuple[Side, ...]

    def receipt(self) -> Mapping[str, object]:
        """Return it as JSON."""
        rows = [
            {
                "name": side.name,
                "since": side.since.isoformat() if side.since else "",
                "chunk_id": str(side.passage.evidence.chunk_id),
                "sentence": side.position,
            }
            for side in self.sides
        ]
        return {"kind": str(self.kind), "sides": rows}
