"""A package shows at most twenty names, so that `ls` reads like the architecture page."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AT_MOST = 20


def test_no_package_shows_more_than_twenty_names() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = [ROOT / name for name in linter["root_packages"] if name != "tests"]
    rooms = [path.parent for package in packages for path in package.rglob("__init__.py") if path.parent.name != "migrations"]
    assert len(rooms) > 50
    shown = {
        str(room.relative_to(ROOT)): sum(not path.name.startswith("__") and path.name != "migrations" for path in room.iterdir())
        for room in rooms
    }
    assert {name: count for name, count in shown.items() if count > AT_MOST} == {}
