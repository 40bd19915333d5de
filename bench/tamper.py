"""`python -m bench.tamper [--forgeries 1000] [--json FILE]`: how many forgeries of the audit verification finds, and how fast.

On SQLite and on PostgreSQL, as the owner of the database, with the triggers dropped: columns edited, events deleted, put in, put in
another order, cut off and appended, contents swapped, erasures forged, search facts and the head changed; hashes recomputed to fit,
as somebody would who has this code. Out of reach are the file of keys and one copy of the checkpoints. A forgery counts as found
where verification names its event.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.harness.servers import Postgres
from bench.report import Measure, add_json_option, publish

EVENTS = 120  # of the chain that is forged
MANY = 3_000  # of the chain that is timed
SEED = 17
VERIFIED_PER_S = 8_400  # 1,000,000 events in two minutes


def run_here(forgeries: int, *, many: int) -> dict[str, object]:
    """Build a chain in this process's installation and forge it. Returns: figures, for JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from audit.chain.marks.guards import remove_guards
    from audit.chain.verification import verify_chain
    from audit.services import record
    from bench.harness.forging.chain import build_chain
    from bench.harness.forging.trying import try_forgeries

    call_command("migrate", verbosity=0)
    elsewhere = build_chain(EVENTS, root=Path(settings.AUDIT_ROOT))
    before = verify_chain(checkpoint=elsewhere)
    if not before.is_intact:
        raise SystemExit(f"The chain is not intact before anything was forged: {before.problems}")
    remove_guards()
    tried = try_forgeries(forgeries, seed=SEED, elsewhere=elsewhere)
    started = time.monotonic()
    for number in range(many):
        record("question.answered", summary=f"Question {number}", payload={"n": number})
    recording_s = time.monotonic() - started
    started = time.monotonic()
    verified = verify_chain().events
    return {
        "made": sum(tried.made.values()),
        "found": sum(tried.found.values()),
        "missed": tried.missed,
        "recorded_per_s": many / recording_s,
        "verified_per_s": verified / (time.monotonic() - started),
    }


def run_elsewhere(forgeries: int, *, database: str) -> dict[str, object]:
    """The same in a new installation, in a process of its own."""
    with TemporaryDirectory() as home:
        environment = os.environ | {"ATTEST_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings.base"}
        environment |= {"ATTEST_LOG_LEVEL": "WARNING"}
        environment["DATABASE_URL"] = database or f"sqlite:///{home}/attest.sqlite3"
        command = [sys.executable, "-m", "bench.tamper", "--here", "--forgeries", str(forgeries)]
        done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forgeries", type=int, default=1000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    add_json_option(parser)
    arguments = parser.parse_args()
    if arguments.here:
        sys.stdout.write(json.dumps(run_here(arguments.forgeries, many=MANY)) + "\n")
        return
    postgres = Postgres()
    measures = []
    try:
        for name, database in (("SQLite", ""), ("PostgreSQL", postgres.url)):
            found = run_elsewhere(arguments.forgeries, database=database)
            for missed in found["missed"]:  # type: ignore[attr-defined]  # a list in the JSON that `run_here` made
                sys.stderr.write(f"{name}: missed {missed}\n")
            figures = {key: float(str(found[key])) for key in ("made", "found", "recorded_per_s", "verified_per_s")}
            measures += [
                Measure(name=f"{name}: forgeries found", value=figures["found"], unit="of them", goal=figures["made"]),
                Measure(name=f"{name}: recorded", value=round(figures["recorded_per_s"]), unit="events/s"),
                Measure(name=f"{name}: verified", value=round(figures["verified_per_s"]), unit="events/s", goal=VERIFIED_PER_S),
            ]
    finally:
        postgres.remove()
    publish(measures, out=arguments.out)


if __name__ == "__main__":
    main()
