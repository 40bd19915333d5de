"""The values of a report: sections with facts, and what is wrong in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

FactValue = str | int | float | bool | datetime | None


class State(StrEnum):
    OK = "ok"
    WARN = "warn"  # should be seen to
    BAD = "bad"  # does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that is so. `unit`: of a number, for people."""

    code: str
    label: str
    value: FactValue
    unit: Literal["", "bytes", "seconds", "version"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, in plain words, and what mends it: a command on the machine, or a page."""

    code: str
    sentence: str
    command: str = ""
    page: str = ""  # name of the address
    is_urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    code: str
    title: str
    facts: Sequence[Fact] = ()
    problems: Sequence[Problem] = ()

    @property
    def state(self) -> State:
        if any(problem.is_urgent for problem in self.problems):
            return State.BAD
        return State.WARN if self.problems else State.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    at: datetime
    sections: Sequence[Section]

    @property
    def state(self) -> State:
        states = {section.state for section in self.sections}
        return next(state for state in (State.BAD, State.WARN, State.OK) if state in states or state == State.OK)

    def as_dict(self) -> dict[str, Any]:
        """Return it for programs: facts by their codes."""
        return {
            "at": self.at.isoformat(),
            "state": str(self.state),
            "sections": [
                {
                    "code": section.code,
                    "title": section.title,
                    "state": str(section.state),
                    "facts": {fact.code: _plain(fact.value) for fact in section.facts},
                    "problems": [
                        {
                            "code": problem.code,
                            "sentence": problem.sentence,
                            "command": problem.command,
                            "is_urgent": problem.is_urgent,
                        }
                        for problem in section.problems
                    ],
                }
                for section in self.sections
            ],
        }


def _plain(value: FactValue) -> str | int | float | bool | None:
    return value.isoformat() if isinstance(value, datetime) else value
