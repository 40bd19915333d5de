"""What every connector keeps, kept by Git."""

import shutil

import pytest

from sources.connectors.git import MANIFEST
from sources.testing import ContractSuite
from tests.sources.connectors.git.test_git import TOKEN, Repository, backend
from tests.sources.connectors.outside import ServedOutside


class BranchOutside(ServedOutside):
    manifest = MANIFEST

    def __init__(self, folder):
        self.repository = Repository(folder)
        self.repository.commit(dict.fromkeys(("docs/guide.md", "docs/指南 1.md", "README.md", "src/main.py")))
        super().__init__(backend(folder, []))

    def settings(self):
        return {"address": f"{self.address}/handbook.git", "endings": ""}

    def secrets(self):
        return {"token": TOKEN}

    def put(self, way, content):
        self.repository.commit({"/".join(way): content.decode()})

    def remove(self, way):
        self.repository.commit({"/".join(way): None})

    def move(self, way, to):
        text = self.repository.work.joinpath(*way).read_text()
        self.repository.commit({"/".join(way): None, "/".join(to): text})

    def narrow(self, way):
        raise NotImplementedError


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
class TestContract(ContractSuite):
    unsupported = frozenset({"narrow"})  # whoever may clone reads all
    stays_on_move = False  # Git keeps no ids
    many = 5  # each is a commit

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path, monkeypatch):
        monkeypatch.setattr("sources.connectors.git.connector.PAGE", 2)
        self.folder = tmp_path

    def outside(self):
        return BranchOutside(self.folder)
