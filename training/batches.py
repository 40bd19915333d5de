"""Batches of examples: texts of about one length, and the passages that compete for one question together."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.examples import Example

_SORTED = 24  # batches among which examples are sorted by length


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An example as token ids; `first`: places where a right answer begins, `last`: where one ends (place 0: there is none)."""

    example: Example
    ids: list[int]
    first: tuple[int, ...]
    last: tuple[int, ...]


def make_batches(made: Sequence[Made], *, size: int, seed: int) -> Iterator[list[Made]]:
    """Yield batches of about one length, in a random order; the passages of one question stand in one of them."""
    rng = random.Random(seed)
    together: dict[object, list[Made]] = defaultdict(list)
    for place, one in enumerate(made):
        together[one.example.rivals or place].append(one)
    groups = [found[i : i + size] for found in together.values() for i in range(0, len(found), size)]
    for some in _shares(rng.sample(groups, len(groups)), size * _SORTED):
        parts = _shares(sorted(some, key=lambda group: max(len(one.ids) for one in group)), size)
        for part in rng.sample(parts, len(parts)):
            yield [one for group in part for one in group]


def _shares(groups: Sequence[list[Made]], size: int) -> list[list[list[Made]]]:
    """Part the groups, in their order, into shares of about `size` examples."""
    shares: list[list[list[Made]]] = [[]]
    for group in groups:
        if shares[-1] and sum(map(len, shares[-1])) + len(group) > size:
            shares.append([])
        shares[-1].append(group)
    return shares


def find_rivals(batch: Sequence[Made]) -> list[list[int]]:
    """Return the rows of each question that is asked of passages with its answer and of others without."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, one in enumerate(batch):
        if one.example.rivals:
            rows[one.example.rivals].append(row)
    return [found for found in rows.values() if len({bool(batch[row].example.answers) for row in found}) == 2]
