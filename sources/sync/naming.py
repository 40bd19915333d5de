"""How what a source lists is called here: the document's name, where it lies there, and the link to the original."""

from typing import Any
from urllib.parse import urlsplit

from sources.sync.models import Source, SourceItem

MAX_URL = 2000


def document_name(source: Source, item: SourceItem) -> str:
    """Return the name of an item's document: the source's name, the folders, its own name. Cleaned where it is kept."""
    return "/".join(part.replace("/", "-") for part in (source.name, *item.folders, item.name))


def origin_of(source: Source, item: SourceItem) -> dict[str, Any]:
    """Return `Document.origin`."""
    return {"source": source.name, "folders": [*item.folders], "url": item.url, "keeps_rights": item.access_id is not None}


def clean_url(url: str) -> str:
    """Return a link that may stand on a page: of http or https, with a host, without a password; else none."""
    text = url.strip()
    if len(text) > MAX_URL or any(character.isspace() or ord(character) < 32 for character in text):
        return ""
    try:
        parts = urlsplit(text)
        is_fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.password is None
    except ValueError:
        return ""
    return text if is_fine else ""
