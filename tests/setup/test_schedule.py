"""What shares a server runs in one process, what takes minutes begins first, and what uses the database is known by its mark."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from accounts.models import User
from tests.schedule import GROUPS, ROOT, SLOW, TOGETHER, group_of, sort


def in_order(*files: str) -> list[str]:
    """Return these files as their tests would run."""
    items = [SimpleNamespace(path=ROOT / file) for file in files]
    sort(items)
    return [item.path.relative_to(ROOT).as_posix() for item in items]


def test_every_file_and_folder_that_is_named_is_there() -> None:
    assert [name for name in (*GROUPS, *SLOW) if not (ROOT / name).exists()] == []


def test_a_file_is_in_one_group_at_most() -> None:
    assert sum(map(len, TOGETHER.values())) == len(GROUPS)


def test_what_takes_minutes_begins_first() -> None:
    assert in_order("tests/accounts/test_keys.py", "tests/ingest/test_pdf.py", "tests/services/test_embedded.py") == [
        "tests/services/test_embedded.py",
        "tests/ingest/test_pdf.py",
        "tests/accounts/test_keys.py",
    ]


def test_processes_that_share_the_tests_share_no_data_folder(tmp_path: Path) -> None:
    def home_of(**more: str) -> Path:
        environment = {**os.environ, "ATTEST_HOME": str(tmp_path), "PYTEST_XDIST_WORKER": "gw7", **more}
        command = [sys.executable, "-c", "import os, config.settings.test; print(os.environ['ATTEST_HOME'])"]
        return Path(subprocess.run(command, cwd=ROOT, env=environment, check=True, text=True, capture_output=True).stdout.strip())

    assert home_of(ATTEST_HOME_OF_TESTS=str(tmp_path)) == tmp_path / "gw7"
    assert (tmp_path / "gw7").is_dir()
    assert home_of() == tmp_path  # what a test starts in a folder of its own


def test_the_files_of_a_group_follow_each_other() -> None:
    files = sorted(path.relative_to(ROOT).as_posix() for path in Path(__file__).parents[1].rglob("test_*.py"))
    groups = [group_of(file) for file in in_order(*files)]
    begins = [group for before, group in zip([None, *groups], groups, strict=False) if group != before]
    assert len(begins) == len(set(groups))


@pytest.mark.django_db
def test_a_test_that_is_marked_for_the_database_runs_on_postgresql_too(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("database")


def test_so_does_one_whose_fixtures_use_it(request: pytest.FixtureRequest, employee: User) -> None:
    assert request.node.get_closest_marker("database")


def test_another_one_does_not(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    assert not request.node.get_closest_marker("database")
