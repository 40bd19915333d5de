"""What is counted too often for a transaction each: kept in memory for seconds, then added to the tallies at once.

A killed process loses what it had not written yet. What must not be lost is added with the event itself (`metrics.tallies.add`).
"""

import threading
from functools import cache

from metrics.instruments import Observation
from metrics.tallies import add, merge


class Buffer:
    """Of one process; its threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[Observation] = []

    def put(self, observation: Observation) -> None:
        with self._lock:
            self._kept.append(observation)
            if len(self._kept) > 10_000:  # nobody flushes, or the database is unavailable: few keys, so that it stays small
                self._kept = self._merged()

    def flush(self) -> None:
        """Write what was kept. Raises: DatabaseError: it could not be written, and is kept on."""
        with self._lock:
            taken, self._kept = self._merged(), []
        if not taken:
            return
        try:
            add(taken)
        except Exception:
            with self._lock:
                self._kept = taken + self._kept
            raise

    def _merged(self) -> list[Observation]:
        return [
            Observation(name=name, labels=labels, bucket=bucket, times=times, total=total)
            for (name, labels, bucket), (times, total) in merge(self._kept).items()
        ]


@cache
def get_buffer() -> Buffer:
    return Buffer()
