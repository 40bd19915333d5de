"""What every connector keeps, kept by Google Drive."""

from sources.connectors.gdrive import MANIFEST
from sources.connectors.gdrive.connector import FOLDER
from sources.testing import ContractSuite
from tests.sources.connectors.gdrive.test_gdrive import ADA, FakeDrive, key_of
from tests.sources.connectors.outside import ServedOutside


class DriveOutside(ServedOutside):
    manifest = MANIFEST

    def __init__(self):
        self.api = FakeDrive()
        for file_id in list(self.api.files):
            if file_id != "root":
                del self.api.files[file_id]
        super().__init__(self.api)
        self.api.address = self.address

    def settings(self):
        return {"api": self.address, "folder": "root"}

    def secrets(self):
        return key_of(self.api)

    def folder(self, folders):
        above = "root"
        for name in folders:
            found = self.find(above, name)
            if not found:
                found = f"f{len(self.api.files)}"
                self.api.put(found, name, above, FOLDER)
            above = found
        return above

    def find(self, above, name):
        return next((one["id"] for one in self.api.files.values() if one["name"] == name and above in one.get("parents", ())), "")

    def put(self, way, content):
        above = self.folder(way[:-1])
        self.api.put(self.find(above, way[-1]) or f"d{len(self.api.files)}", way[-1], above, "text/markdown", content)

    def remove(self, way):
        file_id = self.find(self.folder(way[:-1]), way[-1])
        del self.api.files[file_id]
        self.api.tell(file_id)

    def move(self, way, to):
        file_id = self.find(self.folder(way[:-1]), way[-1])
        self.api.files[file_id] |= {"name": to[-1], "parents": [self.folder(to[:-1])]}
        self.api.tell(file_id)

    def narrow(self, way):
        file_id = self.find(self.folder(way[:-1]), way[-1])
        self.api.files[file_id]["permissions"] = [ADA | {"emailAddress": "bob@acme.example"}]
        self.api.tell(file_id)


class TestContract(ContractSuite):
    def outside(self):
        return DriveOutside()
