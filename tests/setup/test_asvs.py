"""docs/asvs.md has every requirement of OWASP ASVS 5.0.0, levels 1 and 2, once, and names tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
# How many requirements of levels 1 and 2 a section has. They are numbered from 1, and those of level 3 stand last.
SECTIONS = {
    "1.1": 2,
    "1.2": 9,
    "1.3": 11,
    "1.4": 3,
    "1.5": 2,
    "2.1": 3,
    "2.2": 3,
    "2.3": 4,
    "2.4": 1,
    "3.2": 2,
    "3.3": 4,
    "3.4": 6,
    "3.5": 5,
    "3.7": 2,
    "4.1": 3,
    "4.2": 1,
    "4.3": 2,
    "4.4": 4,
    "5.1": 1,
    "5.2": 3,
    "5.3": 2,
    "5.4": 3,
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "8.1": 2,
    "8.2": 3,
    "8.3": 1,
    "8.4": 1,
    "9.1": 3,
    "9.2": 4,
    "10.1": 2,
    "10.2": 2,
    "10.3": 4,
    "10.4": 11,
    "10.5": 5,
    "10.6": 2,
    "10.7": 3,
    "11.1": 2,
    "11.2": 3,
    "11.3": 3,
    "11.4": 4,
    "11.5": 1,
    "11.6": 1,
    "12.1": 3,
    "12.2": 2,
    "12.3": 4,
    "13.1": 1,
    "13.2": 5,
    "13.3": 2,
    "13.4": 5,
    "14.1": 2,
    "14.2": 4,
    "14.3": 3,
    "15.1": 3,
    "15.2": 3,
    "15.3": 7,
    "16.1": 1,
    "16.2": 5,
    "16.3": 4,
    "16.4": 3,
    "16.5": 3,
    "17.1": 1,
    "17.2": 4,
    "17.3": 2,
}
ROW = re.compile(r"^\| (V[\d.]+) \| ([^|]+) \| (?:`([\w/.]+)::(\w+)`|–) \|$", re.MULTILINE)


def named_tests() -> list[tuple[str, str]]:
    return sorted(set(re.findall(r"`([\w/.]+\.py)::(\w+)`", PAGE)))


def test_every_requirement_is_here_once() -> None:
    required = {f"V{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)}
    _before, _heading, rest = PAGE.partition("## Rows that do not apply")
    elsewhere = re.findall(r"V[\d.]+\d", rest.partition("\n## ")[0])
    found = [row for row, *_rest in ROW.findall(PAGE)] + elsewhere
    assert sorted(found) == sorted(set(found))
    assert set(found) == required


def test_nine_of_ten_rows_that_apply_are_held_by_a_test_and_the_others_say_why() -> None:
    rows = ROW.findall(PAGE)
    held = [row for row, _how, _path, test in rows if test]
    assert len(held) / len(rows) >= 0.9
    assert len(rows) >= 200


@pytest.mark.parametrize(("path", "name"), named_tests())
def test_a_named_test_is_there(path: str, name: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_each_risk_of_language_models_has_its_row() -> None:
    assert re.findall(r"^\| (LLM\d\d) ", PAGE, re.MULTILINE) == [f"LLM{number:02d}" for number in range(1, 11)]
