"""Tables that stand sideways on a page, and tables that go on over pages."""

import io

import pypdfium2
import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from reportlab.platypus import Table, TableStyle

from kb.viewing.boxes import covering, unpack
from tests.ingest.files import pdf, write
from tests.ingest.store import read_file

ROWS = [
    ("Fluid", "Capacity", "Change after", "Grade"),
    ("Engine oil", "6.0 litres", "10,000 km", "5W-30"),
    ("Coolant", "18.6 litres", "60,000 km", "G13"),
    ("Gear oil", "2.4 litres", "90,000 km", "75W-90"),
]
BOLD = ("FONT", (0, 0), (-1, 0), "Helvetica-Bold")
GRID = ("GRID", (0, 0), (-1, -1), 0.5, colors.black)
WRITTEN = "\n".join(" | ".join(row) for row in ROWS)


def sideways(angle, *style):
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pagesize=A4)
    page.drawString(60, 800, "The table on this page is printed sideways.")
    page.translate(300, 150 if angle > 0 else 750)
    page.rotate(angle)
    table = Table(ROWS, colWidths=[100] * 4, style=TableStyle([BOLD, *style]))
    table.wrapOn(page, 600, 400)
    table.drawOn(page, 0, -60)
    page.save()
    return stream.getvalue()


@pytest.mark.parametrize("style", [(), (GRID,)], ids=["no rules", "ruled"])
@pytest.mark.parametrize("angle", [90, -90])
def test_a_table_printed_sideways_is_read_row_by_row(tmp_path, angle, style):
    path = write(tmp_path, "a.pdf", sideways(angle, *style))
    _, (page,), _ = read_file(path)

    assert page.text == f"The table on this page is printed sideways.\n\n{WRITTEN}"
    assert page.text[page.blocks[-1].start : page.blocks[-1].header_end] == "Fluid | Capacity | Change after | Grade"
    start = page.text.index("18.6")
    (box,) = covering(unpack(page.boxes), start=start, end=start + 4)
    found = (
        pypdfium2.PdfDocument(path)[0]
        .get_textpage()
        .get_text_bounded(
            left=box.left - 1, right=box.right + 1, bottom=page.height - box.bottom - 1, top=page.height - box.top + 1
        )
    )
    assert found.strip() == "18.6"


def rows_from(first, last):
    cells = [(f"Machine {n}", f"{n % 7 + 3} months", f"{n % 9 + 10} months", f"Team {'ABC'[n % 3]}") for n in range(first, last)]
    return [[(x, text) for x, text in zip((72, 200, 310, 430), row, strict=True)] for row in cells]


def drawn(rows, *, top):
    return [(x, top + 18 * number, text) for number, row in enumerate(rows) for x, text in row]


HEAD = [(72, "Machine"), (200, "Oil change"), (310, "Filter change"), (430, "Responsible")]
NAMES = "Machine | Oil change | Filter change | Responsible"


def test_rows_on_the_next_pages_keep_the_names_of_their_columns(tmp_path):
    pages = [
        drawn([HEAD, *rows_from(1, 36)], top=120),
        [(72, 100, "Table 3 (continued)"), *drawn(rows_from(36, 70), top=130)],
        [*drawn(rows_from(70, 80), top=110), (72, 400, "All machines are checked in spring.")],
        drawn(rows_from(80, 90), top=110),
    ]
    _, parsed, _ = read_file(write(tmp_path, "a.pdf", pdf(*pages)))

    tables = [(page, block) for page in parsed for block in page.blocks if block.kind == "table"]
    heads = [page.text[block.start : block.header_end] if block.header_end else "" for page, block in tables]
    assert heads == [NAMES, NAMES, NAMES, ""]  # text stands between the third and the fourth
    page, block = tables[1]
    assert page.text[block.start : block.end].split("\n")[1] == "Machine 36 | 4 months | 10 months | Team A"


def test_a_head_that_is_printed_again_and_another_table_are_left_as_they_are(tmp_path):
    other = [[(72, "Tool"), (260, "Shelf")], *[[(72, f"Tool {n}"), (260, f"Shelf {n}")] for n in range(1, 6)]]
    pages = [
        drawn([HEAD, *rows_from(1, 36)], top=120),
        drawn([HEAD, *rows_from(36, 70)], top=110),
        drawn(other, top=110),
    ]
    _, parsed, _ = read_file(write(tmp_path, "a.pdf", pdf(*pages)))

    assert parsed[1].text.count("Filter change") == 1
    assert "Filter change" not in parsed[2].text
