"""One forgery after another: the database is changed, verified, and as it was again."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection, transaction

from audit.chain.verification import verify_chain
from bench.harness.forging.kinds import KINDS, Kind, forge


@dataclass(slots=True)
class Tried:
    """What came of each kind."""

    made: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)  # in words


def try_forgeries(count: int, *, seed: int, elsewhere: Path) -> Tried:
    """Forge `count` times, of each kind about as often, with the guards removed by the caller."""
    chance, tried = random.Random(seed), Tried()
    for kind in _kinds(count):
        with transaction.atomic():
            with connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.execute("PRAGMA defer_foreign_keys = ON")
                else:
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            forgery = forge(chance, kind=kind)
            problems = verify_chain(checkpoint=elsewhere).problems
            transaction.set_rollback(True)
        tried.made[forgery.kind] += 1
        if any(problem.sequence in forgery.events for problem in problems):
            tried.found[forgery.kind] += 1
        else:
            told = [(problem.code, problem.sequence) for problem in problems[:5]]
            tried.missed.append(f"{forgery.kind} of {sorted(forgery.events)}: {told}")
    return tried


def _kinds(count: int) -> Iterator[Kind]:
    for number in range(count):
        yield KINDS[number % len(KINDS)]
