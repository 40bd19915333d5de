"""Builds the demo's PDF, DOCX and scanned page; their text stands here and in quality_manual.py.

Run after changing a text: .venv/bin/python demo/build.py (needs requirements-dev.txt). The files it makes are checked in.
"""

import random
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.shared import Pt
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from quality_manual import SECTIONS
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, ListFlowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

DOCUMENTS = Path(__file__).resolve().parent / "documents"
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14.5, spaceAfter=7)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=9, leading=12, spaceAfter=0)
HEAD = ParagraphStyle("head", parent=CELL, fontName="Helvetica-Bold")
TITLES = getSampleStyleSheet()
TITLES["Heading1"].keepWithNext = TITLES["Heading2"].keepWithNext = 1


def draw_frame(canvas: Canvas, document: SimpleDocTemplate) -> None:
    """Draw the running header and footer of one page."""
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.setFillGray(0.4)
    canvas.drawString(25 * mm, 285 * mm, "Larkspur Instruments · Quality manual QM-01 · Issue 9")
    canvas.drawRightString(185 * mm, 12 * mm, f"Page {document.page}")
    canvas.drawString(25 * mm, 12 * mm, "Uncontrolled when printed")
    canvas.restoreState()


def flow_table(rows: list[list[str]]) -> Table:
    """Return a ruled table whose first row is the header, repeated after a page break."""
    cells = [[Paragraph(text, HEAD if number == 0 else CELL) for text in row] for number, row in enumerate(rows)]
    table = Table(cells, repeatRows=1, colWidths=[160 * mm / len(rows[0])] * len(rows[0]), spaceAfter=10, spaceBefore=4)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#9aa5b1")),
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e8edf2")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def build_quality_manual(path: Path) -> None:
    """Write the quality manual: a title page, then one chapter after another."""
    story: list[Flowable] = [
        Spacer(1, 60 * mm),
        Paragraph("Quality manual", TITLES["Title"]),
        Paragraph("Larkspur Instruments Ltd, Leeds, and Larkspur Instruments (Suzhou) Co., Ltd", BODY),
        Paragraph("Document QM-01, issue 9, in force from 2 February 2026. Owner: Priscilla Adeyemi, Quality Manager.", BODY),
        PageBreak(),
    ]
    for number, (title, blocks) in enumerate(SECTIONS, start=1):
        story.append(Paragraph(f"{number} {title}", TITLES["Heading1"]))
        for block in blocks:
            if isinstance(block, str):
                style = TITLES["Heading2"] if block.startswith("# ") else BODY
                story.append(Paragraph(block.removeprefix("# "), style))
            elif isinstance(block[0], list):
                story.append(flow_table(block))
            else:
                story.append(ListFlowable([Paragraph(item, BODY) for item in block], bulletType="1", leftIndent=16))
    document = SimpleDocTemplate(
        str(path), pagesize=A4, leftMargin=25 * mm, rightMargin=25 * mm, topMargin=24 * mm, bottomMargin=22 * mm,
        title="Quality manual", author="Larkspur Instruments", subject="QM-01 issue 9", invariant=1,
    )  # fmt: skip
    document.build(story, onLaterPages=draw_frame)


def build_service_handbook(path: Path) -> None:
    """Write the service handbook as a Word document: headings, lists and a table."""
    document = Document()
    document.styles["Normal"].font.size = Pt(11)
    document.core_properties.title = "Service and returns handbook"
    document.core_properties.author = "Larkspur Instruments"
    document.core_properties.created = document.core_properties.modified = datetime(2026, 1, 20, tzinfo=UTC)
    document.add_heading("Service and returns handbook", level=0)
    document.add_paragraph(
        "For customer support in Leeds and Suzhou. Valid from 20 January 2026. Owner: Oliver Brandt, Head of Service."
    )
    document.add_heading("Opening a case", level=1)
    document.add_paragraph(
        "Every request becomes a case in the service desk on the day it arrives. Ask for the serial number, the place of "
        "installation and the firmware version; the balance shows all three under Settings, About."
    )
    document.add_heading("Response times", level=1)
    rows = [
        ("Service contract", "First answer", "Engineer on site", "Loan balance"),
        ("Basic", "2 working days", "10 working days", "not included"),
        ("Plus", "8 working hours", "5 working days", "for repairs longer than 5 working days"),
        ("Premium", "2 working hours", "2 working days", "sent on the same day"),
    ]
    table = document.add_table(rows=0, cols=4, style="Table Grid")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph()
    document.add_paragraph(
        "With a Premium contract an engineer is on site within two working days and a loan balance leaves our store on the "
        "same day."
    )
    document.add_heading("Returns", level=1)
    for step in (
        "Issue a return number; it begins with RMA and is valid for 30 days.",
        "Send the customer the declaration of decontamination. A balance without the signed declaration is not unpacked.",
        "Have the balance packed in its original box. A replacement box costs £48.",
        "Book the carrier: Leeds for Europe and the Americas, Suzhou for Asia and Oceania.",
    ):
        document.add_paragraph(step, style="List Number")
    document.add_heading("Returning a new balance", level=2)
    document.add_paragraph(
        "An unused balance may be returned within 30 days of delivery. A restocking fee of 15% is charged unless we delivered "
        "the wrong model. Balances with the factory seal broken are treated as used and cannot be returned."
    )
    document.add_heading("Repairs", level=1)
    document.add_paragraph(
        "The workshop sends a quotation within three working days of receiving the balance. A repair within the warranty needs "
        "no quotation. A customer who declines the quotation pays an inspection fee of £140 and the carriage."
    )
    for item in (
        "Repairs carry a warranty of six months on the parts replaced.",
        "Every repaired balance is calibrated before it leaves; the certificate is included in the price.",
        "Spare parts are kept for ten years after a model was last sold.",
    ):
        document.add_paragraph(item, style="List Bullet")
    document.add_heading("Complaints", level=1)
    document.add_paragraph(
        "A complaint that a weighing was wrong is passed to Quality within one working day, because it may concern other "
        "customers. Support does not explain the cause to the customer before Quality has closed the investigation."
    )
    document.save(str(path))


CERTIFICATE = (
    (34, 60, "LARKSPUR INSTRUMENTS LTD"),
    (22, 6, "Calibration laboratory, Kirkstall Road, Leeds"),
    (40, 60, "CERTIFICATE OF CALIBRATION"),
    (24, 20, "Certificate number: LC-2026-00418"),
    (24, 4, "Customer: Aldermoor Pharma, Building 7, York"),
    (24, 4, "Instrument: analytical balance LX-220"),
    (24, 4, "Serial number: LX26-0387"),
    (24, 4, "Date of calibration: 14 May 2026"),
    (24, 4, "Calibration due: 14 May 2027"),
    (24, 4, "Ambient temperature: 21.3 °C, relative humidity 46 %"),
    (28, 40, "Results"),
    (24, 10, "Load 10 g: error 0.0 mg, uncertainty 0.15 mg"),
    (24, 4, "Load 50 g: error +0.1 mg, uncertainty 0.17 mg"),
    (24, 4, "Load 100 g: error +0.1 mg, uncertainty 0.19 mg"),
    (24, 4, "Load 200 g: error +0.2 mg, uncertainty 0.24 mg"),
    (24, 30, "The balance met its specification at every load."),
    (24, 4, "Weights of class E2, set 17, traceable to national standards."),
    (24, 60, "Calibrated by: R. Sutcliffe, technician"),
    (24, 4, "Approved by: P. Adeyemi, Quality Manager"),
)


def build_scan(path: Path) -> None:
    """Write the certificate as a scanner leaves it: one grey image, slightly turned, with specks; no text in the PDF."""
    chance = random.Random(418)  # noqa: S311  the same specks at every build
    page = Image.new("L", (1240, 1754), 250)  # A4 at 150 dots per inch
    pen = ImageDraw.Draw(page)
    y = 90
    for size, gap, text in CERTIFICATE:
        y += gap
        pen.text((140, y), text, font=ImageFont.load_default(size), fill=35)
        y += int(size * 1.5)
    points = [(880 + step * 6, 1450 + int(30 * chance.random()) - step) for step in range(40)]
    pen.line(points, fill=60, width=3)
    pen.ellipse((830, 1490, 1080, 1640), outline=110, width=5)
    pen.text((873, 1548), "LABORATORY LEEDS", font=ImageFont.load_default(18), fill=110)
    page = page.rotate(0.7, resample=Image.Resampling.BICUBIC, fillcolor=246).filter(ImageFilter.GaussianBlur(0.6))
    for _ in range(6000):
        shade = chance.randrange(120, 230)
        page.putpixel((chance.randrange(1240), chance.randrange(1754)), shade)
    page.save(path, "PDF", resolution=150.0, quality=55, title="LC-2026-00418")


def main() -> None:
    """Build all three files and say how large they are."""
    for name, build in (
        ("quality-manual.pdf", build_quality_manual),
        ("service-and-returns-handbook.docx", build_service_handbook),
        ("calibration-certificate-scan.pdf", build_scan),
    ):
        build(DOCUMENTS / name)
        print(f"{name}: {(DOCUMENTS / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
