"""Runs the faults of tests/mutations.toml, one after another, in a copy of the working tree (scripts/mutate).

A fault is caught where one of its nearest tests fails, or does not end in time. That says something only where the same tests pass
without it, so these are run first; where one fails, nothing is said about any fault.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.mutations import ROOT, BadMutation, Mutation, choose, read_mutations

LIMIT_S = 600.0  # of one fault's tests; what takes longer hangs. Generous, since the machine may do other work
BASE_LIMIT_S = 7200.0  # of all tests without a fault
TESTS_FAILED = 1  # exit code of pytest
FAILED_TEST = re.compile(r"^(?:FAILED|ERROR) (tests/[^\s\[]+)", re.MULTILINE)  # in the summary of pytest
Outcome = Literal["caught", "hung", "SURVIVED", "BROKEN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`detail`: the first test that failed, or why nothing can be said."""

    mutation: Mutation
    outcome: Outcome
    seconds: float
    detail: str

    @property
    def is_caught(self) -> bool:
        return self.outcome in ("caught", "hung")


def copy_tree(root: Path, target: Path) -> None:
    """Copy what git knows or would take in, as it is now, and link the virtual environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = root / name
        if source.is_file():  # else it was deleted, and git does not know yet
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    (target / ".venv").symlink_to((root / ".venv").resolve())


@contextmanager
def fault_in(tree: Path, mutation: Mutation) -> Iterator[None]:
    """Have the fault in the copy while the body runs."""
    path = tree / mutation.file
    text = path.read_text(encoding="utf-8")
    _write(path, mutation.apply(text))
    try:
        yield
    finally:
        _write(path, text)


def run_tests(tree: Path, tests: Iterable[str], *, limit_s: float) -> tuple[int | None, str]:
    """Return pytest's exit code, None where it did not end in time, and what it wrote.

    What the tests leave behind lies in the copy, and goes with it.
    """
    command = [".venv/bin/python", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    temporary = tree / "var" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        command,
        cwd=tree,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return None, "ran longer than its limit"
        finally:
            with suppress(ProcessLookupError):  # what the tests started and left over ends too
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, output


def run_mutation(tree: Path, mutation: Mutation) -> Result:
    """Put one fault into the copy, run its tests, take it out again."""
    started = time.monotonic()
    with fault_in(tree, mutation):
        code, output = run_tests(tree, mutation.tests, limit_s=LIMIT_S)
    outcome: Outcome = "BROKEN"
    if code is None:
        outcome = "hung"
    elif code in (0, TESTS_FAILED):
        outcome = "caught" if code else "SURVIVED"
    failed = FAILED_TEST.search(output)
    detail = failed[1] if failed else output.strip().rpartition("\n")[2]
    return Result(mutation=mutation, outcome=outcome, seconds=time.monotonic() - started, detail=detail)


def main(arguments: Sequence[str]) -> int:
    """Return the exit code that scripts/mutate documents."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description="Runs the nearest tests over each fault of the list.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a fault; all where none is named")
    parser.add_argument("--list", action="store_true", help="name the faults, and run none")
    options = parser.parse_args(arguments)
    try:
        mutations = choose(read_mutations(), options.names)
        if options.list:
            for one in mutations:
                print(f"{one.name:48} {one.area:13} {one.file:32} {' '.join(one.tests)}")
            return 0
        # Ended from outside, it takes its tests and its copy along.
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
        with tempfile.TemporaryDirectory(prefix="attest-mutate-") as folder:
            return _run(Path(folder), mutations)
    except BadMutation as error:
        print(error, file=sys.stderr)
        return 2


def _run(tree: Path, mutations: Sequence[Mutation]) -> int:
    copy_tree(ROOT, tree)
    tests = sorted({test for one in mutations for test in one.tests})
    print(f"Without a fault: {len(tests)} tests or files …", flush=True)
    code, output = run_tests(tree, tests, limit_s=BASE_LIMIT_S)
    if code != 0:
        print(f"{output}\nThese tests fail without any fault; nothing can be said about the faults.", file=sys.stderr)
        return 2
    results = []
    for number, mutation in enumerate(mutations, start=1):
        result = run_mutation(tree, mutation)
        results.append(result)
        print(f"{number:3}/{len(mutations)} {_line(result)}", flush=True)
    return _report(results)


def _report(results: Sequence[Result]) -> int:
    areas = sorted({result.mutation.area for result in results})
    print(f"\n{'area':14}{'faults':>7}{'caught':>8}{'minutes':>9}")
    for area in [*areas, ""]:
        rows = [result for result in results if area in ("", result.mutation.area)]
        minutes = sum(result.seconds for result in rows) / 60
        print(f"{area or 'all':14}{len(rows):7}{sum(result.is_caught for result in rows):8}{minutes:9.1f}")
    missed = [result for result in results if not result.is_caught]
    print(f"\n{len(missed)} of {len(results)} survived." + "".join(f"\n  {_line(result)}" for result in missed))
    if any(result.outcome == "BROKEN" for result in missed):
        return 2
    return 1 if missed else 0


def _line(result: Result) -> str:
    return f"{result.outcome:9}{result.seconds:6.0f} s  {result.mutation.area:13} {result.mutation.name:48} {result.detail}"


def _write(path: Path, text: str) -> None:
    """Write a module, and forget its compiled form: Python distinguishes the two by second and size alone."""
    path.write_text(text, encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
