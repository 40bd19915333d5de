"""The gateway of this installation, with the model that the environment names among its rows."""

import logging
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from gateway.models import ENVIRONMENT, ServedModel
from gateway.ports import Gateway
from gateway.routing.row_gateway import RowGateway

logger = logging.getLogger(__name__)

KEY_VARIABLE = "LLM_API_KEY"


def configured_gateway() -> Gateway:
    """Return the gateway. Reads the database: not for the event loop."""
    keep_environment_model()
    return RowGateway()


def keep_environment_model() -> None:
    """Make the row of LLM_BASE_URL and its like say what they say; where the address is not set, the row is out of use.

    What the variables do not name (price, weight, style, whether it is outside) is the admin's.
    """
    row = ServedModel.objects.filter(name=ENVIRONMENT).first()
    if row is None and not settings.LLM_BASE_URL:
        return
    wanted = _environment_fields() if settings.LLM_BASE_URL else {"is_enabled": False}
    row = row or ServedModel(name=ENVIRONMENT)
    if row.pk and all(getattr(row, name) == value for name, value in wanted.items()):
        return
    for name, value in wanted.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        logger.info("another process has made the row of the environment's model")


def _environment_fields() -> dict[str, Any]:
    return {
        "base_url": settings.LLM_BASE_URL,
        "served_name": settings.LLM_MODEL,
        "key_variable": KEY_VARIABLE if settings.LLM_API_KEY else "",
        "context_tokens": settings.LLM_CONTEXT_TOKENS,
        "max_answer_tokens": settings.LLM_MAX_ANSWER_TOKENS,
        "first_token_timeout_s": settings.LLM_FIRST_TOKEN_TIMEOUT_S,
        "total_timeout_s": settings.LLM_TOTAL_TIMEOUT_S,
        "max_concurrent": settings.LLM_MAX_CONCURRENT,
        "is_enabled": True,
    }
