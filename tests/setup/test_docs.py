"""What the documentation says about the code is so."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("bench",),
    *("accounts", "api", "audit", "backup", "chat", "config", "curation", "evals", "gateway", "guards", "ingest", "integrations"),
    *("kb", "language", "metrics", "outbound", "retention", "retrieval", "reviews", "sources", "system", "training", "vault"),
)
DOCS = (ROOT / "docs", ROOT / "docs/admin", ROOT / "docs/sources")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(page for folder in DOCS for page in sorted(folder.glob("*.md")))]
KINDS_READ = "bool|float|hosts|int|list|mail|networks|origins|outputs|providers|directories|secret|str"
READS_ENVIRONMENT = re.compile(rf"""env_(?:{KINDS_READ})\(\s*"([A-Z_]+)\"""")
REFERENCE = re.compile(r"`([a-z_]+(?:/[a-z_0-9]+)*\.py)(?::([A-Za-z_]\w*(?:\.\w+)*))?`")
# Set by the shell or by Docker, not by people.
NOT_OURS = {"BASH_SOURCE", "HOSTNAME"}


def read_variables() -> set[str]:
    """Every environment variable that the code, the scripts or the compose file reads."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            found |= set(READS_ENVIRONMENT.findall(path.read_text(encoding="utf-8")))
    for path in [*(ROOT / "scripts").iterdir(), ROOT / "docker-compose.yml"]:
        if path.is_file() and path.suffix in ("", ".sh", ".yml"):
            found |= set(re.findall(r"\$\{([A-Z_]+)[:}-]", path.read_text(encoding="utf-8")))
    return found - NOT_OURS


def test_every_variable_has_a_row_and_every_row_a_variable() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(read_variables())


def test_reading_variables_sees_those_that_everybody_knows() -> None:
    assert {"PORT", "ATTEST_HOME", "DATABASE_URL", "SKIP_VLLM", "POSTGRES_PASSWORD"} <= read_variables()


def list_references() -> list[tuple[str, str, str]]:
    return [(page.name, path, name) for page in PAGES for path, name in REFERENCE.findall(page.read_text(encoding="utf-8"))]


def find_names(path: Path) -> set[str]:
    """Every function, class and method of a module, as `name` or `Class.name`."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for name in names_of(node):
            found.add(name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for inner in node.body for name in names_of(inner)}
    return found


def names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


@pytest.mark.parametrize(("page", "path", "name"), list_references())
def test_what_a_page_points_at_exists(page: str, path: str, name: str) -> None:
    assert (ROOT / path).is_file(), f"{page} names {path}"
    if name:
        assert name in find_names(ROOT / path), f"{page} names {name} in {path}"


def test_the_architecture_points_at_every_package() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = {path.partition("/")[0] for path, _name in REFERENCE.findall(text)}
    assert set(PACKAGES) - {"bench", "evals"} <= named


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "benchmarks.md"], ids=lambda page: page.name)
def test_no_table_has_two_rows_for_one_thing(page: Path) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", page.read_text(encoding="utf-8"), re.MULTILINE):
        _head, _rule, *rows = table.splitlines()
        firsts = [row.split("|")[1].strip() for row in rows if row.count("|") > 2]
        named = [first for first in firsts if first]
        assert sorted(set(named)) == sorted(named), f"{page.name}: two rows of one table begin alike"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_pages_exist(page: Path) -> None:
    commands = {path.stem for package in PACKAGES for path in (ROOT / package).glob("management/commands/*.py")}
    named = set(re.findall(r"manage\.py ([a-z_]+)", page.read_text(encoding="utf-8")))
    assert named <= commands


def test_the_glossary_is_in_alphabetical_order() -> None:
    words = re.findall(r"^\| ([^|]+?) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)[1:]  # behind the head
    assert words == sorted(words, key=str.lower)


def test_contributing_shows_the_layers_that_are_enforced() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    shown = re.search(r"^tests → .*?(?=^```)", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL)
    assert shown
    assert re.split(r"\s+→\s+", shown[0].strip()) == next(one["layers"] for one in contracts if one["type"] == "layers")
