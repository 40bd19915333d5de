"""A command imports what it needs, and not all pages for Django's checks; `prepare` runs those."""

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


def test_an_account_is_made_without_importing_models_and_pages(tmp_path: Path) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.base", "ATTEST_HOME": str(tmp_path)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "Account erin" in done.stdout and "Account frank" in done.stdout and "loaded: []" in done.stdout


def test_each_release_begins_with_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    monkeypatch.setattr(Prepare, "check", lambda self: checked.append("all"))
    prepared = Prepared(migrated=False, accounts=(), documents=0)
    monkeypatch.setattr("ingest.management.commands.prepare.prepare_installation", lambda: prepared)
    call_command("prepare")
    assert checked == ["all"]
