"""So many at once, in the order in which they came, and a turn is never lost."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from retrieval.fair_semaphore import FairSemaphore


def wait_until_waiting(slots: FairSemaphore, count: int) -> None:
    while len(slots._waiting) < count:
        threading.Event().wait(0.005)


def test_the_first_who_comes_is_the_first_who_is_called() -> None:
    slots, order = FairSemaphore(1), []

    def take(number: int) -> None:
        with slots:
            order.append(number)

    with ThreadPoolExecutor(8) as pool, slots:
        for number in range(8):
            pool.submit(take, number)
            wait_until_waiting(slots, number + 1)
        assert order == []
    assert order == list(range(8))


@pytest.mark.parametrize("places", [1, 3])
def test_no_more_than_the_places_at_once_and_all_of_them_are_used(places: int) -> None:
    slots, lock, inside, most = FairSemaphore(places), threading.Lock(), 0, 0
    all_in = threading.Barrier(places)

    def take(number: int) -> None:
        nonlocal inside, most
        with slots:
            with lock:
                inside += 1
                most = max(most, inside)
            if number < places:
                all_in.wait(30)  # only where they are in at the same time
            with lock:
                inside -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(take, range(60)))
    assert most == places


def test_a_failure_gives_the_turn_back() -> None:
    slots = FairSemaphore(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="no"), slots:
            raise ValueError("no")


def test_who_is_interrupted_while_waiting_leaves_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    slots = FairSemaphore(1)

    class Interrupted:
        """A lock whose second taking is interrupted, as Ctrl-C does it."""

        def __init__(self) -> None:
            self.taken = False

        def acquire(self) -> None:
            if self.taken:
                raise KeyboardInterrupt
            self.taken = True

    with slots:
        monkeypatch.setattr("retrieval.fair_semaphore.threading.Lock", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            slots.__enter__()
        monkeypatch.undo()
        assert not slots._waiting
    with slots:
        pass
