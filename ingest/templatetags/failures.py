"""Why a document failed, and what its warnings say, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext

from ingest.errors import MESSAGES
from kb.models import DocumentVersion

register = template.Library()


@register.filter
def failure(version: DocumentVersion) -> str:
    """The sentence for the version's error code; its stored English where the code is unknown."""
    known = MESSAGES.get(version.error_code)
    return gettext(known) if known else version.error_message


@register.filter
def warning(row: Mapping[str, Any]) -> str:
    """The sentence for a warning {"code", "message", "pages"}; its stored English where the code is unknown."""
    known = MESSAGES.get(str(row.get("code", "")))
    return gettext(known) if known else str(row.get("message", ""))
