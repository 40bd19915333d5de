"""What can go wrong when a document is taken in.

IngestError
├── UserFault         the file is at fault; trying again changes nothing. Has a `code` of MESSAGES and its `message`
│   └── UploadRefused it was not accepted at all; nothing is kept of it
├── PassingFault      something else is at fault (a full disk, a killed child): worth trying again
└── LeaseLost         another worker has the job, or it was cancelled: stop without a word
"""

from django.utils.translation import gettext, gettext_noop

MESSAGES = {
    "empty": gettext_noop("The file is empty. Check that the right file was chosen, and upload it again."),
    "unknown_type": gettext_noop(
        "Files of this kind cannot be read. Upload PDF, Word, PowerPoint, Excel, CSV, HTML, Markdown, text, e-mail "
        "(EML) or JSON lines, or a scan as PNG, JPEG or TIFF."
    ),
    "mismatch": gettext_noop("The file is not what its name says. Rename it to its real type, or export it again."),
    "archive": gettext_noop("Archives are not accepted. Unpack it and upload the documents in it."),
    "legacy": gettext_noop("This is an office format that cannot be read. Save it as DOCX, PPTX, XLSX or PDF and upload that."),
    "markup": gettext_noop("SVG and XML files are not read. Save the drawing or the data as PDF, PNG or CSV and upload that."),
    "macros": gettext_noop("Documents with macros are not accepted. Save it without macros, as DOCX, PPTX or XLSX, or as PDF."),
    "locked": gettext_noop("The file is locked with a password. Remove the password and upload it again."),
    "damaged": gettext_noop("The file is damaged and cannot be opened. Export it again from its source and upload that."),
    "bomb": gettext_noop("The file unpacks to an extreme size and was not opened. Export it again from its source."),
    "no_pages": gettext_noop("The document has no pages. Check it in a viewer and upload it again."),
    "no_text": gettext_noop(
        "No text was found in the file. If it is a scan, make a sharper one; a picture without words holds no answers."
    ),
    "unknown_encoding": gettext_noop("The encoding of the text is not known. Save it as UTF-8 and upload it again."),
    "no_ocr": gettext_noop(
        "Reading text from pictures is not set up on this server. Tell your administrator that tesseract is missing."
    ),
    "too_many_pixels": gettext_noop("The picture is too large to be read. Save it with 300 dots per inch or fewer."),
    "too_wide": gettext_noop("A row of the table is too long to be read. Check its separators, or split it into parts."),
    "too_nested": gettext_noop("The message has too many parts. Save its attachments and upload them one by one."),
    "too_large": gettext_noop("The file is larger than is allowed here. Split it into parts."),
    "too_many_pages": gettext_noop("The document has more pages than are allowed here. Split it into parts."),
    "too_complex": gettext_noop("The file needs more memory than is allowed. Split it, or print it to a plain PDF."),
    "too_slow": gettext_noop("Reading the file took too long. Split it, or print it to a plain PDF."),
    "bad_name": gettext_noop("The file's name cannot be used. Rename it with letters and digits."),
    "storage_full": gettext_noop(
        "The server's disk is full, so the file was not kept. Tell your administrator and try again later."
    ),
    "waited": gettext_noop(
        "The server was not able to read the file for a day, for a reason that is not in the file. Tell your administrator; "
        "“Retry” reads it again."
    ),
    "missing": gettext_noop("The stored file is missing on the server. Upload it again."),
    "cancelled": gettext_noop("Reading was cancelled. “Retry” reads the file again."),
    "not_running": gettext_noop("This document is neither waiting nor being read; there is nothing to cancel."),
    "gone": gettext_noop("The document or the collection was deleted meanwhile."),
    "no_target": gettext_noop("Choose the collection that the document is to go to."),
    "same_collection": gettext_noop("The document is in this collection already."),
    "name_taken": gettext_noop("The other collection has a document of this name. Rename or delete one of the two first."),
    "row_of_source": gettext_noop("This document is a row of a SQL source and stays in the source's collection."),
    "not_ready": gettext_noop("This document is still being read. Wait until it is ready."),
    "already_building": gettext_noop("A new index is being built already. Wait for it, or cancel it first."),
    "not_building": gettext_noop("No new index is being built."),
    "not_confirmed": gettext_noop("Type the collection's name exactly as it is shown."),
    "not_failed": gettext_noop("This document has not failed; there is nothing to try again."),
    "internal": gettext_noop(
        "Reading failed three times for a reason that is not in the file. Try again later, or tell your administrator."
    ),
}

# What the uploader is told of a file that was read; `values` of the notice fill the figures in.
WARNINGS = {
    "ocr": gettext_noop("Text in pictures was recognised by machine; it may have errors."),
    "pictures": gettext_noop("Pictures whose text could not be read were left out."),
    "hidden_text": gettext_noop("Text that cannot be seen (white, tiny or off the page) was left out: %(count)s words."),
    "attachments": gettext_noop("Attachments that were not read: %(names)s."),
    "bad_rows": gettext_noop("Lines that could not be read were left out: %(count)s."),
    "broken_parts": gettext_noop("Damaged parts could not be read and were left out."),
    "hidden_sheets": gettext_noop("Hidden sheets were left out: %(names)s."),
    "broken_sheets": gettext_noop("Damaged sheets could not be read and were left out: %(names)s."),
    "open_quotes": gettext_noop("A quotation mark is never closed; quotation marks were read as letters."),
    "invisible": gettext_noop("Invisible characters were removed: %(count)s."),
    "replaced": gettext_noop("Characters that could not be read in the encoding %(encoding)s: %(count)s."),
}


def message_for(code: str) -> str:
    """Return the sentence for a code in the reader's language."""
    return gettext(MESSAGES[code if code in MESSAGES else "internal"])


class IngestError(Exception):
    """Root of every error of this package."""


class UserFault(IngestError):
    """The file cannot be taken in. `code` is stable, `message` in the reader's language, `detail` for the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail

    @property
    def message(self) -> str:
        return message_for(self.code)


class UploadRefused(UserFault):
    pass


class PassingFault(IngestError):
    pass


class LeaseLost(IngestError):
    pass
