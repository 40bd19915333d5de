"""Cursors that are JSON objects: what cannot be read was written by something else, and means to list anew."""

import json
from typing import Any

from django.utils.translation import gettext as _

from sources.connectors.errors import CursorExpired


def read_cursor(text: str, *needed: str) -> dict[str, Any]:
    """Return the object; it has one of the `needed` names. Raises: CursorExpired."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CursorExpired(_("The position in the list was lost. Everything is listed again.")) from error
    if not isinstance(found, dict) or not any(name in found for name in needed):
        raise CursorExpired(_("The position in the list was lost. Everything is listed again."))
    return found


def write_cursor(**state: Any) -> str:
    return json.dumps(state, ensure_ascii=False)
