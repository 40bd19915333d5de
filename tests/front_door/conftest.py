"""One installation for every file of this folder: each test has a collection of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.front_door.visitor import Visitor


@pytest.fixture(scope="session")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    visitor = Visitor(Path(os.path.realpath(tmp_path_factory.mktemp("front-door"))))
    yield visitor
    visitor.leave()
