"""Every format that is read. To add one: write its reader, declare it here, and give tests/front_door/files.py a file of it.

The upload form, its messages, recognition, reading, the labels of pages and docs/formats.md follow this list. Knows no Django: the
parsing child reads it too.
"""

import re
from collections.abc import Callable
from importlib import import_module

from ingest.parsers.content import Items
from ingest.parsers.formats.format import Format, Magic

OFFICE = "application/vnd.openxmlformats-officedocument."
HTML_TAG = rb"<(?:!doctype\s+html|html|head|body|meta|title|div|p|h1|table|script)\b"
HTML_START = re.compile(rb"^\s*(?:<!--.*?-->\s*)*" + HTML_TAG, re.IGNORECASE | re.DOTALL)
MAIL_START = re.compile(rb"^\s*(?:>?From [^\n]*\n)?[!-9;-~]{1,76}:[ \t\r\n]")


def gettext_noop(text: str) -> str:
    """Mark a label for translation, which takes place where it is shown (ingest.accepted)."""
    return text


PDF = Format(
    media_type="application/pdf",
    endings=(".pdf",),
    label="PDF",
    reader="ingest.parsers.pdf.reading:parse_pdf",
    magic=Magic(signatures=(b"%PDF-",), within=1024),
    is_paged=True,
    holds_files=True,
)
DOCX = Format(
    media_type=OFFICE + "wordprocessingml.document",
    endings=(".docx", ".docm", ".dotx", ".dotm"),
    label="Word",
    reader="ingest.parsers.office.docx:parse_docx",
    magic=Magic(
        zip_content_types=(
            *(f"wordprocessingml.{kind}.main" for kind in ("document", "template")),
            *(f"ms-word.{kind}.main" for kind in ("document.macroenabled", "template.macroenabledtemplate")),
        )
    ),
)
PPTX = Format(
    media_type=OFFICE + "presentationml.presentation",
    endings=(".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"),
    label="PowerPoint",
    reader="ingest.parsers.office.pptx:parse_pptx",
    magic=Magic(
        zip_content_types=(
            *(f"presentationml.{kind}.main" for kind in ("presentation", "slideshow", "template")),
            *(f"ms-powerpoint.{kind}.macroenabled.main" for kind in ("presentation", "slideshow", "template")),
        )
    ),
)
XLSX = Format(
    media_type=OFFICE + "spreadsheetml.sheet",
    endings=(".xlsx", ".xlsm", ".xltx", ".xltm"),
    label="Excel",
    reader="ingest.parsers.office.xlsx:parse_xlsx",
    magic=Magic(
        zip_content_types=(
            *(f"spreadsheetml.{kind}.main" for kind in ("sheet", "template")),
            *(f"ms-excel.{kind}.macroenabled.main" for kind in ("sheet", "template")),
        )
    ),
)
RTF = Format(
    media_type="application/rtf",
    endings=(".rtf",),
    label="RTF",
    reader="ingest.parsers.office.legacy.rich_text:parse_rtf",
    magic=Magic(signatures=(b"{\\rtf",)),
)
DOC = Format(
    media_type="application/msword",
    endings=(".doc",),
    label="Word",
    reader="ingest.parsers.office.legacy.word_97:parse_doc",
    magic=Magic(ole_streams=("WordDocument",)),
    may_look_like=(RTF.media_type, DOCX.media_type, "text/html"),  # what other programs save under this ending
)
XLS = Format(
    media_type="application/vnd.ms-excel",
    endings=(".xls",),
    label="Excel",
    reader="ingest.parsers.office.legacy.excel_97:parse_xls",
    magic=Magic(ole_streams=("Workbook", "Book")),
    may_look_like=(XLSX.media_type, "text/html"),
)
PPT = Format(
    media_type="application/vnd.ms-powerpoint",
    endings=(".ppt",),
    label="PowerPoint",
    reader="ingest.parsers.office.legacy.powerpoint_97:parse_ppt",
    magic=Magic(ole_streams=("PowerPoint Document",)),
    may_look_like=(PPTX.media_type,),
)


def _open_document(kind: str, ending: str, reader: str) -> Format:
    media_type = f"application/vnd.oasis.opendocument.{kind}"
    return Format(
        media_type=media_type,
        endings=(ending,),
        label="OpenDocument",
        reader=f"ingest.parsers.open_document.{reader}",
        magic=Magic(zip_mimetype=media_type),
    )


ODT = _open_document("text", ".odt", "text_file:parse_odt")
ODS = _open_document("spreadsheet", ".ods", "sheet_file:parse_ods")
ODP = _open_document("presentation", ".odp", "slide_file:parse_odp")
CSV = Format(
    media_type="text/csv",
    endings=(".csv",),
    label="CSV",
    reader="ingest.parsers.tables.csv_rows:parse_csv",
    may_look_like=("text/plain",),
)
TSV = Format(
    media_type="text/tab-separated-values",
    endings=(".tsv",),
    label="TSV",
    reader="ingest.parsers.tables.csv_rows:parse_tsv",
    may_look_like=("text/plain",),
)
HTML = Format(
    media_type="text/html",
    endings=(".html", ".htm", ".xhtml"),
    label="HTML",
    reader="ingest.parsers.markup.html:parse_html",
    magic=Magic(start=HTML_START),
    may_look_like=("text/plain",),
)
MARKDOWN = Format(
    media_type="text/markdown",
    endings=(".md", ".markdown"),
    label="Markdown",
    reader="ingest.parsers.markup.markdown:parse_markdown",
    may_look_like=("text/plain", "text/html"),
)
TEXT = Format(
    media_type="text/plain",
    endings=(".txt", ".text", ".log"),
    label=gettext_noop("Text"),
    reader="ingest.parsers.plain.text:parse_text",
    may_look_like=("text/html",),
)
EMAIL = Format(
    media_type="message/rfc822",
    endings=(".eml",),
    label=gettext_noop("Email"),
    reader="ingest.parsers.mail.eml:parse_mail",
    magic=Magic(start=MAIL_START, start_needs_ending=True),
    holds_files=True,
)
OUTLOOK = Format(
    media_type="application/vnd.ms-outlook",
    endings=(".msg",),
    label=gettext_noop("Email"),
    reader="ingest.parsers.mail.outlook:parse_outlook",
    magic=Magic(ole_streams=("__properties_version1.0",)),
    may_look_like=("message/rfc822",),
    holds_files=True,
)
CALENDAR = Format(
    media_type="text/calendar",
    endings=(".ics",),
    label=gettext_noop("Calendar"),
    reader="ingest.parsers.mail.calendar:parse_calendar",
    magic=Magic(start=re.compile(rb"^\s*(?:\xef\xbb\xbf)?BEGIN:VCALENDAR\b", re.IGNORECASE), start_needs_ending=True),
    may_look_like=("text/plain",),
)
WEB_ARCHIVE = Format(
    media_type="multipart/related",
    endings=(".mht", ".mhtml"),
    label=gettext_noop("Web archive"),
    reader="ingest.parsers.mail.web_archive:parse_web_archive",
    magic=Magic(start=MAIL_START, start_needs_ending=True),
)
EPUB = Format(
    media_type="application/epub+zip",
    endings=(".epub",),
    label="EPUB",
    reader="ingest.parsers.markup.epub:parse_epub",
    magic=Magic(zip_mimetype="application/epub+zip"),
)
ZIP = Format(
    media_type="application/zip",
    endings=(".zip",),
    label=gettext_noop("Archive"),
    reader="ingest.parsers.archives.zip:parse_zip",
    magic=Magic(is_any_zip=True),
    may_look_like=(DOCX.media_type, PPTX.media_type, XLSX.media_type, EPUB.media_type),
    holds_files=True,
)
JSON_LINES = Format(
    media_type="application/jsonl",
    endings=(".jsonl", ".ndjson"),
    label="JSON Lines",
    reader="ingest.parsers.plain.json_lines:parse_json_lines",
    may_look_like=("text/plain",),
)


def _picture(media_type: str, endings: tuple[str, ...], *signatures: bytes) -> Format:
    """Declare a kind of picture; which kind it is matters to nobody but the decoder, so its ending may be that of another."""
    return Format(
        media_type=media_type,
        endings=endings,
        label=gettext_noop("Image"),
        reader="ingest.parsers.pictures.image:parse_image",
        magic=Magic(signatures=signatures),
        may_look_like=("image/png", "image/jpeg", "image/tiff"),
        is_paged=True,
    )


PNG = _picture("image/png", (".png",), b"\x89PNG\r\n\x1a\n")
JPEG = _picture("image/jpeg", (".jpg", ".jpeg"), b"\xff\xd8\xff")
TIFF = _picture("image/tiff", (".tif", ".tiff"), b"II*\x00", b"MM\x00*")
SQL_ROW = Format(
    media_type="application/vnd.attest.sql-row+json",
    endings=(),
    label=gettext_noop("Database row"),
    reader="ingest.parsers.plain.sql_row:parse_row",
)

FORMATS = (
    *(PDF, DOCX, DOC, PPTX, PPT, XLSX, XLS, RTF, ODT, ODS, ODP, CSV, TSV, HTML, WEB_ARCHIVE, EPUB, MARKDOWN, TEXT),
    *(EMAIL, OUTLOOK, CALENDAR, JSON_LINES, ZIP),
    *(PNG, JPEG, TIFF, SQL_ROW),
)
BY_TYPE = {one.media_type: one for one in FORMATS}
BY_ENDING = {ending: one for one in FORMATS for ending in one.endings}
# Endings of what is known and not read, with the code of the message (ingest.errors.MESSAGES) that says what to do.
UNREAD = {
    **dict.fromkeys((".xlsb", ".xlam", ".ppam", ".wps", ".pages", ".numbers", ".key"), "legacy"),
}


def load_reader(chosen: Format) -> Callable[..., Items]:
    """Return the function that reads the format; its module is loaded now: a child starts with what its file needs alone."""
    module, _, name = chosen.reader.partition(":")
    reader: Callable[..., Items] = getattr(import_module(module), name)
    return reader
