"""A database with its tables, made once and copied: migrating an empty one takes each of dozens of installations ten seconds.

What the first start of an installation does by itself is tests/setup/test_run.py's to show.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "attest.sqlite3"


def place_tables(home: Path) -> None:
    """Put a migrated, empty SQLite database into a data folder that has none."""
    if (home / NAME).exists():
        return
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(migrated_database(), home / NAME)
    (home / NAME).chmod(0o600)


@cache
def migrated_database() -> Path:
    """Return the database, made by the first process that asks, for this state of the migrations."""
    folder = Path(tempfile.gettempdir()) / f"attest-tables-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{_digest()}.sqlite3"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            with tempfile.TemporaryDirectory() as home:
                environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
                environment |= {"DJANGO_SETTINGS_MODULE": "config.settings.base", "ATTEST_HOME": home}
                command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
                subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
                shutil.move(Path(home) / NAME, path)
    return path


def _digest() -> str:
    """Return what changes with any migration, of ours or of a package."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
