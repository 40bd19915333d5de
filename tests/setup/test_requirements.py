"""What is installed: locked, direct dependencies named and explained, no CUDA, no strong copyleft."""

import ast
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("accounts", "api", "audit", "backup", "chat", "config", "curation", "evals", "gateway", "guards", "ingest", "integrations"),
    *("kb", "language", "metrics", "outbound", "retention", "retrieval", "reviews", "sources", "system", "training", "vault"),
)
BESIDE = ("bench", "demo", "tests")  # what may use requirements-dev.txt too
OURS = {*PACKAGES, *BESIDE, "clients"}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z0-9,]+\])?==([^\s;]+)")


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(name: str) -> dict[str, str]:
    """Package to version, in the file's order."""
    found = (PIN.match(line) for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return {normalise(pin[1]): pin[2] for pin in found if pin}


def test_the_lock_holds_every_direct_dependency_at_its_version() -> None:
    direct, locked = read_pins("requirements.in"), read_pins("requirements.txt")
    assert {name: locked.get(name) for name in direct} == direct


def test_the_lock_starts_with_torch_and_names_no_cuda_no_index_and_no_path() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert packages[0].startswith("torch==2.13.0 ")
    assert [line for line in packages if not PIN.match(line)] == []
    assert [line for line in packages if re.match(r"nvidia|triton|cuda", line)] == []
    assert [line for line in packages if re.search(r"://|/opt|/work|\+cpu", line)] == []


def find_undeclared(packages: tuple[str, ...], declared: set[str]) -> set[tuple[str, str]]:
    """Which file imports which module that no declared distribution brings."""
    distributions = metadata.packages_distributions()
    missing = set()
    for package in packages:
        for path in (ROOT / package).rglob("*.py"):
            for module in imported_modules(path):
                owners = {normalise(name) for name in distributions.get(module, [])}
                is_ours = module in OURS or (path.parent / f"{module}.py").exists()
                if module not in sys.stdlib_module_names and not is_ours and not owners & declared:
                    missing.add((str(path.relative_to(ROOT)), module))
    return missing


def test_everything_that_is_imported_is_a_direct_dependency() -> None:
    declared = {*read_pins("requirements.in"), *read_pins("requirements-milvus.txt")}
    assert find_undeclared(PACKAGES, declared) == set()


def test_everything_that_tests_and_benchmarks_import_is_a_direct_dependency() -> None:
    declared = {*read_pins("requirements.in"), *read_pins("requirements-milvus.txt"), *read_pins("requirements-dev.txt")}
    assert find_undeclared(BESIDE, declared) == set()


def imported_modules(path: Path) -> set[str]:
    """Top-level names that `path` imports when it runs, those under TYPE_CHECKING included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("name", [*(read_pins("requirements.txt") | read_pins("requirements-milvus.txt"))])
def test_its_licence_allows_use_in_an_apache_project(name: str) -> None:
    found = metadata.metadata(name)
    classifiers = [value for value in found.get_all("Classifier") or [] if value.startswith("License")]
    licence = " ".join([found.get("License-Expression") or "", (found.get("License") or "")[:200], *classifiers])
    licence = licence.replace("Apache-2.0 OR GPL-2.0-or-later", "Apache-2.0")  # the user chooses: dulwich
    if re.search(r"\bA?GPL|GNU (Affero|General)", licence) or re.search("LGPL|Lesser", licence):
        assert name in {"ldap3", "psycopg", "psycopg-binary", "psycopg-pool"}, licence  # LGPL, used as an unchanged library


def test_every_direct_dependency_is_explained() -> None:
    packages, written_here, _rest = (ROOT / "docs/dependencies.md").read_text("utf-8").partition("## What is written here")
    assert written_here
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|", packages, re.MULTILINE)
    explained = [normalise(name) for name, _reason, _licence in rows]
    assert sorted(explained) == sorted([*read_pins("requirements.in"), "pymilvus"])
