"""What every connector keeps, kept by WebDAV."""

import pytest
from wsgidav.wsgidav_app import WsgiDAVApp

from sources.connectors.webdav import MANIFEST
from sources.testing import ContractSuite
from tests.sources.connectors.outside import ServedOutside


class DavOutside(ServedOutside):
    manifest = MANIFEST

    def __init__(self, folder):
        self.folder = folder
        config = {"provider_mapping": {"/dav": str(folder)}, "simple_dc": {"user_mapping": {"*": True}}}
        super().__init__(WsgiDAVApp({**config, "verbose": 0, "logging": {"enable": False}}))

    def settings(self):
        return {"address": f"{self.address}/dav"}

    def put(self, way, content):
        path = self.folder.joinpath(*way)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def remove(self, way):
        self.folder.joinpath(*way).unlink()

    def move(self, way, to):
        self.folder.joinpath(*to).parent.mkdir(parents=True, exist_ok=True)
        self.folder.joinpath(*way).rename(self.folder.joinpath(*to))

    def narrow(self, way):
        raise NotImplementedError


class TestContract(ContractSuite):
    unsupported = frozenset({"narrow"})  # wsgidav knows no shares
    stays_on_move = False  # nor ids

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path, monkeypatch):
        monkeypatch.setattr("sources.connectors.walking.PAGE", 7)
        self.folder = tmp_path

    def outside(self):
        return DavOutside(self.folder)
