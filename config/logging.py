"""One event one line, to standard error; JSON for machines, text for people."""

import json
import logging
from typing import Any


class JsonFormatter(logging.Formatter):
    """Renders a record as one JSON object: time, level, logger, message, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
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
            "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
            "json": {"()": "config.logging.JsonFormatter"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": style}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "httpx": {"level": "WARNING"},
            "jieba": {"level": "WARNING"},
            "sentence_transformers": {"level": "WARNING"},
            "pypdf": {"level": "ERROR"},
        },
    }
