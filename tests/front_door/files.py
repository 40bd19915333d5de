"""One ordinary file of each accepted media type; each says how many lanterns a depot of its own keeps."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

import docx
import openpyxl
import pptx
import xlwt
from PIL import Image, ImageDraw, ImageFont
from pptx.util import Inches
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from ingest.parsers.formats import registry
from tests.ingest.container_files import epub, web_archive, zipped
from tests.ingest.doc_file import HEADING_1, DocFile, paragraph
from tests.ingest.open_document_files import open_document
from tests.ingest.outlook_files import msg
from tests.ingest.ppt_file import BODY, TITLE, PptFile, Slide, shape, text

SCAN_SIZE = (1654, 700)  # pixels at SCAN_DPI
SCAN_DPI = (200, 200)
INTRODUCTION = "The register of depots is kept by the stores office and is renewed every spring."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file, and what a question about it must find."""

    media_type: str
    name: str
    depot: str
    count: int
    data: bytes

    @property
    def question(self) -> str:
        return f"How many lanterns does the {self.depot} depot keep?"


def sentence(depot: str, count: int) -> str:
    return f"The {depot} depot keeps {count} lanterns."


def of_pdf(depot: str, count: int) -> bytes:
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pagesize=A4)
    drawing.setFont("Helvetica", 11)
    drawing.drawString(72, A4[1] - 100, INTRODUCTION)
    drawing.drawString(72, A4[1] - 130, sentence(depot, count))
    drawing.save()
    return stream.getvalue()


def of_docx(depot: str, count: int) -> bytes:
    document = docx.Document()
    document.add_heading(f"{depot} depot", 1)
    document.add_paragraph(INTRODUCTION)
    document.add_paragraph(sentence(depot, count))
    return _saved(document)


def of_pptx(depot: str, count: int) -> bytes:
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[5])
    slide.shapes.title.text = f"{depot} depot"
    slide.shapes.add_textbox(Inches(1), Inches(2), Inches(8), Inches(1)).text_frame.text = sentence(depot, count)
    return _saved(slides)


def of_xlsx(depot: str, count: int) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Depots"
    for row in (["Depot", "Lanterns"], [f"{depot} depot", count]):
        book.active.append(row)
    return _saved(book)


def of_doc(depot: str, count: int) -> bytes:
    return DocFile([paragraph(f"{depot} depot", style=HEADING_1), paragraph(sentence(depot, count))]).save()


def of_ppt(depot: str, count: int) -> bytes:
    title = shape((0, 0, 5000, 800), text(TITLE, f"{depot} depot"))
    return PptFile([Slide([title, shape((0, 1000, 5000, 2000), text(BODY, sentence(depot, count)))])]).save()


def of_xls(depot: str, count: int) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Depots")
    for number, row in enumerate((["Depot", "Lanterns"], [f"{depot} depot", count])):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    return _saved(book)


def of_rtf(depot: str, count: int) -> bytes:
    return rf"{{\rtf1\ansi{{\stylesheet{{\s1 heading 1;}}}}\pard\s1 {depot} depot\par\pard {sentence(depot, count)}\par}}".encode()


def of_odt(depot: str, count: int) -> bytes:
    body = f'<text:h text:outline-level="1">{depot} depot</text:h><text:p>{sentence(depot, count)}</text:p>'
    return open_document("text", body)


def of_ods(depot: str, count: int) -> bytes:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    rows = "".join(
        f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>"
        for row in (("Depot", "Lanterns"), (f"{depot} depot", count))
    )
    return open_document("spreadsheet", f'<table:table table:name="Depots">{rows}</table:table>')


def of_odp(depot: str, count: int) -> bytes:
    frames = "".join(
        f'<draw:frame presentation:class="{role}"><draw:text-box><text:p>{words}</text:p></draw:text-box></draw:frame>'
        for role, words in (("title", f"{depot} depot"), ("outline", sentence(depot, count)))
    )
    return open_document("presentation", f"<draw:page>{frames}</draw:page>")


def of_html(depot: str, count: int) -> bytes:
    return f"<!doctype html><html><body><h1>{depot} depot</h1><p>{sentence(depot, count)}</p></body></html>".encode()


def of_markdown(depot: str, count: int) -> bytes:
    return f"# {depot} depot\n\n{INTRODUCTION}\n\n{sentence(depot, count)}\n".encode()


def of_text(depot: str, count: int) -> bytes:
    return f"{INTRODUCTION}\n\n{sentence(depot, count)}\n".encode()


def of_csv(depot: str, count: int) -> bytes:
    return f"Depot,Lanterns\n{depot} depot,{count}\n".encode()


def of_tsv(depot: str, count: int) -> bytes:
    return f"Depot\tLanterns\n{depot} depot\t{count}\n".encode()


def of_mail(depot: str, count: int) -> bytes:
    return mail(f"{depot} depot", sentence(depot, count)).as_bytes()


def of_calendar(depot: str, count: int) -> bytes:
    event = f"SUMMARY:{depot} depot\r\nDTSTART:20260302T090000Z\r\nDESCRIPTION:{sentence(depot, count)}\r\n"
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{event}END:VEVENT\r\nEND:VCALENDAR\r\n".encode()


def of_json_lines(depot: str, count: int) -> bytes:
    return json.dumps({"title": f"{depot} depot", "text": sentence(depot, count)}).encode() + b"\n"


def of_message(depot: str, count: int) -> bytes:
    return msg({0x0037: f"{depot} depot", 0x0C1A: "Ada Stone", 0x1000: sentence(depot, count)})


def of_book(depot: str, count: int) -> bytes:
    return epub([f"<h1>{depot} depot</h1><p>{INTRODUCTION}</p>", f"<p>{sentence(depot, count)}</p>"])


def of_web_archive(depot: str, count: int) -> bytes:
    return web_archive(of_html(depot, count).decode())


def of_zip(depot: str, count: int) -> bytes:
    return zipped({"depots/register.txt": of_text(depot, count), "read me.md": f"# {INTRODUCTION}\n".encode()})


def of_picture(kind: str) -> Callable[[str, int], bytes]:
    def scan(depot: str, count: int) -> bytes:
        picture = Image.new("L", SCAN_SIZE, "white")
        draw = ImageDraw.Draw(picture)
        font = ImageFont.load_default(size=44)
        for number, words in enumerate(("Register of depots", sentence(depot, count))):
            draw.text((100, 120 + 140 * number), words, fill="black", font=font)
        stream = io.BytesIO()
        picture.save(stream, kind, dpi=SCAN_DPI)
        return stream.getvalue()

    return scan


def mail(subject: str, body: str, *, attachment: Sample | None = None) -> EmailMessage:
    """A letter, with a file attached where one is given."""
    message = EmailMessage()
    message["From"], message["To"] = "Ada Stone <ada@example.com>", "Bob Field <bob@example.com>"
    message["Date"], message["Subject"] = "Mon, 02 Mar 2026 09:00:00 +0000", subject
    message.set_content(body)
    if attachment is not None:
        kind, _, of_kind = attachment.media_type.partition("/")
        if kind in ("message", "multipart"):  # a mail as a file, as a person drags one into another
            kind, of_kind = "application", "octet-stream"
        message.add_attachment(attachment.data, maintype=kind, subtype=of_kind, filename=attachment.name)
    return message


def _saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


MAKERS = {
    registry.PDF: ("Brindle", ".pdf", of_pdf),
    registry.DOCX: ("Corvane", ".docx", of_docx),
    registry.PPTX: ("Dunmore", ".pptx", of_pptx),
    registry.XLSX: ("Elswick", ".xlsx", of_xlsx),
    registry.HTML: ("Farlow", ".html", of_html),
    registry.MARKDOWN: ("Gritley", ".md", of_markdown),
    registry.TEXT: ("Hexton", ".txt", of_text),
    registry.CSV: ("Ickford", ".csv", of_csv),
    registry.TSV: ("Jarrow", ".tsv", of_tsv),
    registry.EMAIL: ("Kelby", ".eml", of_mail),
    registry.OUTLOOK: ("Penhallow", ".msg", of_message),
    registry.WEB_ARCHIVE: ("Quenby", ".mht", of_web_archive),
    registry.EPUB: ("Rushden", ".epub", of_book),
    registry.ZIP: ("Stoborough", ".zip", of_zip),
    registry.JSON_LINES: ("Lorton", ".jsonl", of_json_lines),
    registry.PNG: ("Marsden", ".png", of_picture("PNG")),
    registry.JPEG: ("Norwick", ".jpg", of_picture("JPEG")),
    registry.TIFF: ("Ottery", ".tif", of_picture("TIFF")),
    registry.DOC: ("Penley", ".doc", of_doc),
    registry.XLS: ("Quarley", ".xls", of_xls),
    registry.PPT: ("Rothbury", ".ppt", of_ppt),
    registry.RTF: ("Sandon", ".rtf", of_rtf),
    registry.ODT: ("Thirsk", ".odt", of_odt),
    registry.ODS: ("Upwey", ".ods", of_ods),
    registry.ODP: ("Wadley", ".odp", of_odp),
    registry.CALENDAR: ("Yarwell", ".ics", of_calendar),
}
SAMPLES = {
    kind.media_type: Sample(
        media_type=kind.media_type, name=f"register-{place}{suffix}", depot=depot, count=count, data=make(depot, count)
    )
    for place, (kind, (depot, suffix, make)) in enumerate(MAKERS.items(), start=1)
    for count in [31 + 7 * place]
}
