"""What is filled into a form and what is noted on a page is read, beside what it belongs to."""

import io

from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText, Highlight, Text
from pypdf.generic import ArrayObject, FloatObject, NameObject
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from ingest.errors import warning_for
from kb.viewing.boxes import covering, unpack
from tests.ingest.files import pdf, write
from tests.ingest.store import read_file

SIZE = {"width": 130, "height": 18}


def drawn(draw):
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pagesize=A4)
    page.setFont("Helvetica", 11)
    draw(page)
    page.save()
    return stream.getvalue()


def travel_request(page):
    page.drawString(60, 760, "Traveller")  # labels above their fields, two beside each other
    page.acroForm.textfield(name="n1", x=60, y=735, value="Ines Okafor", **SIZE)
    page.drawString(320, 760, "Destination")
    page.acroForm.textfield(name="n2", x=320, y=735, value="Bergen", **SIZE)
    page.drawString(60, 705, "From:")  # labels left of their fields
    page.acroForm.textfield(name="n3", x=110, y=700, value="2026-05-04", **SIZE)
    page.drawString(260, 705, "To:")
    page.acroForm.textfield(name="n4", x=300, y=700, value="2026-05-09", **SIZE)
    page.drawString(60, 675, "Means of travel:")
    for number, option in enumerate(("Train", "Plane", "Car")):
        page.acroForm.radio(name="means", value=option[0], selected=option == "Plane", x=160 + number * 90, y=672, size=14)
        page.drawString(180 + number * 90, 675, option)
    for number, (option, is_wanted) in enumerate((("Hotel needed", True), ("Advance payment", False))):
        page.acroForm.checkbox(name=f"c{number}", checked=is_wanted, x=60, y=640 - number * 20, size=12)
        page.drawString(80, 642 - number * 20, option)
    page.drawString(60, 600, "Class")
    page.acroForm.choice(name="cls", x=160, y=595, value="B", options=[("Comfort", "A"), ("Economy", "B")], **SIZE)
    page.acroForm.textfield(name="a.nr", tooltip="Personnel number", x=320, y=595, value="P-4471", **SIZE)
    page.acroForm.textfield(name="travel.costCentre", x=60, y=560, value="CC-7714", **SIZE)
    page.acroForm.textfield(name="empty", tooltip="Left empty", x=60, y=530, value="", **SIZE)


def test_each_filled_field_is_read_with_what_the_page_its_tip_or_its_name_calls_it(tmp_path):
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", drawn(travel_request)))

    assert page.text.split("\n") == [
        "Traveller: Ines Okafor",
        "Destination: Bergen",
        "From: 2026-05-04",
        "To: 2026-05-09",
        "Means of travel: ☐ Train; ☑ Plane; ☐ Car",
        "Hotel needed: ☑ yes",
        "Advance payment: ☐ no",
        "Class: Economy",
        "Personnel number: P-4471",
        "cost Centre: CC-7714",
    ]
    (box,) = covering(unpack(page.boxes), start=page.text.index("Bergen"), end=page.text.index("Bergen") + 6)
    assert box.left == 320


def test_boxes_of_a_form_that_nobody_filled_in_say_nothing(tmp_path):
    def blank(page):
        page.drawString(80, 642, "Hotel needed")
        page.acroForm.checkbox(name="c", checked=False, x=60, y=640, size=12)

    _, (page,), _ = read_file(write(tmp_path, "a.pdf", drawn(blank)))
    assert page.text == "Hotel needed"


def test_fields_in_rows_and_columns_are_cells_under_the_names_of_their_columns(tmp_path):
    def order(page):
        rows = [("Bolt", "40", "2.00"), ("Nut", "50", "1.00"), ("Washer", "60", "0.50")]
        for x, name in zip((64, 204, 344), ("Item", "Quantity", "Price"), strict=True):
            page.drawString(x, 742, name)
            for number, row in enumerate(rows):
                value = row[(x - 64) // 140]
                page.acroForm.textfield(name=f"{x}-{number}", x=x - 2, y=713 - 25 * number, width=136, height=20, value=value)

    _, (page,), _ = read_file(write(tmp_path, "a.pdf", drawn(order)))
    assert page.text == "Item | Quantity | Price\nBolt | 40 | 2.00\nNut | 50 | 1.00\nWasher | 60 | 0.50"


def test_notes_are_read_marked_as_notes_and_reported_also_on_a_page_without_text(tmp_path):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([(72, 100, "Tighten screw 5 in the order shown.")]))))
    marked = ArrayObject([FloatObject(value) for value in (105, 752, 150, 752, 105, 738, 150, 738)])
    highlight = Highlight(rect=(105, 738, 150, 752), quad_points=marked)
    highlight.update(Text(rect=(105, 738, 150, 752), text="With thread locker 243.", title_bar="R. Holm"))
    highlight.update({"/Subtype": Highlight(rect=(0, 0, 1, 1), quad_points=marked)["/Subtype"]})
    writer.add_annotation(0, highlight)
    writer.add_blank_page(*A4)
    writer.add_annotation(1, FreeText(text="The gate code is 4471.", rect=(50, 700, 300, 730)))
    stream = io.BytesIO()
    writer.write(stream)
    _, pages, notices = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    assert [page.text for page in pages] == [
        "Tighten screw 5 in the order shown.\n\nNote (R. Holm) “screw 5”: With thread locker 243.",
        "Note: The gate code is 4471.",
    ]
    (notice,) = notices
    assert (notice.code, notice.pages) == ("notes", (1, 2))
    assert "marked as notes: 2." in warning_for(notice.as_dict())


def test_a_stamp_without_words_is_told_by_its_name(tmp_path):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([(72, 100, "Tighten screw 5 in the order shown.")]))))
    for name in ("/SBNotApproved", "/#D5f2"):
        stamp = Text(rect=(300, 700, 400, 730), text="")
        stamp.update({NameObject("/Subtype"): NameObject("/Stamp"), NameObject("/Name"): NameObject(name)})
        del stamp["/Contents"]
        writer.add_annotation(0, stamp)
    stream = io.BytesIO()
    writer.write(stream)
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", stream.getvalue()))

    assert page.text.endswith("Note: Not Approved")
