"""Errors of ingestion.

IngestError
├── UserFault         the file is at fault; trying again changes nothing. Has a `code` of MESSAGES and its `message`
│   └── UploadRefused it was not accepted at all; nothing is kept of it
├── PassingFault      something else is at fault (a full disk, a killed child): worth trying again
└── LeaseLost         another worker has the job, or it was cancelled: stop without a word
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop, override

from ingest.accepted import describe_formats

MESSAGES = {
    "empty": gettext_noop("The file is empty. Check that you chose the right file, and upload it again."),
    "unknown_type": gettext_noop("This file type is not supported. Upload one of these: %(formats)s."),
    "mismatch": gettext_noop("The content of the file does not match its name. Rename it to its real type, or export it again."),
    "archive": gettext_noop(
        "Only ZIP archives are supported. Unpack the archive and upload the documents in it, or pack them as ZIP."
    ),
    "no_documents": gettext_noop("The archive contains no readable documents. Unpack it and upload the documents in it."),
    "unsafe_paths": gettext_noop(
        "The archive was not opened, because paths in it lead outside the archive. Pack the folder again."
    ),
    "legacy": gettext_noop("This office format is not supported. Save the file as DOCX, PPTX, XLSX or PDF, and upload it again."),
    "old_office": gettext_noop(
        "The file was written by Word 95, PowerPoint 95 or older. Open it in a current program, save it as DOCX or PPTX, and "
        "upload it again."
    ),
    "markup": gettext_noop(
        "SVG and XML files are not supported. Save the drawing or the data as PDF, PNG or CSV, and upload it again."
    ),
    "locked": gettext_noop("The file is protected by a password. Remove the password and upload it again."),
    "damaged": gettext_noop("The file is damaged and cannot be opened. Export it again and upload the new file."),
    "bomb": gettext_noop("The file expands to an extreme size and was not opened. Export it again."),
    "no_pages": gettext_noop("The document has no pages. Check it in a viewer, and upload it again."),
    "no_text": gettext_noop("No text was found in the file. If it is a scan, scan it again at a higher resolution."),
    "unknown_encoding": gettext_noop("The text encoding is unknown. Save the file as UTF-8 and upload it again."),
    "no_ocr": gettext_noop("Text recognition (OCR) is not installed on this server. Contact your administrator."),
    "too_many_pixels": gettext_noop("The image is too large. Save it with at most 300 dots per inch."),
    "too_wide": gettext_noop("A row of the table is too long. Check its separators, or split the file."),
    "too_nested": gettext_noop("The files inside this file are nested too deeply. Save them and upload them one by one."),
    "too_large": gettext_noop("The file exceeds the size limit. Split it."),
    "too_many_pages": gettext_noop("The document exceeds the page limit. Split it."),
    "too_complex": gettext_noop("The file needs more memory than the limit allows. Split it, or print it to a plain PDF."),
    "too_slow": gettext_noop("Processing the file took too long. Split it, or print it to a plain PDF."),
    "bad_name": gettext_noop("The file name is not valid. Rename the file using letters and digits."),
    "storage_full": gettext_noop(
        "The server's disk is full, so the file was not saved. Contact your administrator, and try again later."
    ),
    "waited": gettext_noop(
        "The server could not process the file for a day, for a reason unrelated to the file. Contact your "
        "administrator, then select “Retry”."
    ),
    "missing": gettext_noop("The stored file is missing on the server. Upload it again."),
    "cancelled": gettext_noop("Processing was cancelled. Select “Retry” to process the file again."),
    "not_running": gettext_noop("This document is not being processed, so there is nothing to cancel."),
    "gone": gettext_noop("The document or its collection has been deleted."),
    "held": gettext_noop("A legal hold keeps this document. It can be deleted when the hold has been released."),
    "held_documents": gettext_noop(
        "A legal hold keeps a document of this collection. It can be deleted when the hold has been released."
    ),
    "folder_gone": gettext_noop("The folder has been deleted. Choose another one."),
    "no_target": gettext_noop("Choose the target collection."),
    "same_collection": gettext_noop("The document is already in this collection."),
    "name_taken": gettext_noop("The target collection already has a document with this name. Rename or delete one of them first."),
    "row_of_source": gettext_noop("This document is a row of a SQL source and cannot leave the source's collection."),
    "item_of_source": gettext_noop("This document is kept in sync by a source and cannot leave the source's collection."),
    "name_of_source": gettext_noop("A source keeps the document with this name in sync. Rename your file."),
    "not_ready": gettext_noop("This document is still being processed. Wait until it is ready."),
    "already_building": gettext_noop("The index is already being rebuilt. Wait until it is finished, or cancel it first."),
    "not_building": gettext_noop("The index is not being rebuilt."),
    "not_confirmed": gettext_noop("Enter the collection's name exactly as shown."),
    "folder_refused": gettext_noop("The folder for this file could not be created. Folders can be nested at most 8 levels deep."),
    "no_right": gettext_noop("You are no longer allowed to do this with this document."),
    "owner_cannot_read": gettext_noop("This person cannot read the document, so they cannot own it."),
    "too_many_tags": gettext_noop("The document or its collection has too many tags. Remove some first."),
    "days_cross": gettext_noop("The last valid day would be before the first one."),
    "cannot_be_changed": gettext_noop("The document has been changed or deleted in the meantime. Check it and try again."),
    "original_gone": gettext_noop("The original of this version is no longer kept. Upload the file again."),
    "same_version": gettext_noop("This version is already in use."),
    "not_failed": gettext_noop("This document has not failed, so there is nothing to retry."),
    "internal": gettext_noop(
        "Processing failed three times for a reason unrelated to the file. Try again later, or contact your administrator."
    ),
}

NAMES_FORMATS = frozenset(("unknown_type",))  # their sentences list the formats that are read

# Warnings for the uploader of a file that was read; `values` of the notice fill the figures in.
WARNINGS = {
    "ocr": gettext_noop("Text in images was recognized by OCR and may contain errors."),
    "pictures": gettext_noop("Images whose text could not be recognized were skipped."),
    "hidden_text": gettext_noop("Invisible text (white, tiny or off the page) was skipped: %(count)s words."),
    "notes": gettext_noop("Notes, comments and text boxes on the pages were read and marked as notes: %(count)s."),
    "hidden_words": gettext_noop("Text formatted as hidden was skipped: %(count)s (near %(places)s)."),
    "equations": gettext_noop("Equations that could not be read were skipped: %(count)s."),
    "objects": gettext_noop("Embedded objects and parts in other formats were skipped: %(count)s."),
    "hidden_parts": gettext_noop("Parts of the page that a browser does not show were skipped: %(count)s (%(places)s)."),
    "garbled": gettext_noop("The text of these pages is encoded in a way that cannot be read; printed text may be missing."),
    "struck_out": gettext_noop("Struck-out text was skipped: %(count)s (%(places)s)."),
    "hidden_rows": gettext_noop("Hidden rows were skipped: %(count)s (%(places)s)."),
    "hidden_columns": gettext_noop("Hidden columns were skipped: %(count)s (%(places)s)."),
    "hidden_values": gettext_noop("Values hidden by their number format were skipped: %(count)s (%(places)s)."),
    "hidden_slides": gettext_noop("Hidden slides were skipped."),
    "formulas": gettext_noop(
        "Formulas without a stored value could not be calculated and were skipped: %(count)s (%(places)s). Open the file in a "
        "spreadsheet program, save it, and upload it again."
    ),
    "calculated": gettext_noop("Formula values missing from the file were calculated: %(count)s (%(places)s)."),
    "attachments": gettext_noop("Attachments not processed: %(names)s."),
    "files": gettext_noop("Files in the archive that were not processed: %(names)s."),
    "bad_rows": gettext_noop("Lines that could not be read were skipped: %(count)s."),
    "macros_skipped": gettext_noop("Macros were skipped; they never run here."),
    "broken_parts": gettext_noop("Damaged parts could not be read and were skipped."),
    "hidden_sheets": gettext_noop("Hidden sheets were skipped: %(names)s."),
    "broken_sheets": gettext_noop("Damaged sheets could not be read and were skipped: %(names)s."),
    "open_quotes": gettext_noop("A quotation mark is not closed, so quotation marks were read as plain text."),
    "invisible": gettext_noop("Invisible characters were removed: %(count)s."),
    "replaced": gettext_noop("Characters that could not be decoded as %(encoding)s: %(count)s."),
}


def message_for(code: str) -> str:
    """Return the sentence for a code in the reader's language."""
    sentence = gettext(MESSAGES[code if code in MESSAGES else "internal"])
    return sentence % {"formats": describe_formats()} if code in NAMES_FORMATS else sentence


def english_message(code: str) -> str:
    """Return the sentence for a code in English, as it is kept in the database."""
    with override("en"):
        return message_for(code)


def warning_for(row: Mapping[str, Any]) -> str:
    """Return the sentence for a warning {"code", "pages", "values"} in the reader's language."""
    known = WARNINGS.get(str(row.get("code", "")))
    return gettext(known) % row.get("values", {}) if known else str(row.get("message", ""))


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
