"""A semaphore for threads that serves its waiting callers first come, first served."""

import threading
from collections import deque
from types import TracebackType


class FairSemaphore:
    """Admits a number of callers at once; a context manager.

    Searches in one Python process share its lock and the processor's cores. Sixteen at once finish no sooner than a few at a time,
    and an unlucky one finishes after ten that came later: in 290 ms instead of 100.

    Args:
        slots: callers at once, at least 1.
    """

    def __init__(self, slots: int) -> None:
        self._lock = threading.Lock()
        self._free = slots
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            called.acquire()
        except BaseException:  # interrupted: give back the slot, or the place in the queue
            with self._lock:
                if called in self._waiting:
                    self._waiting.remove(called)
                    raise
            self._pass_on()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
