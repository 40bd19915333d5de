"""Formats are tested as files lie in the store, and as nothing else."""

import ast
from pathlib import Path

import openpyxl
import pytest

from tests.ingest.files import write
from tests.ingest.store import keep, read_here

TESTS = Path(__file__).resolve().parents[1]
ONLY_WAY = TESTS / "ingest" / "store.py"
FORBIDDEN = {"ingest.stages.parse_child", "ingest.parsers.formats.detect", "ingest.stages.parsing"}


def parsers_called(source: str) -> list[str]:
    """Return what a test module takes from the parsers by which it could read a file that is not in the store."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            of_parsers = node.module.startswith("ingest.parsers.")
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name for name in names if node.module in FORBIDDEN or name in FORBIDDEN]
            found += [name for name in names if of_parsers and name.rpartition(".")[2].startswith("parse_")]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in FORBIDDEN]
    return found


def test_no_format_bypasses_the_store():
    called = {path: parsers_called(path.read_text("utf-8")) for path in TESTS.rglob("*.py") if path != ONLY_WAY}

    assert {str(path.relative_to(TESTS)): names for path, names in called.items() if names} == {}


@pytest.mark.parametrize(
    "line",
    [
        "from ingest.stages.parse_child import parse",
        "from ingest.parsers.office.xlsx import parse_xlsx",
        "from ingest.stages.parsing import parse_file",
        "from ingest.stages import parsing",
        "import ingest.stages.parse_child",
        "def later():\n    from ingest.parsers.formats.detect import detect_type",
    ],
)
def test_every_way_round_the_store_is_seen(line):
    assert parsers_called(line)


def test_a_file_in_the_store_has_no_ending(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Item", "Price"])
    book.active.append(["Pan", 30])
    book.save(tmp_path / "prices.xlsx")

    assert keep(tmp_path / "prices.xlsx").suffix == ""
    assert "Item: Pan; Price: 30" in list(read_here(tmp_path / "prices.xlsx"))[1].text


def test_what_is_kept_twice_lies_there_once(tmp_path):
    assert keep(write(tmp_path, "a.txt", "the same")) == keep(write(tmp_path, "b.txt", "the same"))
