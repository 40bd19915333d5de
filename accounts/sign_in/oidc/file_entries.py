"""Files of the operator that name identity providers or directories: a list of objects in JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def read_entries(path: str, *, of: str, invalid: Callable[[str], Exception]) -> list[Any]:
    """Return what stands in the list of a file. `of`: what it lists, in the plural; `invalid` makes the error that is raised."""
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise invalid(f"{path} cannot be read: {error}") from error
    if not isinstance(entries, list):
        raise invalid(f"{path} must hold a list of {of}.")
    return entries
