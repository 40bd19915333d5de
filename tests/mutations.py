"""The faults of tests/mutations.toml: one line of the code each, with the tests that must notice."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "mutations.toml"


class BadMutation(Exception):
    """The list does not fit the code: the sentence says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """`before` stands exactly once in `file`, and `after` takes its place. `tests`: files, or single tests as pytest names them."""

    name: str
    area: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def apply(self, text: str) -> str:
        """Return the file's text with the fault in it. Raises: BadMutation: `before` does not stand there exactly once."""
        if (count := text.count(self.before)) != 1:
            raise BadMutation(f"{self.name}: {self.before!r} stands {count} times in {self.file}; it must stand there once.")
        return text.replace(self.before, self.after)


def read_mutations(path: Path = LIST) -> tuple[Mutation, ...]:
    """Return the faults in the order of the list. Raises: BadMutation: an entry lacks a field or has one that is unknown."""
    found = []
    for number, entry in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["mutation"], start=1):
        try:
            found.append(Mutation(**{**entry, "tests": tuple(entry["tests"])}))
        except (KeyError, TypeError) as error:
            raise BadMutation(f"Entry {number} ({entry.get('name', 'no name')}): {error}") from error
    return tuple(found)


def choose(mutations: tuple[Mutation, ...], names: list[str]) -> tuple[Mutation, ...]:
    """Return those of these names; all where none is named. Raises: BadMutation: an unknown name."""
    if unknown := sorted(set(names) - {one.name for one in mutations}):
        raise BadMutation(f"There is no fault named {', '.join(unknown)}; scripts/mutate --list names them all.")
    return tuple(one for one in mutations if one.name in names or not names)
