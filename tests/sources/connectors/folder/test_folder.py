"""The connector of a folder keeps the contract, and never leaves its root."""

import io
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from sources.connectors.errors import AddressRefused, ItemGone, SourceAway
from sources.connectors.folder import MANIFEST, connector
from sources.connectors.folder.connector import FolderConnector
from sources.connectors.folder.roots import check_root
from sources.testing import ContractSuite, Mirror


class Folder:
    """A folder that the suite changes."""

    def __init__(self) -> None:
        self.root = Path(os.path.realpath(tempfile.mkdtemp()))
        self.root.chmod(0o755)
        self.clock = time.time_ns()

    def open(self) -> FolderConnector:
        return FolderConnector(root=self.root, keeps_rights=True, by_name=False)

    def put(self, way, content: bytes) -> None:
        path = self.root.joinpath(*way)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o644)
        self.clock += 10**9  # two writes within one tick of a file system's clock
        os.utime(path, ns=(self.clock, self.clock))

    def remove(self, way) -> None:
        self.root.joinpath(*way).unlink()

    def move(self, way, to) -> None:
        target = self.root.joinpath(*to)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.root.joinpath(*way).rename(target)

    def narrow(self, way) -> None:
        self.root.joinpath(*way).chmod(0o600)

    def go_away(self) -> None:
        self.close()

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


class TestFolder(ContractSuite):
    unsupported = frozenset({"throttle"})

    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch):
        monkeypatch.setattr(connector, "PAGE_ITEMS", 7)

    def outside(self) -> Folder:
        return Folder()


@pytest.fixture
def folder(tmp_path, settings):
    settings.ATTEST_HOME = tmp_path / "home"
    made = Folder()
    yield made
    made.close()


def listed(folder):
    mirror = Mirror()
    mirror.follow(folder.open())
    return mirror


def test_links_lead_nowhere_and_hidden_files_are_left_out(folder, tmp_path):
    secret = tmp_path / "secret.md"
    secret.write_text("Secret.")
    folder.put(("kept.md",), b"Kept.")
    folder.put((".hidden", "file.md"), b"Hidden.")
    (folder.root / "link.md").symlink_to(secret)
    (folder.root / "way").symlink_to(tmp_path)
    os.mkfifo(folder.root / "pipe.md")
    mirror = listed(folder)
    assert mirror.ways() == [("kept.md",)]
    kept = mirror.at(("kept.md",))
    (folder.root / "kept.md").unlink()
    (folder.root / "kept.md").symlink_to(secret)
    into = io.BytesIO()
    with pytest.raises(ItemGone):
        folder.open().fetch(kept, into)
    assert into.getvalue() == b""


def test_a_folder_that_becomes_a_link_is_not_gone_through(folder, tmp_path):
    folder.put(("Finance", "budget.md"), b"Budget.")
    item = listed(folder).at(("Finance", "budget.md"))
    shutil.rmtree(folder.root / "Finance")
    (tmp_path / "budget.md").write_text("Another.")
    (folder.root / "Finance").symlink_to(tmp_path)
    with pytest.raises(ItemGone):
        folder.open().fetch(item, io.BytesIO())


def test_the_root_itself_may_not_become_a_link(folder, tmp_path):
    opened = folder.open()
    folder.close()
    folder.root.symlink_to(tmp_path)
    with pytest.raises(SourceAway):
        opened.check()
    folder.root.unlink()


def test_only_what_the_operator_names_may_be_read_and_never_what_attest_keeps(folder, tmp_path, settings):
    (tmp_path / "srv" / "share").mkdir(parents=True)
    (tmp_path / "srv" / "way").symlink_to("/etc")
    settings.SOURCE_FOLDERS, settings.ATTEST_HOME = [str(tmp_path / "srv")], tmp_path / "srv" / "attest"
    assert check_root(str(tmp_path / "srv" / "share")) == tmp_path / "srv" / "share"
    refused = ["/etc", "/etc/passwd", str(tmp_path), f"{tmp_path}/srv/share/../../..", f"{tmp_path}/srv/way", "share", "", "/"]
    refused += [str(tmp_path / "srv"), str(tmp_path / "srv" / "attest"), str(tmp_path / "srv" / "attest" / "files")]
    for path in refused:
        with pytest.raises(AddressRefused):
            MANIFEST.open({"path": path}, {})
    settings.SOURCE_FOLDERS = []
    with pytest.raises(AddressRefused):
        check_root(str(tmp_path / "srv" / "share"))


def test_two_names_of_one_file_are_two_items(folder):
    folder.put(("one.md",), b"One.")
    os.link(folder.root / "one.md", folder.root / "two.md")
    assert len(listed(folder).items) == 2
