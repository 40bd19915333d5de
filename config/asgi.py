"""The ASGI application that uvicorn serves."""

import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.core.asgi import get_asgi_application
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
# Prepared products, 7 for each length of a question: 4.3 ms with the workers' 16 (retrieval.forward), 2.6 to 3 ms with 64.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

logger = logging.getLogger(__name__)
FIRST_PAGE_WAIT_S = 3.0
NEXT_EDITION_LOOK_S = 10.0
Event = MutableMapping[str, Any]
pages = get_asgi_application()


def warm_up(first_page: threading.Event, stopping: threading.Event) -> None:
    """Load encoder, index and the Chinese tagger, so that the first question does not wait for them; later, what is being built.

    Begins when the first page was sent, or after a moment without one: importing torch would make that page wait.
    """
    first_page.wait(timeout=FIRST_PAGE_WAIT_S)
    from chat.verify.names import chinese_names
    from kb.engine import get_engine, warm_up_next  # imports torch: seconds, which the first page must not wait for

    started = time.monotonic()
    try:
        get_engine().warm_up()
        chinese_names("预热")
    except Exception:  # the edge of a thread: pages are served all the same, and a question says what is wrong
        logger.exception("warm-up failed")
    else:
        logger.info("warmed up in %d ms", (time.monotonic() - started) * 1000)
    while not stopping.wait(NEXT_EDITION_LOOK_S):
        try:
            warm_up_next()
        except Exception:  # the edge of a thread: the question after the swap loads what is missing
            logger.exception("what is being built could not be opened")
        finally:
            connection.close()


async def application(scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]) -> None:
    """Serve pages; at the start of the server (and only then) warm up beside them."""
    if scope["type"] != "lifespan":
        await pages(scope, receive, send)
        if "first_page" in scope.get("state", {}):
            scope["state"]["first_page"].set()
        return
    first_page = scope.setdefault("state", {})["first_page"] = threading.Event()  # uvicorn hands the state to every request
    stopping = threading.Event()
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            threading.Thread(target=warm_up, args=(first_page, stopping), name="warm-up", daemon=True).start()
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            stopping.set()
            await send({"type": "lifespan.shutdown.complete"})
            return
