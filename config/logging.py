"""One event one line, to standard error; JSON for machines, text for people."""

import json
import logging
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

# Which request a log line belongs to. A context variable, not shared state: each request and each task has its own.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="-")


class RequestId(logging.Filter):
    """Puts the id of the request being answered on each record; "-" outside of one."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class NotProbes(logging.Filter):
    """Leaves out that /readyz says no: it is asked each second while models load. What fails is logged where it is found out."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return not (path == "/readyz" and getattr(record, "status_code", 0) == HTTPStatus.SERVICE_UNAVAILABLE)


class JsonFormatter(logging.Formatter):
    """Renders a record as one JSON object: time, level, logger, request, message, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)


def logging_config(*, level: str, style: str) -> dict[str, Any]:
    """Return a `logging.config.dictConfig` for `level` and `style` ("text" or "json")."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s"},
            "json": {"()": "config.logging.JsonFormatter"},
        },
        "filters": {"request_id": {"()": "config.logging.RequestId"}, "not_probes": {"()": "config.logging.NotProbes"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": style, "filters": ["request_id"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"filters": ["not_probes"]},
            "httpx": {"level": "WARNING"},
            "mcp": {"level": "WARNING"},  # says at each request that it starts and ends
            "faiss.loader": {"level": "WARNING"},
            "kombu.connection": {"level": "ERROR"},  # the broker of folders has no host, and says so at every start
            "jieba": {"level": "WARNING"},
            "sentence_transformers": {"level": "WARNING"},
            "pypdf": {"level": "ERROR"},
            # What sources are read with; they tell every step, and every file.
            **{name: {"level": "WARNING"} for name in ("smbprotocol", "spnego", "imapclient", "dulwich")},
        },
    }
