"""The kinds of files that people name in a question, as the media types that documents have."""

from ingest.parsers.formats.registry import FORMATS

_PARTS = {  # of the media types of each kind
    "pdf": ("/pdf",),
    "spreadsheet": ("spreadsheet", "excel", "/csv", "tab-separated"),
    "word": ("wordprocessing", "msword", "/rtf", "opendocument.text"),
    "slides": ("presentation", "powerpoint"),
}
MEDIA_TYPES: dict[str, tuple[str, ...]] = {
    kind: tuple(one.media_type for one in FORMATS if any(part in one.media_type for part in parts))
    for kind, parts in _PARTS.items()
}
_NAMES = {
    "pdf": "pdf",
    "spreadsheet": "spreadsheet",
    "excel": "spreadsheet",
    "csv": "spreadsheet",
    "word": "word",
    "powerpoint": "slides",
    "presentation": "slides",
    "表格": "spreadsheet",
    "演示": "slides",
}


def media_types_of(noun: str) -> tuple[str, ...]:
    """Return the media types that a noun such as "PDFs" or "Excel files" names; () for a plain "documents"."""
    lowered = noun.casefold()
    kind = next((kind for name, kind in _NAMES.items() if name in lowered), "")
    return MEDIA_TYPES[kind] if kind else ()
