"""Tables in text, however their cells are parted and their marks are written."""

from pathlib import Path

import pytest

from tests.ingest.files import write
from tests.ingest.store import read_file

ROWS = "Name | Note\n\nName: Pan; Note: a, b\nName: Pot; Note: c"
DIALECTS = {
    "commas in a text of semicolons": b"Name;Note\nPan;a, b\nPot;c, d, e\n",
    "decimal commas": b"Name;Note\nPan;1,5\nPot;2,0\n",
    "tilde": b"Name~Note\nPan~a, b\nPot~c\n",
    "escaped separator": b"Name,Note\nPan,a\\, b\nPot,c\n",
    "carriage returns": b"Name;Note\rPan;a, b\rPot;c\r",
    "UTF-16 with tabs": "Name\tNote\nPan\ta, b\nPot\tc\n".encode("utf-16"),
    "named separator": b'sep=|\nName|Note\nPan|"a, b"\nPot|c\n',
    "single marks": b"'Name','Note'\n'Pan','a, b'\n'Pot','c'\n",
}
TOLD = {
    "commas in a text of semicolons": "Name | Note\n\nName: Pan; Note: a, b\nName: Pot; Note: c, d, e",
    "decimal commas": "Name | Note\n\nName: Pan; Note: 1,5\nName: Pot; Note: 2,0",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_gives_the_rows(tmp_path: Path, dialect: str) -> None:
    _, (page,), notices = read_file(write(tmp_path, "a.csv", DIALECTS[dialect]))
    assert page.text == TOLD.get(dialect, ROWS)
    assert notices == []


@pytest.mark.parametrize("name", ["a.tsv", "a.csv"])
def test_commas_in_cells_parted_by_tabs_part_nothing(tmp_path: Path, name: str) -> None:
    table = b"Name\tPlace\nAda\tMain Street 1, Paris, France, EU\nBob\tRoad 2, Rome, Italy, EU\n"
    _, (page,), _ = read_file(write(tmp_path, name, table))
    assert page.text == (
        "Name | Place\n\nName: Ada; Place: Main Street 1, Paris, France, EU\nName: Bob; Place: Road 2, Rome, Italy, EU"
    )


def test_tabs_part_a_table_of_that_name_even_where_its_rows_are_uneven(tmp_path: Path) -> None:
    _, (page,), _ = read_file(write(tmp_path, "a.tsv", b"Report, made by Ada, Bob, Carl\n\nName\tNote\nPan\ta, b, c, d\n"))
    assert page.text == "Report, made by Ada, Bob, Carl\n\nName | Note\n\nName: Pan; Note: a, b, c, d"
