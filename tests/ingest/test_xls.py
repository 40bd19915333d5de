"""XLS and ODS are read as an XLSX is: values as their cells show them, nothing hidden or struck out, merged cells, notes."""

import io
import struct

import pytest
import xlwt

from ingest.errors import warning_for
from ingest.parsers.refusal import Refusal
from tests.ingest.compound_file import compound_file
from tests.ingest.files import write
from tests.ingest.open_document_files import open_document
from tests.ingest.store import read_file


def read(folder, name, data):
    """Return the text, and the warnings as the uploader reads them."""
    _, pages, notices = read_file(write(folder, name, data))
    return "\n".join(page.text for page in pages), [warning_for(notice.as_dict()) for notice in notices]


def saved(book):
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def fill(sheet, *rows):
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)


def style(code="General", *, is_struck=False):
    return xlwt.easyxf(f"font: struck_out {'on' if is_struck else 'off'}", num_format_str=code)


def test_values_of_an_xls_read_as_their_cells_show_them(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Contracts")
    fill(sheet, ["Article", "Number", "Delivery", "Discount", "Time", "Ends", "Open"])
    cells = (("Valve", "General"), (417, "000000"), (12, '0" weeks"'), (0.04, "0.0%"), (1.15, "[h]:mm"), (46477, "dd.mm.yyyy"))
    for column, (value, code) in enumerate((*cells, (True, "General"))):
        sheet.write(1, column, value, style(code))
    text, warnings = read(tmp_path, "a.xls", saved(book))

    assert text.endswith(
        "Article: Valve; Number: 000417; Delivery: 12 weeks; Discount: 4.0%; Time: 27:36; Ends: 31.03.2027; Open: TRUE"
    )
    assert warnings == []


def test_what_an_xls_hides_or_strikes_out_is_left_out_and_reported(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Prices")
    fill(sheet, ["Product", "Price", "Cost", "Until"], ["Pump A", 1200, 640, "2026"], ["Old pump", 990, 641, "2024"])
    sheet.write(3, 0, "Pump B", style(is_struck=True))
    sheet.write(3, 1, 1850)
    struck, plain = (xlwt.easyfont(f"struck_out {state}") for state in ("on", "off"))
    sheet.write_rich_text(3, 3, (("2027", struck), (" 2028", plain)))
    sheet.row(2).hidden = True
    sheet.col(2).hidden = True
    book.add_sheet("Margins").visibility = 1
    text, warnings = read(tmp_path, "a.xls", saved(book))

    assert text == "Prices\n\nProduct | Price | Until\n\nProduct: Pump A; Price: 1200; Until: 2026\nPrice: 1850; Until: 2028"
    assert warnings == [
        "Hidden sheets were skipped: Margins.",
        "Hidden rows were skipped: 1 (Prices: 3).",
        "Hidden columns were skipped: 1 (Prices: C).",
        "Struck-out text was skipped: 2 (Prices: A4, D4).",
    ]


def test_merged_cells_and_raised_characters_of_an_xls(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Halls")
    fill(sheet, ["Hall", "Crane", "Load"], [None, "E1", 5], [None, "E2", 12])
    sheet.write_merge(1, 2, 0, 0, "East")
    sheet.write_rich_text(3, 0, ("West", ("1", xlwt.easyfont("escapement superscript"))))
    fill_last = ["W1", 8]
    for column, value in enumerate(fill_last, start=1):
        sheet.write(3, column, value)
    text, _ = read(tmp_path, "a.xls", saved(book))

    assert text.endswith("Hall: East; Crane: E1; Load: 5\nHall: East; Crane: E2; Load: 12\nHall: West¹; Crane: W1; Load: 8")


def test_a_day_of_an_xls_that_counts_from_1904_is_its_own(tmp_path):
    book = xlwt.Workbook()
    book.dates_1904 = True
    sheet = book.add_sheet("Days")
    fill(sheet, ["Event", "Day"], ["Fair"])
    sheet.write(1, 1, 45015, style("yyyy-mm-dd"))

    assert "Event: Fair; Day: 2027-03-31" in read(tmp_path, "a.xls", saved(book))[0]


def record(number, data=b""):
    return struct.pack("<HH", number, len(data)) + data


def short(text):
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")


def chart(title, series):
    """A chart as Excel keeps it in its sheet: its title, and the name of a row of figures."""
    named = record(0x1003) + record(0x1033) + record(0x100D, b"\0\0" + short(series)) + record(0x1034)
    titled = (
        record(0x1025, bytes(32)) + record(0x1033) + record(0x100D, b"\0\0" + short(title)) + record(0x1027, b"\1\0" + bytes(4))
    )
    return record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0020, 0, 0, 0, 0)) + named + titled + record(0x1034) + record(0x000A)


def text_box(text, kind=6):
    shape = record(0x005D, struct.pack("<HHHHH", 0x15, 0x12, kind, 1, 0x6011) + bytes(12))
    words = record(0x003C, b"\1" + text.encode("utf-16-le")) + record(0x003C, bytes(16))
    return shape + record(0x01B6, struct.pack("<HH6xHHI", 0, 0, len(text), 16, 0)) + words


def with_drawn(book, drawn):
    """Put records into the last sheet of a workbook."""
    stream = book.get_biff_data()
    assert stream.endswith(record(0x000A))
    return compound_file({"Workbook": stream[:-4] + drawn + record(0x000A)})


def test_text_boxes_and_titles_of_charts_of_an_xls_are_read(tmp_path):
    book = xlwt.Workbook()
    fill(book.add_sheet("Guests"), ["Year", "Guests"], [2025, 530])
    drawn = text_box("Counted at the gate.") + chart("来宾人数", "Guests") + text_box("a note", kind=0x19)
    text, warnings = read(tmp_path, "a.xls", with_drawn(book, drawn))

    assert text.startswith("Guests\n\nYear | Guests\n\nYear: 2025; Guests: 530")
    assert text.endswith("\n\nNote: Counted at the gate.\n\nNote: 来宾人数")
    assert warnings == []


def test_a_damaged_chart_of_an_xls_leaves_its_rows(tmp_path):
    book = xlwt.Workbook()
    fill(book.add_sheet("Guests"), ["Year", "Guests"], [2025, 530])
    text, warnings = read(tmp_path, "a.xls", with_drawn(book, record(0x100D, b"\0\0\xff")))
    assert "Year: 2025; Guests: 530" in text
    assert warnings == ["Damaged parts could not be read and were skipped."]


def test_an_xls_of_nonsense_is_damaged(tmp_path):
    with pytest.raises(Refusal, match="damaged"):
        read_file(write(tmp_path, "a.xls", compound_file({"Workbook": b"\xff" * 5000})))


def test_macros_of_an_xls_are_reported_and_never_run(tmp_path):
    book = xlwt.Workbook()
    fill(book.add_sheet("Days"), ["Event", "Day"], ["Fair", "Monday"])
    stream = saved(book)
    streams = {"Workbook": stream[512 : 512 + 8192]}
    text, warnings = read(tmp_path, "a.xls", compound_file(streams, storages=("_VBA_PROJECT_CUR",)))

    assert "Fair" in text
    assert warnings == ["Macros were skipped; they never run here."]


STYLES = """
<style:style style:name="gone" style:family="table-cell">
<style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="up" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="unseen" style:family="table"><style:table-properties table:display="false"/></style:style>
"""


def cell(text, **attributes):
    written = " ".join(f'{name.replace("_", ":", 1).replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f"<table:table-cell {written}>{f'<text:p>{text}</text:p>' if text is not None else ''}</table:table-cell>"


def row(*cells, more=""):
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def sheet_file(*rows, name="Prices", columns="", more=""):
    return open_document(
        "spreadsheet", f'<table:table table:name="{name}">{columns}{"".join(rows)}</table:table>{more}', styles=STYLES
    )


def test_an_ods_is_read_as_it_shows_itself(tmp_path):
    note = "<office:annotation><dc:creator>Ada</dc:creator><text:p>From May on 45.</text:p></office:annotation>"
    note += "<text:p>1.200,00 €</text:p>"
    data = sheet_file(
        row(*map(cell, ("Product", "Price", "Cost", "Until"))),
        row(cell("Pump A"), f"<table:table-cell>{note}</table:table-cell>", cell("640"), cell("2026")),
        row(*map(cell, ("Old pump", "990", "641", "2024")), more='table:visibility="collapse"'),
        row(
            cell("Pump B", table_style_name="gone"),
            cell('18<text:span text:style-name="up">2</text:span>'),
            cell("1"),
            cell("2027"),
        ),
        row("<table:table-cell/>", more='table:number-rows-repeated="1048570"'),
        columns='<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>',
        more='<table:table table:name="Margins" table:style-name="unseen"></table:table>',
    )
    text, warnings = read(tmp_path, "a.ods", data)

    assert text == (
        "Prices\n\nProduct | Price | Until\n\nProduct: Pump A; Price: 1.200,00 €; Until: 2026; Note on Price: From May on 45.\n"
        "Price: 18²; Until: 2027"
    )
    assert warnings == [
        "Hidden sheets were skipped: Margins.",
        "Hidden rows were skipped: 1 (Prices: 3).",
        "Hidden columns were skipped: 1 (Prices: C).",
        "Struck-out text was skipped: 1 (Prices: A4).",
    ]


def test_values_that_an_ods_does_not_show_in_words(tmp_path):
    data = sheet_file(
        row(*map(cell, ("Name", "First", "Second", "All"))),
        row(
            cell("sum"),
            *(cell(str(n), office_value_type="float", office_value=n) for n in (120, 80)),
            cell(None, table_formula="of:=SUM([.B2:.C2])"),
        ),
        row(
            cell("bare"),
            cell(None, office_value_type="percentage", office_value="0.04"),
            cell(None, office_value_type="date", office_date_value="2027-03-31"),
            cell("x"),
        ),
        row(cell("veiled"), cell("", office_value_type="float", office_value="9000"), cell("1"), cell("2")),
    )
    text, warnings = read(tmp_path, "a.ods", data)

    assert text.endswith(
        "Name: sum; First: 120; Second: 80; All: 200\nName: bare; First: 4%; Second: 2027-03-31; All: x\n"
        "Name: veiled; Second: 1; All: 2"
    )
    assert warnings == [
        "Values hidden by their number format were skipped: 1 (Prices: B4).",
        "Formula values missing from the file were calculated: 1 (Prices: D2).",
    ]


def test_merged_cells_of_an_ods_count_for_each_row(tmp_path):
    covered = "<table:covered-table-cell/>"
    data = sheet_file(
        row(*map(cell, ("Hall", "Crane", "Load"))),
        row(cell("East", table_number_rows_spanned="2"), cell("E1"), cell("5 t")),
        row(covered, cell("E2"), cell("12 t")),
    )

    assert read(tmp_path, "a.ods", data)[0].endswith("Hall: East; Crane: E1; Load: 5 t\nHall: East; Crane: E2; Load: 12 t")
