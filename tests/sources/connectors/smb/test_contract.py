"""What every connector keeps, kept by Windows shares."""

import shutil

import pytest

from sources.connectors.smb import MANIFEST
from sources.testing import ContractSuite
from tests.sources.connectors.smb.samba import ALLOW, PASSWORD, READ, READER, running_samba
from tests.sources.connectors.smb.test_smb import needs_samba


@pytest.fixture(scope="module")
def running():
    with running_samba() as server:
        yield server


class ShareOutside:
    def __init__(self, server):
        self.server = server
        for path in server.share.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def open(self):
        settings = {setting.name: setting.default for setting in MANIFEST.settings if not setting.secret}
        where = {"host": "127.0.0.1", "port": str(self.server.port), "share": "docs", "username": READER}
        return MANIFEST.open(settings | where, {"password": PASSWORD})

    def put(self, way, content):
        self.server.write("/".join(way), content.decode())

    def remove(self, way):
        self.server.share.joinpath(*way).unlink()

    def move(self, way, to):
        folder = self.server.share.joinpath(*to).parent
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        self.server.share.joinpath(*way).rename(self.server.share.joinpath(*to))

    def narrow(self, way):
        self.server.set_list("/".join(way), (ALLOW, READ, self.server.sid_of(READER)))

    def close(self):
        """The server goes on for the next test."""


@needs_samba
class TestContract(ContractSuite):
    unsupported = frozenset({"throttle", "go_away"})  # SMB knows no waiting; that a server is away, test_smb.py shows

    @pytest.fixture(autouse=True)
    def _place(self, running, monkeypatch):
        monkeypatch.setattr("sources.connectors.walking.PAGE", 7)
        self.running = running

    def outside(self):
        return ShareOutside(self.running)
