"""Many processes record at once: nobody fails, nothing is lost, the chain has no gap and no fork."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.harness.patience import PATIENCE_S, ended_with_the_test
from bench.harness.servers import Postgres

ROOT = Path(__file__).resolve().parents[2]
WRITERS, EVENTS_EACH = 4, 25
WRITER = """
import sys
import django
django.setup()
from django.db import transaction
from audit.actor import Actor
from audit.services import record
for number in range(int(sys.argv[2])):
    with transaction.atomic():
        record("a.b", by=Actor(id=sys.argv[1]), payload={"number": number})
        if number % 5 == 4:
            transaction.set_rollback(True)
"""


TELLING_WRITER = """
import sys
import django
django.setup()
from audit.services import record
while True:
    print(record("a.b", payload={"by": sys.argv[1]}).sequence, flush=True)
"""  # what it logs comes between


def run(code_or_arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *code_or_arguments], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def record_from_many_processes(home: Path, database_url: str) -> None:
    environment = os.environ | {
        "ATTEST_HOME": str(home),
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "ATTEST_AUDIT_CHECKPOINT_S": "0",
    }
    migrating = run(["manage.py", "migrate", "audit", "-v0"], environment)
    with ended_with_the_test(migrating):
        output = migrating.communicate(timeout=PATIENCE_S)[0]
    assert migrating.returncode == 0, output
    writers = [run(["-c", WRITER, str(number), str(EVENTS_EACH)], environment) for number in range(WRITERS)]
    with ended_with_the_test(*writers):
        outputs = [writer.communicate(timeout=2 * PATIENCE_S)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * WRITERS, outputs
    verifying = run(["manage.py", "verify_audit"], environment)
    with ended_with_the_test(verifying):
        output = verifying.communicate(timeout=PATIENCE_S)[0]
    assert verifying.returncode == 0, output
    kept = WRITERS * EVENTS_EACH * 4 // 5
    assert f"The audit is intact: {kept} events" in output
    assert "covers all but the last 0 event(s)" in output


def test_processes_record_at_once_on_sqlite(tmp_path: Path) -> None:
    record_from_many_processes(tmp_path, f"sqlite:///{tmp_path / 'attest.sqlite3'}")


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.mark.postgres
def test_processes_record_at_once_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    record_from_many_processes(tmp_path, postgres.url)


@pytest.mark.postgres
def test_what_was_acknowledged_outlives_a_crash_of_the_database(tmp_path: Path, postgres: Postgres) -> None:
    """Locks are given back before the disk has a commit; whoever commits is told when it has."""
    environment = os.environ | {
        "ATTEST_HOME": str(tmp_path),
        "DATABASE_URL": postgres.url,
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
    }
    migrating = run(["manage.py", "migrate", "audit", "-v0"], environment)
    with ended_with_the_test(migrating):
        assert migrating.wait(timeout=PATIENCE_S) == 0
    writers = [run(["-c", TELLING_WRITER, str(number)], environment) for number in range(2)]
    with ended_with_the_test(*writers):
        told = [writer.stdout.readline() for writer in writers for _ in range(20)]
        assert all(told), "a writer ended"
        postgres.crash()
        for writer in writers:  # what it said since, some of it read ahead already
            told += writer.stdout.read().splitlines()
            writer.wait(timeout=PATIENCE_S)
    postgres.start()
    verifying = run(["manage.py", "verify_audit"], environment)
    with ended_with_the_test(verifying):
        output = verifying.communicate(timeout=PATIENCE_S)[0]
    assert verifying.returncode == 0, output
    events = int(output.partition("The audit is intact: ")[2].partition(" ")[0])
    assert events >= max(int(line) for line in told if line.strip().isdecimal()) > 10
