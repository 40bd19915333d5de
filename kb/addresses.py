"""Names in addresses of pages."""

from uuid import UUID


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID as the pages write it."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
