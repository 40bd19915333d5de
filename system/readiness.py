"""What /readyz asks of retrieval: does the index answer, is it there, does the encoder answer, has this process warmed up."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime

from kb.index.engine import Engine, get_engine
from kb.index.rebuilding import indexable_chunks
from retrieval.errors import RetrievalError

logger = logging.getLogger(__name__)
LIMIT_S = 3.0  # for a server that is unavailable: what asks (docker-compose.yml) waits 4 s


class Warmth:
    """Whether this process has loaded what a first question touches. One that serves no pages never begins, and counts as warm."""

    def __init__(self) -> None:
        self._begun, self._done = threading.Event(), threading.Event()

    def begin(self) -> None:
        self._begun.set()

    def finish(self) -> None:
        self._done.set()

    @property
    def is_warm(self) -> bool:
        return self._done.is_set() or not self._begun.is_set()


class Probe:
    """Asks in a thread of its own, which touches no database, and waits no longer than LIMIT_S. While one hangs none is added."""

    def __init__(self, ask: Callable[[Engine], int]) -> None:
        self._ask = ask
        self._running: tuple[Engine, Future[int]] | None = None
        self._lock = threading.Lock()

    def ask(self, engine: Engine) -> int | None:
        """Return what the engine answers, None where it does not."""
        with self._lock:
            if self._running is None or self._running[0] is not engine or self._running[1].done():
                self._running = (engine, Future())
                # A daemon: one that hangs does not hold up the end of the process.
                threading.Thread(target=self._run, args=self._running, name="readiness", daemon=True).start()
            answer = self._running[1]
        try:
            return answer.result(timeout=LIMIT_S)
        except NotInTime:
            logger.warning("not ready: no answer within %.0f s", LIMIT_S)
        except (RetrievalError, OSError) as error:
            logger.warning("not ready: %s", error)
        return None

    def _run(self, engine: Engine, answer: Future[int]) -> None:
        try:
            answer.set_result(self._ask(engine))
        except Exception as error:  # noqa: BLE001  handed to whoever waits
            answer.set_exception(error)


WARMTH = Warmth()
COUNT = Probe(lambda engine: engine.count())
ENCODER = Probe(lambda engine: engine.check_encoder())


def check_retrieval() -> dict[str, bool]:
    """Return whether the index answers and is there, whether the encoder answers, and whether a first question would wait."""
    try:
        engine = get_engine()
    except (RetrievalError, OSError) as error:
        logger.warning("not ready: %s", error)
        return {"index": False, "encoder": False, "warm": WARMTH.is_warm}
    count = COUNT.ask(engine)
    is_there = count is not None and (count > 0 or not indexable_chunks(engine).exists())
    return {"index": is_there, "encoder": ENCODER.ask(engine) is not None, "warm": WARMTH.is_warm}
