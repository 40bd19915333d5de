"""`python -m bench.recording [--events 2000] [--verify 20000] [--json FILE]`: how fast the audit records, and is verified.

On SQLite and on PostgreSQL that waits for its disk: one writer after another, eight processes at once, and a thousand events in one
transaction. An event is small, as a look at a source is, or a receipt of 40 kB with 85 search facts. Afterwards the whole chain is
verified, once.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from tempfile import TemporaryDirectory

from bench.harness.servers import Postgres
from bench.report import Measure, add_json_option, publish

WRITERS = 8
RECORDED_PER_S = 1_000
VERIFIED_PER_S = 8_400  # 1,000,000 events in two minutes
TIMEOUT_S = 900


def small(number: int) -> dict[str, object]:
    return {"document": "Handbook.pdf", "document_uid": f"{number:032x}", "version": 1, "page": 3}


def receipt(number: int) -> dict[str, object]:
    """Return the payload of an answer in its usual size."""
    words = " ".join(f"word{number}x{place}" for place in range(80))
    evidence = [{"document": f"d{place}.pdf", "document_uid": f"{place:032x}", "text": words * 4} for place in range(8)]
    return {"question": "How many days of leave?", "answer": {"answer": words}, "evidence": evidence, "trace": words * 8}


MADE = {"small": small, "receipt": receipt}


def write_here(kind: str, count: int) -> None:
    """Wait for a line on standard input, record, and say how long it took."""
    import django

    django.setup()
    from audit.services import record

    record("bench.begun")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for number in range(count):
        record("source.viewed", summary=f"Page {number}", payload=MADE[kind](number))


def read_here(batch: int) -> dict[str, float]:
    """Record a batch in one transaction, and verify everything."""
    import django

    django.setup()
    from audit.chain.appending import Entry
    from audit.chain.verification import verify_chain
    from audit.services import record_all

    started = time.monotonic()
    record_all([Entry(action="source.viewed", summary=f"Page {number}", payload=small(number)) for number in range(batch)])
    batch_s = time.monotonic() - started
    started = time.monotonic()
    found = verify_chain()
    if not found.is_intact:
        raise SystemExit(f"The chain is not intact: {found.problems}")
    return {"batch_per_s": batch / batch_s, "verified_per_s": found.events / (time.monotonic() - started), "events": found.events}


def write_at_once(environment: dict[str, str], *, writers: int, kind: str, count: int) -> float:
    """Have so many processes record `count` events together. Returns: events a second."""
    command = [sys.executable, "-m", "bench.recording", "--write", kind, "--events", str(count // writers)]
    processes = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(writers)
    ]
    try:
        for process in processes:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
        started = time.monotonic()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        if any(process.wait(timeout=TIMEOUT_S) for process in processes):
            raise SystemExit("A writer failed.")
        return writers * (count // writers) / (time.monotonic() - started)
    finally:
        for process in processes:
            process.kill()


def measure(name: str, database: str, *, events: int, verified: int) -> list[Measure]:
    goal = RECORDED_PER_S if name == "PostgreSQL" else None
    with TemporaryDirectory() as home:
        environment = os.environ | {"ATTEST_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings.base"}
        environment |= {"ATTEST_LOG_LEVEL": "WARNING", "DATABASE_URL": database or f"sqlite:///{home}/attest.sqlite3"}
        subprocess.run([sys.executable, "manage.py", "migrate", "audit", "-v0"], env=environment, check=True)
        measures = [
            Measure(
                name=f"{name}: {kind} events, {'one writer' if writers == 1 else f'{writers} processes at once'}",
                value=round(write_at_once(environment, writers=writers, kind=kind, count=count)),
                unit="events/s",
                goal=goal if kind == "small" and writers > 1 else None,
            )
            for kind, count in (("small", events), ("receipt", events // 4))
            for writers in (1, WRITERS)
        ]
        command = [sys.executable, "-m", "bench.recording", "--read", "--events", str(verified)]
        done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S)
    found = json.loads(done.stdout.splitlines()[-1])
    return [
        *measures,
        Measure(name=f"{name}: in one transaction", value=round(found["batch_per_s"]), unit="events/s", goal=goal),
        Measure(name=f"{name}: verified", value=round(found["verified_per_s"]), unit="events/s", goal=VERIFIED_PER_S),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--verify", type=int, default=20_000, help="further events, which are recorded in one transaction")
    parser.add_argument("--write", choices=MADE, help=argparse.SUPPRESS)
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    add_json_option(parser)
    arguments = parser.parse_args()
    if arguments.write:
        write_here(arguments.write, arguments.events)
        return
    if arguments.read:
        sys.stdout.write(json.dumps(read_here(arguments.events)) + "\n")
        return
    server = Postgres(is_durable=True)
    try:
        measures = [
            *measure("SQLite", "", events=arguments.events, verified=arguments.verify),
            *measure("PostgreSQL", server.url, events=arguments.events, verified=arguments.verify),
        ]
    finally:
        server.remove()
    publish(measures, out=arguments.out)


if __name__ == "__main__":
    main()
