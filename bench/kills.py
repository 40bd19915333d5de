"""Kills everything that can be killed while documents are read, and measures how long it takes until all is whole again.

    python -m bench.kills --kills 100 --json kills.json

For each shape, SQLite with the embedded broker and PostgreSQL with Redis: `kill -9` of the worker at each named point of
ingest.queue.crash_points, of a worker or of the child that parses for it at random moments; of Redis; PostgreSQL ended by `pg_ctl
stop
-m immediate`; everything at once. After each kill the documents must be read to their end, and the invariants of
docs/architecture.md must hold. Measured is the time from the kill (of a server: from its being there again) until no job is left,
reading included.
"""

import os
import random
import signal
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.harness.servers import Postgres, Redis
from bench.harness.site import READ_S, Site, wait_until, write_book
from bench.report import Measure, add_json_option, publish

POINTS = (
    *("before_parse", "pages_stored", "after_parse", "before_chunk", "chunks_stored", "after_chunk"),
    *("before_embed", "vectors_stored", "after_embed", "before_publish", "published", "after_publish", "removed_from_index"),
)
RECOVERY_S = 30.0
START_S = 5.0  # from an upload until a worker has it
PASSAGES_PER_S = 20.0  # about what a worker reads: a kill should seldom come when all is done
CHECK_EVERY = 20  # kills: the commands that verify index and audit take seconds each


@dataclass
class Run:
    """One installation under fire."""

    name: str
    site: Site
    crash_point_file: Path
    chance: random.Random
    seconds: dict[str, list[float]] = field(default_factory=dict)
    count: int = 0

    def upload(self, *, sections: int = 6) -> str:
        self.count += 1
        name = f"{self.name}-{self.count}.md"
        self.site.upload(name, write_book(name, sections=sections))
        return name

    def settle(self, kind: str, since: float, *names: str) -> None:
        """Wait until the documents are there, note how long that took, and look at everything now and then."""
        self.site.wait_until_settled(*names)
        took = time.monotonic() - since
        self.seconds.setdefault(kind, []).append(took)
        print(f"{self.name}: {kind}: whole again after {took:.1f} s", flush=True)
        if sum(map(len, self.seconds.values())) % CHECK_EVERY == 0:
            self.site.assert_whole()

    def kill_at(self, point: str) -> None:
        """Let the worker die at a named point."""
        name = self.upload()
        if point == "removed_from_index":  # reached when a newer version has replaced this one
            self.site.wait_until_settled(name)
            self.crash_point_file.write_text(point)
            self.site.upload(name, write_book(f"{name}, revised", sections=4))
        else:
            self.crash_point_file.write_text(point)
        wait_until(lambda: not self.crash_point_file.exists(), timeout_s=READ_S, what=f"a worker comes to {point}")
        self.settle(f"worker at {point}", time.monotonic(), name)

    def kill_at_random(self) -> bool:
        """Kill a worker, or the child that parses for it, at some moment while a document is read. Returns: was one there."""
        sections = self.chance.choice((4, 8, 24))
        name = self.upload(sections=sections)
        deadline = time.monotonic() + START_S
        while not self.site.leases() and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(self.chance.uniform(0, sections / PASSAGES_PER_S))
        readers, workers = self.site.find_readers(), list(self.site.leases().values())
        kind, victims = ("child", readers) if readers and self.chance.random() < 0.8 else ("worker", workers)
        return self.kill(victims[:1], f"{kind} at random", name)

    def kill(self, victims: list[int], kind: str, name: str) -> bool:
        """Returns: False where all was read before."""
        for victim in victims:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        if victims:
            self.settle(kind, time.monotonic(), name)
        else:
            self.site.wait_until_settled(name)
        return bool(victims)

    def kill_reader(self) -> None:
        """Kill the child that parses, as soon as one is seen."""
        name = self.upload(sections=60)
        while not (readers := self.site.find_readers()) and self.site.statuses()[name] == "uploaded":
            time.sleep(0.002)
        self.kill(readers[:1], "child", name)

    def kill_everything(self) -> None:
        """Power cut: all at once; measured from the next start's being ready."""
        name = self.upload(sections=24)
        self.site.wait_until_embedding()
        self.site.kill_everything()
        self.site.start()
        self.settle("everything", time.monotonic(), name)

    def restart(self, kind: str, end: Callable[[], None], start: Callable[[], None], *, takes_uploads: bool) -> None:
        """End a server, and start it again after a second. Where uploads are taken meanwhile, one comes in."""
        names = [self.upload(sections=24)]
        self.site.wait_until_embedding()
        end()
        time.sleep(1)
        if takes_uploads:
            names.append(self.upload())
        start()
        self.settle(kind, time.monotonic(), *names)


@contextmanager
def served(name: str, folder: Path, **environment: str) -> Iterator[Run]:
    """An installation in a folder of its own, whole at the end."""
    folder.mkdir()
    crash_point_file = folder / "crash_point"
    site = Site(folder / "home", ATTEST_CRASH_POINT_FILE=str(crash_point_file), ATTEST_LEASE_S="20", **environment)
    run = Run(name=name, site=site, crash_point_file=crash_point_file, chance=random.Random())
    try:
        yield run
        site.assert_whole()
    except BaseException:
        print(site.output)
        raise
    finally:
        site.installation.stop()


def fire(run: Run, *, kills: int, points: bool) -> None:
    run.site.wait_until_settled(run.upload())  # what is loaded at the first document is no recovery
    if points:
        for point in POINTS:
            run.kill_at(point)
        run.kill_reader()
        run.kill_everything()
    killed = 0
    while killed < kills:
        killed += run.kill_at_random()


def measures_of(run: Run) -> Iterator[Measure]:
    for kind, taken in run.seconds.items():
        yield Measure(name=f"{run.name}: {kind}: slowest of {len(taken)}", value=round(max(taken), 2), unit="s", goal=RECOVERY_S)


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100, help="at random moments, for each shape")
    parser.add_argument("--shape", choices=("embedded", "production"), help="only this one")
    parser.add_argument("--no-points", dest="points", action="store_false", help="only at random moments")
    add_json_option(parser)
    options = parser.parse_args()
    measures: list[Measure] = []
    with tempfile.TemporaryDirectory(prefix="attest-kills-") as folder:
        if options.shape != "production":
            with served("embedded", Path(folder) / "e") as run:
                fire(run, kills=options.kills, points=options.points)
            measures += measures_of(run)
        if options.shape != "embedded":
            postgres, redis = Postgres(), Redis()
            try:
                environment = {"DATABASE_URL": postgres.url, "CELERY_BROKER_URL": redis.url}
                with served("production", Path(folder) / "p", **environment) as run:
                    fire(run, kills=options.kills, points=options.points)
                    if options.points:
                        run.restart("Redis", redis.kill, redis.start, takes_uploads=True)
                        run.restart("PostgreSQL", postgres.crash, postgres.start, takes_uploads=False)
                measures += measures_of(run)
            finally:
                redis.kill()
                postgres.remove()
    publish(measures, out=options.out)


if __name__ == "__main__":
    main()
