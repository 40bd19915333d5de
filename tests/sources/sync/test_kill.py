"""A worker that is killed anywhere in a run of a source loses nothing and does nothing twice."""

import shutil

import pytest

from tests.ingest.killing import Installation

POINTS = [
    "source_run_begun",
    "source_page_written",
    "source_page_kept",
    "source_swept",
    "source_item_fetched",
    "source_item_written",
    "source_item_taken",
    "source_item_deleted",
    "source_run_ended",
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """An installation with a source whose first run is done; then the folder changed in every way."""
    folder = tmp_path_factory.mktemp("kill-source")
    installation = Installation(folder, postgres=None)
    root = folder / "srv"
    root.mkdir()
    root.chmod(0o755)
    for number in range(10):
        (root / f"{number}.md").write_text(f"Part {number}.")
        (root / f"{number}.md").chmod(0o644)
    installation.run("add_source")
    installation.run("sync")
    (root / "0.md").unlink()
    (root / "1.md").unlink()
    (root / "2.md").write_text("Part 2, and more.")
    (root / "3.md").rename(root / "moved.md")
    (root / "4.md").chmod(0o600)
    (root / "new.md").write_text("New.")
    (root / "new.md").chmod(0o600)
    installation.keep("changed")
    yield installation
    installation.remove()
    shutil.rmtree(root)


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_is_killed_is_gone_on_with(kept, point):
    kept.bring_back("changed")
    kept.run("sync", crash_point=point)
    kept.run("sync")
    state = kept.run("source_state")
    kept_numbers = [str(number) for number in range(2, 10) if number != 3]
    assert state["names"] == sorted(f"Share/{name}.md" for name in (*kept_numbers, "moved", "new"))
    assert state["versions"].count(["Share/2.md", 2]) == 1
    assert len(state["versions"]) == 10
    assert {each for _name, each in state["items"]} == {"kept"}
    assert len(state["items"]) == 9
    assert state["narrowed"] == ["Share/4.md", "Share/new.md"]
    assert state["totals"] == {"new": 11, "changed": 1, "deleted": 2, "moved": 1}
    assert (state["error"], state["step"], state["chain"]) == ("", "list", True)
