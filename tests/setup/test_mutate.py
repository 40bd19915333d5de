"""scripts/mutate: what it makes of a fault, and that it leaves nothing of it behind."""

import subprocess
from pathlib import Path

import pytest

from tests.mutate import copy_tree, main, run_mutation, run_tests
from tests.mutations import ROOT, Mutation, read_mutations

TEST = "from rates import double\n\n\ndef test_it_doubles():\n    assert double(2) == 4\n"
SLOW = "import subprocess\n\n\ndef test_it_ends():\n    subprocess.run(['sleep', '600'])\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one function and one test, with this installation's packages."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    (tmp_path / "tests").mkdir()
    (tmp_path / "rates.py").write_text("def double(rate):\n    return 2 * rate\n")
    (tmp_path / "tests" / "test_rates.py").write_text(TEST)
    (tmp_path / ".venv").symlink_to((ROOT / ".venv").resolve())
    return tmp_path


def fault(after: str) -> Mutation:
    return Mutation(name="a-fault", area="audit", file="rates.py", before="2 * rate", after=after, tests=("tests/test_rates.py",))


@pytest.mark.parametrize(
    ("after", "outcome", "detail"),
    [
        ("3 * rate", "caught", "tests/test_rates.py::test_it_doubles"),
        ("rate + rate", "SURVIVED", "1 passed"),
    ],
)
def test_a_fault_is_caught_where_a_test_fails(tree: Path, after: str, outcome: str, detail: str) -> None:
    for _ in range(2):  # the second time beside what Python compiled the first time
        result = run_mutation(tree, fault(after))
        assert (result.outcome, result.is_caught) == (outcome, outcome == "caught")
        assert result.detail.startswith(detail)
        assert "2 * rate" in (tree / "rates.py").read_text()
    assert run_tests(tree, ["tests"], limit_s=600)[0] == 0


def test_tests_that_cannot_be_run_say_nothing_about_a_fault(tree: Path) -> None:
    (tree / "tests" / "test_rates.py").unlink()
    result = run_mutation(tree, fault("3 * rate"))
    assert (result.outcome, result.is_caught) == ("BROKEN", False)


def test_what_does_not_end_in_time_is_ended_with_all_that_it_started(tree: Path) -> None:
    (tree / "tests" / "test_rates.py").write_text(SLOW)
    code, detail = run_tests(tree, ["tests"], limit_s=8)
    assert (code, detail) == (None, "ran longer than its limit")
    left = [path for path in Path("/proc").glob("[0-9]*/cwd") if _leads_to(path, tree)]
    assert left == []


def _leads_to(link: Path, tree: Path) -> bool:
    try:
        return link.readlink() == tree
    except OSError:  # it has ended, or is another one's
        return False


def test_the_copy_has_what_stands_in_the_tree_now(tmp_path: Path) -> None:
    root, target = tmp_path / "root", tmp_path / "copy"
    (root / ".venv").mkdir(parents=True)
    (root / ".gitignore").write_text(".venv/\nvar/\n")
    for name in ("kept.py", "deleted.py", "changed.py"):
        (root / name).write_text("before")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    (root / "deleted.py").unlink()
    (root / "changed.py").write_text("after")
    for name in ("new/file.py", "var/data"):
        (root / name).parent.mkdir()
        (root / name).write_text("new")

    copy_tree(root, target)

    files = {str(path.relative_to(target)): path.read_text() for path in target.rglob("*") if path.is_file()}
    ignored = files.pop(".gitignore")
    assert ignored.startswith(".venv")
    assert files == {"kept.py": "before", "changed.py": "after", "new/file.py": "new"}
    assert (target / ".venv").resolve() == (root / ".venv").resolve()


def test_an_unknown_name_ends_it_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-fault"]) == 2
    assert "There is no fault named no-such-fault" in capsys.readouterr().err


def test_the_list_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(read_mutations())
