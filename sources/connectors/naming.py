"""File names from what people wrote as titles."""

import re

LONGEST = 120  # characters
UNFIT = re.compile(r"[/\\\x00-\x1f\x7f\s]+")


def clean_name(title: str, otherwise: str = "") -> str:
    """Return a title as a file name can hold it, without an ending; `otherwise` where nothing is left."""
    return UNFIT.sub(" ", title).strip()[:LONGEST].strip() or otherwise
