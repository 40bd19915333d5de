"""What an installation writes is its owner's alone, whichever process writes it and whatever the umask of who starts it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from ingest.first_start.installation import close_to_others

ROOT = Path(__file__).resolve().parents[2]


def open_to_others(home: Path) -> list[str]:
    """Return every path that the group or everyone may read, write or enter."""
    found = [home, *home.rglob("*")]
    return [f"{stat.filemode(path.lstat().st_mode)} {path}" for path in found if path.lstat().st_mode & 0o077]


def run(home: Path, *command: str, **environment: str) -> None:
    """Run a command as somebody does whose umask gives everything to everybody."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "ATTEST_HOME": str(home),
        "ATTEST_DEMO": "0",
        **environment,
    }
    env.pop("DATABASE_URL", None)
    done = subprocess.run(
        ["sh", "-c", 'umask 0; exec "$@"', "sh", sys.executable, *command],
        cwd=ROOT, env=env, text=True, capture_output=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_commands_write_for_their_owner_alone(tmp_path: Path) -> None:
    """The database, its -wal and -shm, an original, the index, the audit's signatures, the keys."""
    home, page = tmp_path / "home", tmp_path / "leave.md"
    page.write_text("# Leave\n\nYou earn six hours of annual leave per pay period.\n")
    run(home, "manage.py", "prepare")
    run(home, "manage.py", "ingest", str(page), "--collection", "rules", "--create")
    names = {path.name for path in home.iterdir()}
    assert {"attest.sqlite3", "secret_key", "files", "index", "audit"} <= names
    assert [path for path in (home / "files").rglob("*") if path.is_file()]
    assert [path for path in (home / "index").rglob("*") if path.is_file()]
    assert open_to_others(home) == []


@pytest.mark.parametrize("module", ["config.asgi", "config.celery", "config.serve"])
def test_every_process_begins_so(tmp_path: Path, module: str) -> None:
    """Web, worker and beat, and the supervisor: what they make next is private."""
    code = (
        f"import importlib, pathlib, sys; importlib.import_module({module!r}); from django.conf import settings; settings.DEBUG;"
        "pathlib.Path(sys.argv[1]).touch()"
    )
    made = tmp_path / "made"
    run(tmp_path / "home", "-c", code, str(made))
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_what_an_earlier_release_left_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "attest.sqlite3").touch()
    (tmp_path / "elsewhere").symlink_to(ROOT)
    for path in (tmp_path, tmp_path / "files"):
        path.chmod(0o755)
    (tmp_path / "attest.sqlite3").chmod(0o664)
    before = stat.S_IMODE(ROOT.stat().st_mode)
    close_to_others(tmp_path)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("files", "attest.sqlite3")] == [0o700, 0o600]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755  # it may hold other things too
    assert stat.S_IMODE(ROOT.stat().st_mode) == before


def test_this_run_is_private_too() -> None:
    assert settings.configured
    mask = os.umask(0)
    os.umask(mask)
    assert mask == 0o077
