import datetime
import zipfile

import openpyxl
import pytest

from ingest.errors import UserFault
from ingest.parsers.refusal import Refusal
from tests.ingest.files import write
from tests.ingest.store import read_file, read_in_child

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def blocks_of(pages):
    return [(block.kind, page.text[block.start : block.end]) for page in pages for block in page.blocks]


def test_rows_of_a_sheet_carry_their_headers_and_values_as_shown(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sites"
    sheet.append(["Depots of the north"])
    sheet.append(["Site", "Rent", "Full", "Since", "Note"])
    sheet.append(["Oslo", 1250.5, 0.25, datetime.date(2021, 3, 1), None])
    sheet.append(["Turku", -40, 1, datetime.datetime(2022, 1, 2, 8, 30), "cold"])
    sheet.append([])
    sheet.append(["Bergen", 7, 0.5])
    for row in (3, 4):
        sheet.cell(row, 2).number_format = '"$"#,##0.00'
        sheet.cell(row, 3).number_format = "0.0%"
    secret = book.create_sheet("Draft")
    secret.append(["unfinished"])
    secret.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    _, pages, notices = read_file(tmp_path / "a.xlsx")

    assert blocks_of(pages) == [
        ("heading", "Sites"),
        ("heading", "Depots of the north"),
        ("table", "Site | Rent | Full | Since | Note"),
        (
            "list",
            "Site: Oslo; Rent: $1,250.50; Full: 25.0%; Since: 2021-03-01\n"
            "Site: Turku; Rent: -$40.00; Full: 100.0%; Since: 2022-01-02 8:30:00; Note: cold",
        ),
        ("list", "Site: Bergen; Rent: 7; Full: 0.5"),
    ]
    assert pages[0].blocks[-1].heading_path == ("Sites", "Depots of the north")
    assert [(notice.code, notice.values) for notice in notices] == [("hidden_sheets", {"names": "Draft"})]


def test_a_second_table_has_its_own_header(tmp_path):
    text = "Name,Age\nAda,36\n\nCity,People\nRome,3\n"
    _, pages, _ = read_file(write(tmp_path, "a.csv", text))

    assert [text for _, text in blocks_of(pages)] == ["Name | Age", "Name: Ada; Age: 36", "City | People", "City: Rome; People: 3"]


def test_names_that_begin_anew_make_tables_of_their_own_side_by_side(tmp_path):
    text = "Team,Lead,Phone,Team,Lead,Phone\nEarly,Brandt,4411,Late,Moreau,4417\n"
    _, pages, _ = read_file(write(tmp_path, "a.csv", text))
    _, plain, _ = read_file(write(tmp_path, "b.csv", "Plant,Plan,Actual,Plan,Actual\nLeeds,120,118,130,141\n"))

    assert blocks_of(pages)[1] == ("list", "Team: Early; Lead: Brandt; Phone: 4411\nTeam: Late; Lead: Moreau; Phone: 4417")
    assert blocks_of(plain)[1] == ("list", "Plant: Leeds; Plan: 120; Actual: 118; Plan: 130; Actual: 141")


def test_rows_below_a_numbered_or_lone_row_carry_its_name(tmp_path):
    text = "No.,Work,Price\n1,Hand drilling,282\n,Drill rods,14\n,Total,296\n2,Blasting,90\n"
    _, pages, _ = read_file(write(tmp_path, "a.csv", text))
    _, lone, _ = read_file(write(tmp_path, "b.csv", "Line,Part,Price\nLine 3,,\n,Belt,20\n"))

    assert blocks_of(pages)[1][1].split("\n") == [
        "No.: 1; Work: Hand drilling; Price: 282",
        "Work: Hand drilling > Drill rods; Price: 14",
        "Work: Total; Price: 296",
        "No.: 2; Work: Blasting; Price: 90",
    ]
    _, odd, _ = read_file(write(tmp_path, "c.csv", "Id,Size,Note\n1,27,,too long\n,too short\n"))

    assert blocks_of(odd)[1] == ("list", "Id: 1; Size: 27; too long\nSize: too short")
    assert blocks_of(lone)[1] == ("list", "Line: Line 3\nLine: Line 3; Part: Belt; Price: 20")


def test_rows_without_a_header_are_a_plain_table(tmp_path):
    _, pages, _ = read_file(write(tmp_path, "a.csv", "5.1,3.5,setosa\n4.9,3.0,setosa\n"))

    assert blocks_of(pages) == [("table", "5.1 | 3.5 | setosa\n4.9 | 3.0 | setosa")]


def test_years_are_names_of_columns_over_other_figures(tmp_path):
    _, pages, _ = read_file(write(tmp_path, "a.tsv", "Region\t2023\t2024\nNorth\t10\t12\n"))
    _, plain, _ = read_file(write(tmp_path, "b.tsv", "Ada\t1985\nBob\t1990\n"))

    assert blocks_of(pages)[1] == ("list", "Region: North; 2023: 10; 2024: 12")
    assert blocks_of(plain) == [("table", "Ada | 1985\nBob | 1990")]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("名称;数量\n螺丝;5\n".encode("gb18030") * 20, ";"),
        ("名称,数量\n螺丝,5\n".encode("utf-16"), ","),
        ("名称\t数量\r\n螺丝\t5\r\n".encode(), "\t"),
        ("名称|数量\r螺丝|5\r".encode(), "|"),
    ],
)
def test_csv_is_read_in_its_encoding_and_with_its_separator(tmp_path, content, delimiter):
    _, pages, _ = read_file(write(tmp_path, "a.csv", content))

    assert pages[0].text.startswith("名称 | 数量\n\n名称: 螺丝; 数量: 5")


def test_quoted_cells_hold_separators_and_line_breaks(tmp_path):
    _, pages, notices = read_file(write(tmp_path, "a.csv", 'Name,Text\nAda,"one, ""two""\nthree"\nBob,x\n'))

    assert blocks_of(pages)[1:] == [("list", 'Name: Ada; Text: one, "two" three\nName: Bob; Text: x')]
    assert notices == []


@pytest.mark.parametrize("rows", [3, 20_000])
def test_an_unclosed_quote_swallows_nothing(tmp_path, rows):
    lines = "".join(f"item {number},5 inch\n" for number in range(rows))
    _, pages, notices = read_file(write(tmp_path, "a.csv", 'Name,Size\n"broken,1 inch\n' + lines))
    text = "\n".join(page.text for page in pages)

    assert 'Name: "broken; Size: 1 inch' in text
    assert f"Name: item {rows - 1}; Size: 5 inch" in text
    assert [notice.code for notice in notices] == ["open_quotes"]


@pytest.mark.parametrize("content", ["a" * (2 << 20), "a,b\n" + "x," * 100_000 + "\n"])
def test_lines_without_measure_are_refused(tmp_path, content):
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.csv", content))

    assert refused.value.code == "too_wide"


def workbook(path, *, sheet, strings=""):
    """An XLSX from raw parts, as hostile ones are written."""
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}content-types"><Default Extension="rels" ContentType="{package}relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kinds}sharedStrings+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}relationships"><Relationship Id="r1" Type="{relation}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}relationships">'
            f'<Relationship Id="r1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{relation}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{relation}"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", strings or f'<sst xmlns="{MAIN}"/>')
    return path


def test_a_sheet_of_absurd_dimensions_costs_what_is_in_it(tmp_path):
    sheet = (
        f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData><row r="1048576">'
        '<c r="XFD1048576" t="inlineStr"><is><t>the last cell</t></is></c></row></sheetData></worksheet>'
    )
    items = list(read_in_child(workbook(tmp_path / "a.xlsx", sheet=sheet)))

    assert items[1].text == "One\n\nthe last cell"


@pytest.mark.parametrize("part", ["sheet", "strings"])
def test_entities_are_never_expanded_nor_files_read(tmp_path, part):
    secret = write(tmp_path, "secret.txt", "TOPSECRET")
    doctype = f'<!DOCTYPE x [<!ENTITY a "swollen"><!ENTITY b "&a;&a;&a;"><!ENTITY file SYSTEM "file://{secret}">]>'
    sheet = (
        (doctype if part == "sheet" else "")
        + f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>plain '
        + ("&b;&file;" if part == "sheet" else "")
        + '</t></is></c><c r="B1" t="s"><v>0</v></c></row></sheetData></worksheet>'
    )
    strings = doctype + f'<sst xmlns="{MAIN}"><si><t>shared &b;&file;</t></si></sst>' if part == "strings" else ""
    try:
        items = list(read_in_child(workbook(tmp_path / "a.xlsx", sheet=sheet, strings=strings)))
    except UserFault as fault:
        assert fault.code == "damaged"
    else:
        assert not any(word in repr(items) for word in ("swollen", "TOPSECRET"))


def test_many_rows_stay_within_a_small_memory(tmp_path, settings):
    settings.PARSE_MEMORY_BYTES = 400 << 20
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Log")
    sheet.append(["Number", "Text"])
    for number in range(40_000):
        sheet.append([number, f"entry of the day {number}"])
    book.save(tmp_path / "a.xlsx")
    last = ""
    for item in read_in_child(tmp_path / "a.xlsx"):
        last = getattr(item, "text", last)

    assert last.endswith("Number: 39999; Text: entry of the day 39999")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("id^name\n1^Pan, big\n", "id | name\n\nid: 1; name: Pan, big"),
        ("编号，名称\n1，茶壶\n", "编号 | 名称\n\n编号: 1; 名称: 茶壶"),
        ("sep=;\nName;Price\nPan, big;30\n", "Name | Price\n\nName: Pan, big; Price: 30"),
        (
            '"Name, first";"Price, net"\n"Pan, big, red";"3,50"\n',
            "Name, first | Price, net\n\nName, first: Pan, big, red; Price, net: 3,50",
        ),
        ("'Name','Size'\n'Pan, big','5'\n", "Name | Size\n\nName: Pan, big; Size: 5"),
        ('Name, Size\n"Pan, big", 5\n', "Name | Size\n\nName: Pan, big; Size: 5"),
        ('Name,Size\n"5 \\"inch\\" pipe, grey",5\n', 'Name | Size\n\nName: 5 "inch" pipe, grey; Size: 5'),
        ('Name\tSize\n"Pan\tbig"\t5\n', "Name | Size\n\nName: Pan big; Size: 5"),
    ],
)
def test_rarer_separators_are_seen(tmp_path, content, text):
    _, (page,), _ = read_file(write(tmp_path, "a.csv", content))

    assert page.text == text
