"""What lies on a PDF page and is no part of its text: filled form fields, notes and text boxes, words struck out by a marker.

pdfium gives the value of a field only through a form environment, which is made for documents that have a form.
"""

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2.raw as pdfium

from ingest.parsers.cleaning import Cleaner

MAX_ANNOTATIONS = 3000  # of one page
MAX_UNITS = 200_000  # of one text, in UTF-16
MAX_OPTIONS = 500
MAX_LINKS = 300  # of one page
MAX_ADDRESS_BYTES = 2000
HIDDEN = 1 << 1 | 1 << 5  # flags of an annotation: hidden, not viewed
PASSWORD = 1 << 13  # flag of a text field

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom, in points from the page's top left
Place = Callable[[float, float, float, float], Rectangle]

NOTES = frozenset(
    (
        pdfium.FPDF_ANNOT_TEXT,
        pdfium.FPDF_ANNOT_FREETEXT,
        pdfium.FPDF_ANNOT_LINE,
        pdfium.FPDF_ANNOT_SQUARE,
        pdfium.FPDF_ANNOT_CIRCLE,
        pdfium.FPDF_ANNOT_POLYGON,
        pdfium.FPDF_ANNOT_POLYLINE,
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_STRIKEOUT,
        pdfium.FPDF_ANNOT_STAMP,
        pdfium.FPDF_ANNOT_CARET,
        pdfium.FPDF_ANNOT_INK,
    )
)
MARKERS = frozenset(
    (pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE, pdfium.FPDF_ANNOT_SQUIGGLY, pdfium.FPDF_ANNOT_STRIKEOUT)
)
TEXT_FIELDS = frozenset((pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX))
BUTTONS = frozenset((pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON))
# Names of ISO 32000-1, table 181, and those that Acrobat writes before them.
STAMP_NAMES = (
    "Approved|Experimental|NotApproved|AsIs|Expired|NotForPublicRelease|Confidential|Final|Sold|Departmental|ForComment|TopSecret|Draft"
    "|ForPublicRelease|Completed|Void|PreliminaryResults|InformationOnly|Rejected|Accepted|Reviewed|Revised|Received|Copy|Emergency"
)
STAMP = re.compile(rf"(?:#?SB|#?SH|#|D)?(?P<name>{STAMP_NAMES})")
WORD_OF_NAME = re.compile(r"[A-Z][a-z]+")
MARKUP = re.compile(r"<[^<>]{1,500}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field as it is filled. `tip`: what its author wrote for readers; `export`: what a button stands for."""

    name: str
    tip: str
    value: str
    export: str
    is_button: bool
    is_radio: bool
    is_checked: bool
    box: Rectangle


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A comment or a text box on the page. `marks`: the places of the words that it was given to."""

    text: str
    author: str
    box: Rectangle
    marks: tuple[Rectangle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a stretch of the page leads."""

    address: str
    box: Rectangle


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """What lies on a page. `struck`: the places of what a marker strikes out."""

    fields: tuple[FormField, ...] = ()
    notes: tuple[Note, ...] = ()
    struck: tuple[Rectangle, ...] = ()
    links: tuple[Link, ...] = ()


@contextmanager
def form_of(document: object) -> Iterator[object | None]:
    """Keep the form environment of a document open; None where it has no form."""
    if pdfium.FPDF_GetFormType(document) == pdfium.FORMTYPE_NONE:
        yield None
        return
    settings = pdfium.FPDF_FORMFILLINFO(version=2)
    form = pdfium.FPDFDOC_InitFormFillEnvironment(document, settings)
    try:
        yield form or None
    finally:
        if form:
            pdfium.FPDFDOC_ExitFormFillEnvironment(form)
        del settings


def read_annotations(document: object, page: object, form: object | None, *, place: Place, cleaner: Cleaner) -> Annotations:
    """Return what lies on a page. `place`: turns left, bottom, right, top of the page's own space into a rectangle."""
    count = min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)
    fields: list[FormField] = []
    notes: list[Note] = []
    struck: list[Rectangle] = []
    links: list[Link] = []
    for index in range(max(0, count)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                if form is not None and (field := _field(form, annotation, place, cleaner)):
                    fields.append(field)
            elif kind == pdfium.FPDF_ANNOT_LINK and len(links) < MAX_LINKS:
                if address := _address(document, annotation):
                    links.append(Link(address=cleaner.clean_line(address), box=_box(annotation, place)))
            elif kind in NOTES and not pdfium.FPDFAnnot_GetFlags(annotation) & HIDDEN:
                marks = _marks(annotation, place) if kind in MARKERS else ()
                struck += marks if kind == pdfium.FPDF_ANNOT_STRIKEOUT else ()
                note = _note(annotation, marks, place, cleaner)
                if note is None and kind == pdfium.FPDF_ANNOT_STAMP and (stamp := _stamp(annotation)):
                    note = Note(text=stamp, author="", box=_box(annotation, place))
                if note is not None:
                    notes.append(note)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return Annotations(fields=tuple(fields), notes=tuple(notes), struck=tuple(struck), links=tuple(links))


def _address(document: object, annotation: object) -> str:
    """Return the address that a link leads to, "" where it leads to a place in the document."""
    link = pdfium.FPDFAnnot_GetLink(annotation)
    action = pdfium.FPDFLink_GetAction(link) if link else None
    if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_URI:
        return ""
    length = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
    if not 1 < length <= MAX_ADDRESS_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFAction_GetURIPath(document, action, buffer, length)
    return buffer.value.decode("utf-8", "replace")


def _field(form: object, annotation: object, place: Place, cleaner: Cleaner) -> FormField | None:
    """Return a field that can be seen and holds a value; a button is returned whether it is chosen or not."""
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    flags = pdfium.FPDFAnnot_GetFlags(annotation)
    if flags & HIDDEN or kind not in TEXT_FIELDS | BUTTONS:
        return None
    if kind == pdfium.FPDF_FORMFIELD_TEXTFIELD and pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & PASSWORD:
        return None
    value = ""
    if kind in TEXT_FIELDS:
        chosen = _chosen(form, annotation) if kind != pdfium.FPDF_FORMFIELD_TEXTFIELD else ""
        value = cleaner.clean_line(chosen or _text(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation))
        if not value:
            return None
    return FormField(
        name=cleaner.clean_line(_text(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)),
        tip=cleaner.clean_line(_text(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)),
        value=value,
        export=cleaner.clean_line(_text(pdfium.FPDFAnnot_GetFormFieldExportValue, form, annotation)) if kind in BUTTONS else "",
        is_button=kind in BUTTONS,
        is_radio=kind == pdfium.FPDF_FORMFIELD_RADIOBUTTON,
        is_checked=kind in BUTTONS and _is_checked(form, annotation),
        box=_box(annotation, place),
    )


def _is_checked(form: object, annotation: object) -> bool:
    """Tell whether a button is chosen: pdfium says no where the appearance of the chosen state is missing."""
    return bool(pdfium.FPDFAnnot_IsChecked(form, annotation)) or _entry(annotation, b"AS") not in ("", "Off")


def _chosen(form: object, annotation: object) -> str:
    """Return the options that are chosen in a list, as a reader sees them."""
    count = min(pdfium.FPDFAnnot_GetOptionCount(form, annotation), MAX_OPTIONS)
    chosen = [index for index in range(max(0, count)) if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, index)]
    return ", ".join(
        _text(
            lambda form, annotation, buffer, length, at=index: pdfium.FPDFAnnot_GetOptionLabel(
                form, annotation, at, buffer, length
            ),
            form,
            annotation,
        )
        for index in chosen
    )


def _note(annotation: object, marks: tuple[Rectangle, ...], place: Place, cleaner: Cleaner) -> Note | None:
    text = cleaner.clean_line(_entry(annotation, b"Contents"))
    if not text:
        text = cleaner.clean_line(MARKUP.sub(" ", _entry(annotation, b"RC")))
    if not text:
        return None
    return Note(text=text, author=cleaner.clean_line(_entry(annotation, b"T"))[:80], box=_box(annotation, place), marks=marks)


def _stamp(annotation: object) -> str:
    """Return what a stamp without words of its own shows by its name: "NotApproved" is Not Approved, "#DNew" says nothing."""
    match = STAMP.fullmatch(_entry(annotation, b"Name"))
    return " ".join(WORD_OF_NAME.findall(match["name"])) if match else ""


def _marks(annotation: object, place: Place) -> tuple[Rectangle, ...]:
    """Return the rectangles over the words that a marker was drawn over."""
    points, found = pdfium.FS_QUADPOINTSF(), []
    for index in range(min(pdfium.FPDFAnnot_CountAttachmentPoints(annotation), MAX_OPTIONS)):
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, index, points):
            xs = (points.x1, points.x2, points.x3, points.x4)
            ys = (points.y1, points.y2, points.y3, points.y4)
            found.append(place(min(xs), min(ys), max(xs), max(ys)))
    return tuple(found) or (_box(annotation, place),)


def _box(annotation: object, place: Place) -> Rectangle:
    rectangle = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, rectangle)
    left, right = sorted((rectangle.left, rectangle.right))
    bottom, top = sorted((rectangle.bottom, rectangle.top))
    return place(left, bottom, right, top)


def _entry(annotation: object, key: bytes) -> str:
    return _text(lambda annotation, buffer, length: pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, length), annotation)


def _text(read: Callable[..., int], *arguments: object) -> str:
    """Return what one of pdfium's functions writes as UTF-16 into a buffer whose length in bytes it returns."""
    length = read(*arguments, None, 0)
    if not 2 < length <= 2 * MAX_UNITS:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    read(*arguments, buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "ignore")
