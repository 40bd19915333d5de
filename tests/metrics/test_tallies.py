"""Counting: what is added is there, once, whoever adds it."""

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from metrics import tallies
from metrics.buffer import Buffer
from metrics.exposition import expose
from metrics.instruments import Counter, Gauge, Histogram
from metrics.models import Tally

pytestmark = pytest.mark.django_db
ASKED = Counter(name="t_asked", about="Asked", labels=("outcome",))
PLAIN = Counter(name="t_plain", about="Plain")
TOOK = Histogram(name="t_took_seconds", about="Took", labels=("stage",), bounds=(0.1, 1, 10))
STANDS = Gauge(name="t_stands", about="Stands", labels=("state",))


def values_of(*instruments: Counter | Gauge | Histogram) -> dict[tuple[str, tuple[str, ...]], float]:
    samples = [sample for family in expose(instruments, tallies.read()) for sample in family.samples]
    return {(sample.name, tuple(sample.labels.values())): sample.value for sample in samples}


def test_what_is_added_twice_counts_twice_in_one_statement_each(django_assert_num_queries: Callable) -> None:
    observations = [ASKED.add("answered"), ASKED.add("answered"), ASKED.add("refused", amount=3), TOOK.observe(0.5, "search")]
    for _ in range(2):
        with django_assert_num_queries(1):
            tallies.add(observations)
    assert values_of(ASKED) == {("t_asked_total", ("answered",)): 4, ("t_asked_total", ("refused",)): 6}
    assert Tally.objects.count() == 3


def test_nothing_is_one_statement_less(django_assert_num_queries: Callable) -> None:
    with django_assert_num_queries(0):
        tallies.add([])


def test_more_rows_than_one_statement_holds_are_all_added() -> None:
    tallies.add([ASKED.add(f"code{number}") for number in range(400)])
    assert Tally.objects.count() == 400


def test_buckets_of_a_histogram_hold_what_is_at_or_below_their_bound() -> None:
    tallies.add([TOOK.observe(seconds, "search") for seconds in (0.05, 0.1, 0.11, 5, 11)])
    assert values_of(TOOK) == {
        ("t_took_seconds_bucket", ("search", "0.1")): 2,
        ("t_took_seconds_bucket", ("search", "1")): 3,
        ("t_took_seconds_bucket", ("search", "10")): 4,
        ("t_took_seconds_bucket", ("search", "+Inf")): 5,
        ("t_took_seconds_count", ("search",)): 5,
        ("t_took_seconds_sum", ("search",)): pytest.approx(16.26),
    }


def test_other_bounds_in_a_later_release_lose_nothing() -> None:
    tallies.add([TOOK.observe(0.5, "search")])
    later = Histogram(name=TOOK.name, about="Took", labels=("stage",), bounds=(0.2, 2))
    counted = values_of(later)
    assert [counted["t_took_seconds_bucket", ("search", bound)] for bound in ("0.2", "2", "+Inf")] == [0, 1, 1]


def test_what_was_never_counted_is_zero_and_a_labelled_one_has_no_series() -> None:
    assert values_of(PLAIN, ASKED) == {("t_plain_total", ()): 0}


def test_text_of_people_never_becomes_a_label() -> None:
    tallies.add([ASKED.add("How much leave do I earn?"), ASKED.add("x" * 61), ASKED.add("erin\n")])
    assert values_of(ASKED) == {("t_asked_total", ("other",)): 3}


def test_a_label_without_a_value_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="labels"):
        ASKED.add()


def test_a_gauge_stands_at_what_was_last_set() -> None:
    tallies.set_gauge(STANDS, {("ready",): 5, ("failed",): 1})
    tallies.set_gauge(STANDS, {("ready",): 7})
    assert values_of(STANDS) == {("t_stands", ("ready",)): 7}


def test_what_is_rolled_back_was_not_counted() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tallies.add([PLAIN.add()])
        raise ZeroDivisionError
    assert values_of(PLAIN) == {("t_plain_total", ()): 0}


def test_a_buffer_writes_once_and_keeps_what_could_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(observations: object) -> None:
        raise DatabaseError

    buffer = Buffer()
    for _ in range(3):
        buffer.put(PLAIN.add())
    with monkeypatch.context() as broken:
        broken.setattr("metrics.buffer.add", refuse)
        with pytest.raises(DatabaseError):
            buffer.flush()
    buffer.put(PLAIN.add())
    buffer.flush()
    buffer.flush()
    assert values_of(PLAIN) == {("t_plain_total", ()): 4}


def test_a_buffer_that_nobody_writes_stays_small() -> None:
    buffer = Buffer()
    for _ in range(25_000):
        buffer.put(PLAIN.add())
    assert len(buffer._kept) < 10_000
    buffer.flush()
    assert values_of(PLAIN) == {("t_plain_total", ()): 25_000}


@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_lose_nothing() -> None:
    def write() -> None:
        try:
            for _ in range(20):
                tallies.add([PLAIN.add(), TOOK.observe(0.5, "search"), ASKED.add("answered")])
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    counted = values_of(PLAIN, TOOK)
    assert (counted["t_plain_total", ()], counted["t_took_seconds_count", ("search",)]) == (80, 80)
