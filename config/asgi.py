"""The ASGI application that uvicorn serves."""

import asyncio
import logging
import os
import sys
import threading
import time

import django
from django.db import connection

from config.database_pool import close_connections, share_connections
from config.requests.body import Receive, Scope, Send, StreamingHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
# Prepared products, 7 for each length of a question: 4.3 ms with the workers' 16 (retrieval.encoding.forward), 2.6 to 3 ms with 64.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

logger = logging.getLogger(__name__)
FIRST_PAGE_WAIT_S = 3.0
FLUSH_S = 10.0
LAST_WRITE_S = 1.0  # for what was counted since the last writing, at the end
NEXT_EDITION_LOOK_S = 10.0
django.setup(set_prefix=False)
share_connections()
pages = StreamingHandler()

from system.readiness import WARMTH  # noqa: E402  needs the app registry


def warm_up(first_page: threading.Event, stopping: threading.Event) -> None:
    """Load what the first question touches, so that it does not wait; later, what is being built. Compare index and database.

    Begins when the first page was sent, or after a moment without one: importing torch would make that page wait.
    """
    first_page.wait(timeout=FIRST_PAGE_WAIT_S)
    while not load_for_first_question():
        if stopping.wait(NEXT_EDITION_LOOK_S):
            return
    WARMTH.finish()
    from kb.index.completeness import compare_if_due
    from kb.index.engine import get_engine, warm_up_next

    while not stopping.wait(NEXT_EDITION_LOOK_S):
        try:
            warm_up_next()
            compare_if_due(engine=get_engine())  # where no worker runs
        except Exception:  # the edge of a thread: the question after the swap loads what is missing
            logger.exception("what is being built could not be opened, or index and database not compared")
        finally:
            connection.close()


def load_for_first_question() -> bool:
    """Load encoder, index, taggers and all else on the way to an answer. Returns: whether that went well."""
    from chat.flow.warming import warm_up_answering  # imports torch: seconds, which the first page must not wait for
    from kb.index.engine import get_engine

    started = time.monotonic()
    try:
        get_engine().warm_up()
        warm_up_answering()
    except Exception:  # the edge of a thread: pages are served all the same, and a question says what is wrong
        logger.exception("warm-up failed; it is tried again in %.0f s", NEXT_EDITION_LOOK_S)
        return False
    finally:
        connection.close()
    logger.info("warmed up in %d ms", (time.monotonic() - started) * 1000)
    return True


def write_metrics(stopping: threading.Event) -> None:
    """Write what this process has counted, every few seconds and once more at the end."""
    is_over = False
    while not is_over:
        is_over = stopping.wait(FLUSH_S)
        from config.metrics import flush  # not before the first page, whose imports these are too

        flush()
        connection.close()


async def end_answers() -> None:
    """Have the answers that are being written here concluded, where there was any question."""
    if "chat.streaming.runs" in sys.modules:
        from chat.streaming.runs import get_runs

        await get_runs().end()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve pages; at the start of the server (and only then) warm up beside them."""
    if scope["type"] != "lifespan":
        scope.setdefault("state", {})["loop"] = asyncio.get_running_loop()  # on which an answer is written beyond its request
        await pages(scope, receive, send)
        if "first_page" in scope.get("state", {}):
            scope["state"]["first_page"].set()
        return
    first_page = scope.setdefault("state", {})["first_page"] = threading.Event()  # uvicorn hands the state to every request
    stopping = threading.Event()
    counting = threading.Thread(target=write_metrics, args=(stopping,), name="metrics", daemon=True)
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            WARMTH.begin()
            threading.Thread(target=warm_up, args=(first_page, stopping), name="warm-up", daemon=True).start()
            counting.start()
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            stopping.set()
            await end_answers()
            await asyncio.to_thread(counting.join, LAST_WRITE_S)
            await asyncio.to_thread(close_connections)
            await send({"type": "lifespan.shutdown.complete"})
            return
