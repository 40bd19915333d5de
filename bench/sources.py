"""`python -m bench.sources [--items 100000] [--json FILE]`: how long a source of many items takes to be listed and compared.

A folder with that many small files and three kinds of rights is kept in step, on SQLite: listed for the first time, listed again
with nothing changed, and a whole run with 1 % of the files changed, which are fetched and taken in (not indexed: that is
bench.ingest).
Memory is the peak of the process that does all of it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Measure, add_json_option, publish

IN_FOLDER, AT_ONCE = 1000, 500
CHANGED_SHARE = 100  # one of so many
GOAL_LISTED_S, GOAL_CHANGED_S, GOAL_MB = 300.0, 60.0, 300.0


def make_files(root: Path, items: int) -> list[Path]:
    """Write the files. Returns: their paths."""
    paths = []
    for number in range(items):
        folder = root / f"{number // IN_FOLDER:03}"
        if number % IN_FOLDER == 0:
            folder.mkdir(parents=True)
        path = folder / f"{number % IN_FOLDER:03}.md"
        path.write_text(f"# Note {number}\n\nPart {number} weighs {number % 97} grams.\n")
        path.chmod((0o644, 0o640, 0o600)[number % 3])
        paths.append(path)
    return paths


def run_here(root: Path, items: int) -> dict[str, float]:
    """Keep the folder in step in this process's installation. Returns: figures, for JSON."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db.models import F
    from django.utils import timezone

    from accounts.models import User
    from kb.models import Collection, Document
    from sources.models import Source, SourceItem
    from sources.sync import running
    from sources.sync.running import run_due
    from sources.sync.services import create_source, start_source

    call_command("migrate", verbosity=0)
    paths = make_files(root, items)
    user = User.objects.create_user(username="admin", role=User.Role.KNOWLEDGE_ADMIN)
    collection = Collection.objects.create(name="Bench", slug="bench")
    source = create_source(collection=collection, user=user, name="Share", kind="folder", options={"path": str(root)})
    start_source(source, user=user)

    def list_all() -> float:
        """Run until the listing is over. Returns: the seconds."""
        started = time.monotonic()
        Source.objects.update(wanted_at=timezone.now())
        while run_due(only=source.pk):
            source.refresh_from_db()
            if source.step != Source.Step.LIST or source.run_id is None:
                return time.monotonic() - started
        return time.monotonic() - started

    # What is listed is written down as taken in at once, so that the listing alone is timed.
    take = running.__dict__["take_some"]
    running.__dict__["take_some"] = lambda *_, **__: True
    first = list_all()
    last = 0
    while rows := list(SourceItem.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        last = rows[-1].pk
        documents = Document.objects.bulk_create(
            Document(collection=collection, name=f"Share/{row.pk}", title=row.name) for row in rows
        )
        for row, document in zip(rows, documents, strict=True):
            row.document = document
        SourceItem.objects.bulk_update(rows, ["document"])
    SourceItem.objects.update(state=SourceItem.State.KEPT, kept_version=F("version"))
    again = list_all()
    running.__dict__["take_some"] = take
    for path in paths[::CHANGED_SHARE]:
        path.write_text(path.read_text() + "\nWeighed again.\n")
    started = time.monotonic()
    Source.objects.update(wanted_at=timezone.now())
    while run_due(only=source.pk):
        source.refresh_from_db()
        if source.run_id is None:
            break
    changed = time.monotonic() - started
    run = source.runs.first()
    counts = run.counts if run is not None else {}
    if counts.get("changed") != len(paths[::CHANGED_SHARE]):
        raise SystemExit(f"The run counted {counts}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first": first, "again": again, "changed": changed, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    add_json_option(parser)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(run_here(options.here, options.items)))
        return
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        environment = {
            **os.environ,
            "ATTEST_HOME": str(root / "home"),
            "ATTEST_SOURCE_FOLDERS": str(root / "srv"),
            "ATTEST_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "config.settings.base",
        }
        environment.pop("DATABASE_URL", None)
        (root / "home").mkdir()
        command = [sys.executable, "-m", "bench.sources", "--here", str(root / "srv" / "share"), "--items", str(options.items)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    items = f"{options.items:,} items"
    publish(
        [
            Measure(name=f"{items} listed for the first time", value=round(figures["first"], 1), unit="s", goal=GOAL_LISTED_S),
            Measure(
                name=f"{items} listed and compared, nothing changed", value=round(figures["again"], 1), unit="s", goal=GOAL_LISTED_S
            ),
            Measure(name="a run with 1 % changed", value=round(figures["changed"], 1), unit="s", goal=GOAL_CHANGED_S),
            Measure(name="peak memory", value=round(figures["peak"]), unit="MB", goal=GOAL_MB),
        ],
        out=options.out,
    )


if __name__ == "__main__":
    main()
