import io

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from ingest.stages.chunking import ChunkSize, SourcePage, cut_pages
from kb.viewing.boxes import covering, unpack
from tests.ingest.files import pdf, write
from tests.ingest.store import read_file

STYLE = getSampleStyleSheet()["BodyText"]
RECORDS = [
    ["Record", "Kept for", "Where"],
    ["Calibration certificates and the raw data that belong to them", "10 years", "document store"],
    ["Production test records", "15 years", "production database of the plant in which the balance was made"],
    ["Supplier assessments", "7 years", "purchasing system"],
]


def ruled(rows, *, style, around=("Before the table.", "After the table.")):
    cells = [[Paragraph(text, STYLE) for text in row] for row in rows]
    return between(Table(cells, colWidths=[150] * len(rows[0]), style=TableStyle(style)), around=around)


def between(table, *, around=("Before the table.", "After the table.")):
    """Return a PDF with a table between two paragraphs."""
    stream = io.BytesIO()
    SimpleDocTemplate(stream, pagesize=A4).build([Paragraph(around[0], STYLE), table, Paragraph(around[1], STYLE)])
    return stream.getvalue()


INNER = [("INNERGRID", (0, 0), (-1, -1), 0.5, colors.grey)]
GRID = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey)]


@pytest.mark.parametrize("style", [GRID, INNER], ids=["closed", "open sides"])
def test_a_ruled_table_keeps_its_rows_though_its_cells_are_wrapped(tmp_path, style):
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", ruled(RECORDS, style=style)))
    before, table, after = page.blocks

    assert (before.kind, table.kind, after.kind) == ("paragraph", "table", "paragraph")
    assert page.text[table.start : table.end] == "\n".join(" | ".join(row) for row in RECORDS)
    assert page.text[table.start : table.header_end] == "Record | Kept for | Where"


def test_the_boxes_of_a_ruled_table_hold_the_words_that_they_say(tmp_path):
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", ruled(RECORDS, style=GRID)))
    boxes = unpack(page.boxes)

    assert "".join(page.text[box.start : box.end] for box in boxes) == "".join(page.text.replace("|", "").split())
    start = page.text.index("production database")
    rectangles = covering(boxes, start=start, end=page.text.index("made") + 4)
    assert len(rectangles) >= 2  # the cell is wrapped
    assert max(box.right for box in rectangles) - min(box.left for box in rectangles) < 150


def test_a_cell_over_several_columns_is_not_cut_and_an_empty_cell_stays_empty(tmp_path):
    rows = [["Limits for all of the balances", "", ""], ["Test", "LX-120", "LX-220"], ["Drift", "", "0.1 mg"], ["Noise", "1", "2"]]
    style = [*GRID, ("SPAN", (0, 0), (2, 0))]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", ruled(rows, style=style)))
    lines = page.text.split("\n\n")[1].split("\n")

    assert lines == ["Limits for all of the balances", "Test | LX-120 | LX-220", "Drift |  | 0.1 mg", "Noise | 1 | 2"]


def test_a_box_around_a_paragraph_is_not_a_table(tmp_path):
    style = [("BOX", (0, 0), (-1, -1), 0.5, colors.grey)]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", ruled([["A warning in a box."]], style=style)))

    assert [block.kind for block in page.blocks] == ["paragraph"] * len(page.blocks)
    assert "A warning in a box." in page.text


def test_the_header_row_is_repeated_for_each_further_chunk_of_a_table(tmp_path):
    rows = [["Part", "Supplier", "Lead time"], *([f"Load cell {n}", "Steinbach and Sons", f"{n} weeks"] for n in range(1, 25))]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", ruled(rows, style=GRID)))
    source = SourcePage(number=1, text=page.text, blocks=page.blocks)
    chunks = list(
        cut_pages([source], title="Parts", count_tokens=lambda texts: [len(t.split()) for t in texts], size=ChunkSize(target=60))
    )

    assert len(chunks) > 2
    assert {chunk.prefix for chunk in chunks[1:] if " | " in chunk.text} == {"Part | Supplier | Lead time"}


def drawn(rows, *, columns, top=150, step=16):
    return [(x, top + step * i, text) for i, row in enumerate(rows) for x, text in zip(columns, row, strict=True) if text]


def test_a_missing_figure_leaves_an_empty_cell_where_the_columns_are_plain(tmp_path):
    rows = [("(Millions)", "2022", "2021"), ("Net sales", "34,229", "35,355"), ("Impairment", "", "271"), ("Tax", "612", "1,285")]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn(rows, columns=(72, 300, 400)))))

    assert page.text.split("\n") == [
        "(Millions) | 2022 | 2021",
        "Net sales | 34,229 | 35,355",
        "Impairment |  | 271",
        "Tax | 612 | 1,285",
    ]


def test_two_columns_of_prose_are_read_one_after_the_other(tmp_path):
    left = [f"The left column tells in line {n} of" for n in range(1, 9)]
    right = [f"the right one says in line {n} that" for n in range(1, 9)]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn(list(zip(left, right, strict=True)), columns=(72, 320), step=13))))

    assert "table" not in {block.kind for block in page.blocks}
    assert page.text.index(left[-1]) < page.text.index(right[0])


def test_dates_over_two_lines_head_the_columns_of_a_statement(tmp_path):
    rows = [
        ("", "January 28,", "January 29,"),
        ("", "2023", "2022"),
        ("Cash", "737,877", "431,560"),
        ("Goodwill", "10,870", "10,870"),
    ]
    rows += [("Receivables", "199,422", "233,682"), ("Inventories", "1,603,451", "1,499,218")]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn(rows, columns=(72, 330, 400)))))
    (table,) = page.blocks

    assert page.text.startswith(" | January 28, 2023 | January 29, 2022\nCash | 737,877 | 431,560\n")
    assert page.text[: table.header_end].strip() == "| January 28, 2023 | January 29, 2022"


def test_words_spread_to_fill_their_lines_are_no_cells(tmp_path):
    texts = ["the registrant keeps all", "records of such a disposal", "and files reports with the", "agent in charge of it now"]
    spread = [(72, (0, 60, 150, 230)), (72, (0, 75, 117, 210)), (72, (0, 42, 103, 187)), (72, (0, 88, 139, 260))]
    page = [
        (left + gap, 150 + 14 * i, word)
        for i, ((left, gaps), text) in enumerate(zip(spread, texts, strict=True))
        for gap, word in zip(gaps, text.split()[:4], strict=True)
    ]
    _, (parsed,), _ = read_file(write(tmp_path, "a.pdf", pdf(page)))

    assert {block.kind for block in parsed.blocks} == {"paragraph"}
    assert "|" not in parsed.text


def test_names_over_several_columns_are_given_to_each_of_them(tmp_path):
    rows = [
        ((210, "Sales"), (390, "Costs")),
        ((72, "Region"), (180, "2023"), (240, "2022"), (360, "2023"), (420, "2022")),
        ((72, "North"), (180, "1,200"), (240, "1,100"), (360, "900"), (420, "800")),
        ((72, "South"), (180, "700"), (240, "650"), (360, "400"), (420, "390")),
    ]
    drawn = [(x, 150 + 16 * i, text) for i, row in enumerate(rows) for x, text in row]
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", pdf(drawn)))

    header = "Region | Sales 2023 | Sales 2022 | Costs 2023 | Costs 2022"
    assert page.text == f"{header}\nNorth | 1,200 | 1,100 | 900 | 800\nSouth | 700 | 650 | 400 | 390"
    (table,) = page.blocks
    assert page.text[: table.header_end] == header
    boxes, text = unpack(page.boxes), page.text
    (first,), (second,) = (covering(boxes, start=i, end=i + 5) for i in (text.index("Sales"), text.rindex("Sales")))
    assert (first.left, first.top) == (second.left, second.top)  # both point at the one word on the page


def test_a_gap_that_long_texts_narrow_still_parts_columns(tmp_path):
    rows = [["Boat", "Length", "Moored at", "Looked after by"]]
    rows += [
        [f"{('Dinghy', 'Cutter', 'Raft', 'Lighter boat')[at % 4]} {at}", f"{4 + at} m", f"Pier {at % 3}", "Ada"]
        for at in range(1, 13)
    ]
    stream = io.BytesIO()
    SimpleDocTemplate(stream, pagesize=A4).build([Table(rows)])
    _, (page,), _ = read_file(write(tmp_path, "a.pdf", stream.getvalue()))
    (table,) = page.blocks

    lines = page.text.split("\n")
    assert lines[0] == "Boat | Length | Moored at | Looked after by"
    assert lines[3] == "Lighter boat 3 | 7 m | Pier 0 | Ada"
    assert table.header_end == len(lines[0])
