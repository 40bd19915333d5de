"""An installation whose commands are run in processes of their own."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from bench.harness.tables import place_tables
from tests.backup.asking import write_forms
from tests.forked import ForkedCommand

ROOT = Path(__file__).resolve().parents[2]
DEMO = (
    "employee-handbook.md",
    "it-security-policy.md",
    "travel-and-expenses.md",
    "quality-manual.pdf",
    "员工手册.md",
    "差旅报销制度.md",
)
LIMIT_S = 300


class Commands:
    """A data folder with its database, and the code that runs it."""

    def __init__(
        self, home: Path, *, database: str = "", settings: str = "config.settings.base", code: Path = ROOT, judge: str = "off"
    ) -> None:
        self.home, self.code = home, code
        given = {name: value for name, value in os.environ.items() if not name.startswith(("ATTEST_", "DATABASE_URL", "LLM_"))}
        self.environment = given | {"ATTEST_HOME": str(home), "ATTEST_DEMO": "0", "DJANGO_SETTINGS_MODULE": settings}
        self.environment["ATTEST_EMBEDDER"] = "bundled-english"  # one model loads faster than two
        self.environment["ATTEST_JUDGE"] = judge
        if database:
            self.environment["DATABASE_URL"] = database

    def start(self, *arguments: str) -> ForkedCommand:
        """Start `manage.py …`, `-m module …` or `-c code`."""
        return ForkedCommand(*arguments, environment=self.environment, folder=self.code)

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run `manage.py` with these arguments. Returns: what it printed, of errors where it is to fail."""
        with self.start("manage.py", *arguments) as command:
            done = command.wait(LIMIT_S)
        assert (done.returncode != 0) is fails, f"{arguments}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr if fails else done.stdout

    def value(self, statement: str) -> Any:
        """Return the one value that a query gives."""
        url = self.environment.get("DATABASE_URL")
        with closing(psycopg.connect(url) if url else sqlite3.connect(self.home / "attest.sqlite3")) as session:
            ((value,),) = session.execute(statement).fetchall()
        return value

    def fill(self, folder: Path) -> None:
        """Make the installation, and take in documents in English and Chinese."""
        place_tables(self.home)
        self.run("prepare")
        folder.mkdir()
        (folder / "forms.md").write_text(write_forms(), encoding="utf-8")
        documents = [str(ROOT / "demo" / "documents" / name) for name in DEMO]
        self.run("ingest", str(folder / "forms.md"), *documents, "--collection", "rules", "--create")

    def ask_all(self) -> dict[str, Any]:
        with self.start("-m", "tests.backup.asking") as command:
            done = command.wait(LIMIT_S)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found
