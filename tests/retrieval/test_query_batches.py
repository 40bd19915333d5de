"""Questions that arrive while others are embedded are embedded together; nobody gets another's vector."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from retrieval.encoding.query_batches import MOST, QueryBatches


class Doubling:
    """Doubles numbers; the first batch waits until it is released."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.started, self.go_on = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        if not self.started.is_set():
            self.started.set()
            assert self.go_on.wait(30)
        if 13 in items:
            raise ValueError("13")
        return [2 * item for item in items]


def ask_behind_one(numbers: Sequence[int]) -> tuple[Doubling, list[int | str]]:
    """Ask for 1; while that is under way for all of `numbers`, each in a thread; then let it go on. Returns: also their results."""
    run = Doubling()
    batches = QueryBatches(run, side_by_side=lambda: 1)

    def ask(number: int) -> int | str:
        try:
            return batches.submit(number)
        except ValueError as error:
            return f"error {error}"

    with ThreadPoolExecutor(len(numbers) + 1) as pool:
        first = pool.submit(ask, 1)
        assert run.started.wait(30)
        others = [pool.submit(ask, number) for number in numbers]
        while len(batches._waiting) < len(numbers):
            threading.Event().wait(0.01)
        run.go_on.set()
        assert first.result() == 2
        return run, [other.result() for other in others]


def test_one_alone_is_a_batch_of_its_own() -> None:
    run = Doubling()
    run.go_on.set()
    assert QueryBatches(run, side_by_side=lambda: 1).submit(21) == 42
    assert run.batches == [[21]]


def test_what_arrives_together_is_done_together() -> None:
    numbers = list(range(100, 100 + MOST))
    run, results = ask_behind_one(numbers)
    assert results == [2 * number for number in numbers]
    assert [sorted(batch) for batch in run.batches] == [[1], numbers]


def test_a_batch_has_a_limit() -> None:
    numbers = list(range(100, 101 + 2 * MOST))
    run, results = ask_behind_one(numbers)
    assert results == [2 * number for number in numbers]
    assert [len(batch) for batch in run.batches] == [1, MOST, MOST, 1]


def test_a_failure_reaches_everyone_in_its_batch_and_nobody_else() -> None:
    run, results = ask_behind_one([13, 14])
    assert results == ["error 13", "error 13"]
    assert [sorted(batch) for batch in run.batches] == [[1], [13, 14]]


@pytest.mark.parametrize("side_by_side", [1, 3])
def test_everyone_gets_their_own(side_by_side: int) -> None:
    batches: QueryBatches[int, int] = QueryBatches(lambda items: [-item for item in items], side_by_side=lambda: side_by_side)
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(batches.submit, range(500))) == [-number for number in range(500)]


def test_batches_run_side_by_side_and_one_that_ends_has_the_next_done() -> None:
    running, both = threading.Semaphore(0), threading.Barrier(2)
    sizes: list[int] = []

    def run(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        if len(sizes) <= 2:
            running.release()
            both.wait(30)  # passes only where two are in at the same time
        return [3 * item for item in items]

    batches = QueryBatches(run, side_by_side=lambda: 2)
    with ThreadPoolExecutor(3 * MOST) as pool:
        first = [pool.submit(batches.submit, number) for number in range(1)]
        assert running.acquire(timeout=30)
        others = [pool.submit(batches.submit, number) for number in range(1, 3 * MOST)]
        assert [one.result(timeout=30) for one in first + others] == [3 * number for number in range(3 * MOST)]
    assert (sum(sizes), max(sizes) <= MOST, batches._running) == (3 * MOST, True, 0)
