"""The kinds of files that are read, and what their names end in."""

OFFICE = "application/vnd.openxmlformats-officedocument."
PDF = "application/pdf"
DOCX = OFFICE + "wordprocessingml.document"
PPTX = OFFICE + "presentationml.presentation"
XLSX = OFFICE + "spreadsheetml.sheet"
HTML = "text/html"
MARKDOWN = "text/markdown"
TEXT = "text/plain"
CSV = "text/csv"
TSV = "text/tab-separated-values"
EMAIL = "message/rfc822"
JSON_LINES = "application/jsonl"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
SQL_ROW = "application/vnd.attest.sql-row+json"  # made by ingest.sources, never uploaded
PICTURES = frozenset((PNG, JPEG, TIFF))
EXTENSIONS = {
    ".pdf": PDF,
    ".docx": DOCX,
    ".pptx": PPTX,
    ".xlsx": XLSX,
    ".csv": CSV,
    ".tsv": TSV,
    ".eml": EMAIL,
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
}
ACCEPTED = tuple(EXTENSIONS)
