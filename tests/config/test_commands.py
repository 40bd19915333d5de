"""A command imports what it needs, and not all pages for Django's checks; `prepare` runs those. Pages come without models."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from ingest.first_start.installation import Prepared
from ingest.management.commands.prepare import Command as Prepare

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import sys
import manage
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "migrate", "--verbosity", "0"])
execute_from_command_line(["manage.py", "create_account", "erin"])
execute_from_command_line(["manage.py", "create_account", "frank", "--skip-checks"])  # as scripts may still ask for it
print("loaded:", [name for name in ("torch", "config.urls") if name in sys.modules])
"""

PAGES = """
import sys
import django
django.setup()
import config.urls
from ingest import tasks
large = ("torch", "transformers", "scim2_models", "mcp", "redis", "langchain_core", "langchain_text_splitters", "sqlalchemy")
print("loaded:", [name for name in large if name in sys.modules])
"""


def run(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.base", "ATTEST_HOME": str(home)}
    environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_an_account_is_made_without_importing_models_and_pages(tmp_path: Path) -> None:
    done = run(LOADED, tmp_path)
    assert "Account erin" in done.stdout and "Account frank" in done.stdout and "loaded: []" in done.stdout


def test_the_first_page_and_a_worker_do_not_wait_for_what_opens_models_and_sources(tmp_path: Path) -> None:
    """A thread beside them imports those: config.asgi.warm_up, ingest.tasks.warm_up."""
    assert "loaded: []" in run(PAGES, tmp_path).stdout


def test_each_release_begins_with_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    monkeypatch.setattr(Prepare, "check", lambda self: checked.append("all"))
    prepared = Prepared(migrated=False, accounts=(), documents=0)
    monkeypatch.setattr("ingest.management.commands.prepare.prepare_installation", lambda: prepared)
    call_command("prepare")
    assert checked == ["all"]
