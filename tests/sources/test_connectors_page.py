"""docs/connectors.md is code: its connector keeps the contract, is found by its entry point, and is kept in step."""

import json
import re
import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from kb.models import Document
from sources.connectors import registry
from sources.sync.services import create_source, start_source
from tests.sources.sync.share import sync

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "connectors.md").read_text()
CONNECTOR, CONTRACT = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
MODULE = types.ModuleType("acme_notes")
exec(compile(CONNECTOR + CONTRACT, "docs/connectors.md", "exec"), MODULE.__dict__)  # noqa: S102 - our own page
TestNotes = MODULE.TestNotes


@pytest.fixture
def installed(monkeypatch):
    """The kind, as if its package were installed; beside one that is broken."""
    monkeypatch.setitem(sys.modules, "acme_notes", MODULE)
    points = [
        EntryPoint(name=name, value=value, group=registry.GROUP)
        for name, value in (("notes", "acme_notes:MANIFEST"), ("lost", "acme_lost:MANIFEST"))
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    registry.read_kinds.cache_clear()
    yield
    registry.read_kinds.cache_clear()


def test_it_takes_about_eighty_lines():
    assert len([line for line in CONNECTOR.splitlines() if line.strip()]) <= 85


def test_kinds_of_others_are_found_and_broken_ones_are_named(installed):
    kinds, missing = registry.read_kinds()
    assert kinds["notes"] is MODULE.MANIFEST
    assert "folder" in kinds
    assert [one.kind for one in missing if one.kind == "lost"] == ["lost"]


@pytest.mark.django_db
def test_the_kind_is_kept_in_step_as_any_other(installed, tmp_path, settings, collection, knowledge_admin, employee, teammate):
    settings.MEDIA_ROOT, settings.BROKER_ROOT = tmp_path / "files", tmp_path / "broker"
    User.objects.filter(pk=employee.pk).update(email="erin@example.com")
    note: dict[str, Any] = {
        "id": "n1",
        "title": "budget.md",
        "folder": "Finance",
        "text": "Forty euros.",
        "readers": [],
        "changed": 1,
        "deleted": False,
    }

    def write(**changes):
        note.update(changes, changed=note["changed"] + 1)
        (tmp_path / "notes.json").write_text(json.dumps({"notes": [note]}))

    def readers():
        visible = [user.username for user in (employee, teammate) if Document.objects.visible_to(user).exists()]
        return " ".join(visible)

    write()
    source = create_source(
        collection=collection, user=knowledge_admin, name="Notes", kind="notes", options={"path": str(tmp_path / "notes.json")}
    )
    start_source(source, user=knowledge_admin)
    assert sync(source) == {"listed": 1, "new": 1}
    assert Document.objects.get().origin["url"] == "https://notes.example/n1"
    assert readers() == "erin tao"
    write(readers=["erin@example.com"])
    assert sync(source) == {"listed": 1, "rights": 1}
    assert readers() == "erin"
    write(text="Fifty euros.")
    assert sync(source) == {"listed": 1, "changed": 1}
    write(deleted=True)
    assert sync(source) == {"listed": 1, "deleted": 1}
    assert sync(source) == {}
    assert not Document.objects.live().exists()
