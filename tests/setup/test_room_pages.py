"""The page of a room names all of its modules and no other, and the architecture page leads to it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("retrieval/local", "chat/verify", "ingest/queue")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_s_page_names_its_modules(room: str) -> None:
    page = (ROOT / room / "README.md").read_text(encoding="utf-8")
    modules = {path.name for path in (ROOT / room).glob("*.py")} - {"__init__.py"}
    named = set(re.findall(r"`([\w/]+\.py)(?::\w+)?`", page))
    assert modules <= named
    assert [name for name in named - modules if not (ROOT / name).exists()] == []
    assert 10 <= len(page.splitlines()) <= 40


def test_the_architecture_page_links_to_every_page_of_a_room() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(\.\./([\w/]+)/README\.md\)", text)) == set(ROOMS)
