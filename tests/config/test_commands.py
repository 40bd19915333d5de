"""A command imports what it needs, and not all pages for Django's checks; `prepare` runs those."""

import os
import subprocess
import sys
from pathlib import Path

from ingest.management.commands.prepare import Command as Prepare

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import sys
sys.argv = ["manage.py", "create_account", "erin"]
import manage
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "migrate", "--verbosity", "0"])
execute_from_command_line(sys.argv)
print("loaded:", [name for name in ("torch", "config.urls") if name in sys.modules])
"""


def test_an_account_is_made_without_importing_models_and_pages(tmp_path: Path) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.base", "ATTEST_HOME": str(tmp_path)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "Account erin" in done.stdout and "loaded: []" in done.stdout


def test_each_release_begins_with_the_checks() -> None:
    assert Prepare.requires_system_checks == "__all__"
