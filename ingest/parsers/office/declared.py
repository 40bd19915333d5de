"""What an Office file declares of itself in its core properties (ECMA-376 part 2, 11)."""

from typing import Any

FIELDS = {
    "author": ("author", "creator"),
    "subject": ("subject",),
    "keywords": ("keywords",),
    "category": ("category",),
    "status": ("content_status", "contentStatus"),
    "description": ("comments", "description"),
}


def declared_by(properties: Any) -> dict[str, str]:
    """Return who wrote a file and what it is about, without what it does not say. `properties`: of python-docx, -pptx, openpyxl."""
    found = {key: [str(text) for name in names if (text := getattr(properties, name, ""))] for key, names in FIELDS.items()}
    return {key: values[0] for key, values in found.items() if values}
