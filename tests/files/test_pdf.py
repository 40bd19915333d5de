"""PDF as it is printed: marks of notes, where links lead, what the margins say."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.files.reading import read, texts


def pdf(*pages: Callable[[Canvas], object]) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    for draw in pages:
        canvas.setFont("Helvetica", 11)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def words(canvas: Canvas, x: float, y: float, *pieces: tuple[str, str]) -> None:
    """Draw pieces after each other. Each has a level: "up", or the address that it leads to, or nothing."""
    for text, what in pieces:
        size = 6.5 if what == "up" else 11
        width = canvas.stringWidth(text, "Helvetica", size)
        canvas.setFont("Helvetica", size)
        canvas.drawString(x, y + 4 * (what == "up"), text)
        if ":" in what:
            canvas.linkURL(what, (x, y - 3, x + width, y + 9))
        x += width


def test_a_mark_before_a_note_is_raised_and_the_note_stands_alone(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        words(canvas, 72, 700, ("It is 36", ""), ("2", "up"), (" months.", ""))
        words(canvas, 72, 686, ("2", "up"), (" Not for tents.", ""))

    assert texts(tmp_path, "a.pdf", pdf(draw)) == ["It is 36² months.", "² Not for tents."]


def test_links_carry_their_addresses(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        portal, form = "https://a.example/new", "https://b.example/x"
        words(
            canvas,
            72,
            700,
            ("Claims go to ", ""),
            ("the portal", portal),
            (" and ", ""),
            ("a.example", "https://a.example"),
            (" or", ""),
        )
        words(
            canvas, 72, 686, ("else to ", ""), ("the desk", "mailto:d@a.example"), (" that is open, by ", ""), ("the paper", form)
        )
        words(canvas, 72, 672, ("form.", form))

    assert texts(tmp_path, "a.pdf", pdf(draw)) == [
        "Claims go to the portal (https://a.example/new) and a.example or else to the desk (d@a.example) that is open, by the "
        "paper form (https://b.example/x)."
    ]


def test_what_all_pages_print_below_is_read_once(tmp_path: Path) -> None:
    def page(number: int) -> Callable[[Canvas], object]:
        def draw(canvas: Canvas) -> None:
            canvas.drawString(72, 700, f"Step {number}: rinse the tank.")
            canvas.drawString(72, 40, f"Owner: Ida Brandt, page {number} of 4")
            canvas.drawString(300, 20, f"{number}")

        return draw

    assert texts(tmp_path, "a.pdf", pdf(*map(page, range(1, 5)))) == [
        *("Step 1: rinse the tank.", "Owner: Ida Brandt, page 1 of 4"),
        *("Step 2: rinse the tank.", "Step 3: rinse the tank.", "Step 4: rinse the tank."),
    ]


def layered(*, is_on: bool) -> bytes:
    """A page with a layer that is switched on or off."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    words = "Type OCG Font Subtype Type1 BaseFont Helvetica F1 L1 ON OFF"
    names = {name: NameObject(f"/{name}") for name in words.split()}
    font = {names["Type"]: names["Font"], names["Subtype"]: names["Type1"], names["BaseFont"]: names["Helvetica"]}
    layer = writer._add_object(DictionaryObject({names["Type"]: names["OCG"], NameObject("/Name"): TextStringObject("Draft")}))
    stream = DecodedStreamObject()
    draft = b"/OC /L1 BDC BT /F1 12 Tf 20 200 Td (The draft says 35 euros.) Tj ET EMC"
    stream.set_data(b"BT /F1 12 Tf 20 250 Td (The gate opens at six.) Tj ET " + draft)
    page[NameObject("/Contents")] = writer._add_object(stream)
    fonts = DictionaryObject({names["F1"]: writer._add_object(DictionaryObject(font))})
    page[NameObject("/Resources")] = DictionaryObject(
        {names["Font"]: fonts, NameObject("/Properties"): DictionaryObject({names["L1"]: layer})}
    )
    shown = DictionaryObject({names["ON" if is_on else "OFF"]: ArrayObject([layer])})
    layers = DictionaryObject({NameObject("/OCGs"): ArrayObject([layer]), NameObject("/D"): shown})
    writer._root_object[NameObject("/OCProperties")] = layers
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_a_layer_that_is_switched_off_is_left_out_and_reported(tmp_path: Path) -> None:
    left, warnings = read(tmp_path, "a.pdf", layered(is_on=False))

    assert left == ["The gate opens at six."]
    assert warnings["hidden_text"]["count"] == 5
    assert "35 euros" in " ".join(texts(tmp_path, "a.pdf", layered(is_on=True)))


def test_fractions_and_sums_are_written_on_the_line_that_they_stand_on(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for x, y, text in ((72, 700, "The load is k ="), (156, 707, "P + 2 Q"), (168, 693, "3 A"), (206, 700, "and more.")):
            canvas.drawString(x, y, text)
        canvas.line(154, 703, 200, 703)
        for x, y, text in ((72, 660, "The total is T ="), (180, 660, "x in euros.")):
            canvas.drawString(x, y, text)
        canvas.setFont("Symbol", 16)
        canvas.drawString(163, 657, "∑")
        canvas.setFont("Helvetica", 7)
        canvas.drawString(167, 672, "n")
        canvas.drawString(164, 648, "i=1")

    assert " ".join(texts(tmp_path, "a.pdf", pdf(draw))) == (
        "The load is k = (P + 2 Q)/(3 A) and more. The total is T = ∑_(i=1)^(n) x in euros."
    )


def test_what_is_underlined_is_no_fraction(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Fees")
        canvas.line(72, 697, 96, 697)
        canvas.drawString(72, 685, "Item and more of it.")

    assert " ".join(texts(tmp_path, "a.pdf", pdf(draw))) == "Fees Item and more of it."


def test_the_last_short_lines_of_two_columns_stay_in_their_columns(tmp_path: Path) -> None:
    left = (
        "Tools are lent for seven days. Who needs",
        "them longer asks the store. The deposit is",
        "20 euros for small tools and 60 euros for",
        "large ones. It is paid back when the tool",
        "comes back.",
    )
    right = (
        "Drills need a training that is given on the",
        "first Monday of the month. Who has not",
        "been trained may not lend them. Ladders",
        "are checked before they are lent and when",
        "they come back from who has lent them, by",
        "the store.",
    )

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for number in range(6):
            for x, lines in ((72, left), (320, right)):
                canvas.drawString(x, 700 - 12 * number, lines[number] if number < len(lines) else "")

    assert texts(tmp_path, "a.pdf", pdf(draw)) == [" ".join(left), " ".join(right)]


INKS = {
    "第": (20, -110, 960, 930),
    "一": (40, 370, 920, 80),
    "条": (20, -110, 960, 930),
    "3": (50, -10, 450, 740),
    "–": (0, 240, 500, 60),
}


def drawn_glyphs(text: str) -> bytes:
    """A page in a Type 3 font, as browsers write fonts that they cannot embed: each glyph is a box where its ink would be."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    procedures, codes = {}, {}
    for code, (letter, (x, y, width, height)) in enumerate(INKS.items(), start=65):
        drawing = DecodedStreamObject()
        drawing.set_data(b"%d 0 %d %d %d %d d1 %d %d %d %d re f" % (1000, x, y, x + width, y + height, x, y, width, height))
        procedures[NameObject(f"/g{code}")] = writer._add_object(drawing)
        codes[letter] = code
    known = DecodedStreamObject()
    pairs = b"\n".join(b"<%02X> <%04X>" % (code, ord(letter)) for letter, code in codes.items())
    known.set_data(
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange %d beginbfchar\n%s\n"
        b"endbfchar endcmap end" % (len(codes), pairs)
    )
    names = [NameObject(f"/g{code}") for code in codes.values()]
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type3"),
            NameObject("/FontMatrix"): ArrayObject(map(FloatObject, (0.001, 0, 0, -0.001, 0, 0))),
            NameObject("/FontBBox"): ArrayObject(map(NumberObject, (44, 120, 960, -880))),
            NameObject("/FirstChar"): NumberObject(65),
            NameObject("/LastChar"): NumberObject(64 + len(codes)),
            NameObject("/Widths"): ArrayObject([NumberObject(1000)] * len(codes)),
            NameObject("/CharProcs"): DictionaryObject(procedures),
            NameObject("/Encoding"): DictionaryObject({NameObject("/Differences"): ArrayObject([NumberObject(65), *names])}),
            NameObject("/ToUnicode"): writer._add_object(known),
        }
    )
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf 20 250 Td (%s) Tj ET" % bytes(codes[letter] for letter in text))
    page[NameObject("/Contents")] = writer._add_object(stream)
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_a_low_glyph_of_a_drawn_font_is_not_raised(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.pdf", drawn_glyphs("第一条3–3")) == ["第一条3–3"]


def dynamic(packet: bytes) -> bytes:
    """A form whose page asks to wait for a program that builds it from XML."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf(lambda canvas: canvas.drawString(72, 700, "Please wait..."))))
    stream = DecodedStreamObject()
    stream.set_data(packet)
    fields = {NameObject("/XFA"): writer._add_object(stream), NameObject("/Fields"): ArrayObject()}
    writer._root_object[NameObject("/AcroForm")] = writer._add_object(DictionaryObject(fields))
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_what_was_filled_into_a_dynamic_form_is_read(tmp_path: Path) -> None:
    field = '<field name="{}"{}><caption><value><text>{}</text></value></caption></field>'
    fields = field.format("App", "", "Applicant:") + field.format("Key", ' presence="hidden"', "Key")
    template = f'<template xmlns="http://www.xfa.org/schema/xfa-template/3.3/"><subform name="f">{fields}</subform></template>'
    data = "<f><App>Rosa Lind</App><Cost>CC-5521</Cost><Key>77</Key><Note/></f>"
    whole = (
        f'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">{template}<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/">'
        f"<xfa:data>{data}</xfa:data></xfa:datasets></xdp:xdp>"
    )

    assert texts(tmp_path, "a.pdf", dynamic(whole.encode())) == ["Applicant: Rosa Lind\nCost: CC-5521"]
    found, warnings = read(tmp_path, "b.pdf", dynamic(b"<xdp"))
    assert (found, warnings["objects"]["places"]) == (["Please wait..."], "“XFA”")


@pytest.mark.parametrize("dots", [" " + "." * 40 + " ", "." * 40, " " + ". " * 30], ids=["apart", "close", "spaced"])
def test_lines_whose_dots_lead_to_a_value_stay_lines_of_their_own(tmp_path: Path, dots: str) -> None:
    stream = io.BytesIO()
    drawing = Canvas(stream)
    drawing.drawString(72, 760, "The canteen sells these drinks on every working day from eight to four.")
    for number, (drink, price) in enumerate((("Coffee", "2.50"), ("Green tea, large", "1.80"), ("Juice of the day", "3.20"))):
        drawing.drawString(72, 720 - 14 * number, f"{drink}{dots}{price}")
    drawing.drawString(72, 660, "All prices include the tax that the law asks for.")
    drawing.save()

    assert texts(tmp_path, "a.pdf", stream.getvalue())[1:-1] == [
        "Coffee … 2.50",
        "Green tea, large … 1.80",
        "Juice of the day … 3.20",
    ]
