"""docs/formats.md says what the code does: every format with its endings, every warning with its sentence."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from ingest.errors import WARNINGS
from ingest.parsers.formats.registry import FORMATS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
ROWS = {cells[0]: cells[1:] for line in PAGE.splitlines() if line.startswith("| ") and len(cells := line[2:-2].split(" | ")) == 4}
SENTENCES = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE))
LABELS = {one.label for one in FORMATS if one.endings}


# What a reader imports and never gives: other formats become an office file in memory, which has no damage, no macros and no parts
# of other kinds; a relation of slides is called "notes"; archives count by another code.
MADE_IN_MEMORY = frozenset(("hidden_parts", "broken_parts", "broken_sheets"))
NEVER_GIVEN = {
    "OpenDocument": {*MADE_IN_MEMORY, "notes"},
    "RTF": {*MADE_IN_MEMORY, "macros_skipped"},
    "PowerPoint": {"notes"},
    "Archive": {"attachments"},
    "Web archive": {"attachments"},
}


def codes_in(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text)) & set(WARNINGS)


@cache
def codes_of(path: Path) -> frozenset[str]:
    """The codes that a module of the parsers gives, and those of what it imports from them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return frozenset(literals & set(WARNINGS))


def reachable(module: str, seen: set[str]) -> set[str]:
    path = ROOT / (module.replace(".", "/") + ".py")
    if module in seen or not path.is_file():
        return set()
    seen.add(module)
    found = set(codes_of(path))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ingest.parsers"):
            found |= reachable(node.module or "", seen)
            for alias in node.names:
                found |= reachable(f"{node.module}.{alias.name}", seen)
    return found


def test_every_format_has_its_row_with_all_endings() -> None:
    documented = {label: set(cells[0].split()) for label, cells in ROWS.items() if label != "Format"}
    assert documented == {label: {end for one in FORMATS if one.label == label for end in one.endings} for label in LABELS}


def test_every_warning_has_its_sentence() -> None:
    assert {code: re.sub(r"%\(\w+\)s", "…", text) for code, text in WARNINGS.items()} == SENTENCES


def test_every_warning_is_given_by_a_parser_and_listed_in_a_row() -> None:
    documented = {code for path in (ROOT / "ingest/parsers").rglob("*.py") for code in codes_of(path)}
    assert documented == set(WARNINGS)
    assert codes_in(PAGE.partition("## Warnings")[0]) == set(WARNINGS)


@pytest.mark.parametrize("label", sorted(LABELS))
def test_a_row_names_warnings_that_its_reader_can_give(label: str) -> None:
    readers = {one.reader.partition(":")[0] for one in FORMATS if one.label == label}
    can = set().union(*(reachable(reader, set()) for reader in readers))
    assert codes_in(ROWS[label][2]) <= can


@pytest.mark.parametrize("label", sorted(LABELS))
def test_a_row_names_all_warnings_that_its_reader_can_give(label: str) -> None:
    readers = {one.reader.partition(":")[0] for one in FORMATS if one.label == label}
    can = set().union(*(reachable(reader, set()) for reader in readers)) - NEVER_GIVEN.get(label, set())
    of_all_formats = codes_in(PAGE.partition("| Format")[0])
    assert can - of_all_formats <= codes_in(ROWS[label][2])
