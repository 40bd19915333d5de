"""What every connector keeps, kept by Microsoft Graph."""

from hashlib import sha1

from sources.connectors.graph import MANIFEST
from sources.testing import ContractSuite
from tests.sources.connectors.graph.test_graph import ADA, SECRET, Downloads, FakeGraph
from tests.sources.connectors.outside import ServedOutside
from tests.sources.connectors.serving import served


class LibraryOutside(ServedOutside):
    manifest = MANIFEST

    def __init__(self):
        downloads = Downloads()
        self.api = FakeGraph(downloads)
        for item_id in list(self.api.items):
            if item_id != "root":
                del self.api.items[item_id], self.api.changed[item_id]
        super().__init__(self.api)
        downloads.address = self._stack.enter_context(served(downloads))
        self.api.address = self.address

    def settings(self):
        return {"tenant": "tenant-1", "client": "c", "user": "ada@acme.example", "api": self.address, "login": self.address}

    def secrets(self):
        return {"client_secret": SECRET}

    def folder(self, folders):
        above = "root"
        for place, name in enumerate(folders):
            item_id = "f" + sha1("/".join(folders[: place + 1]).encode(), usedforsecurity=False).hexdigest()
            if item_id not in self.api.items:
                self.api.put(item_id, name, above, folder={})
            above = item_id
        return above

    def find(self, way):
        """Return the id of what is at a place; it was made there, or moved."""
        above = self.folder(way[:-1])
        found = [one for one in self.api.items.values() if one.get("parentReference", {}).get("id") == above]
        return next((one["id"] for one in found if one["name"] == way[-1]), "")

    def put(self, way, content):
        item_id = self.find(way) or f"d{len(self.api.items)}x"
        self.api.write(item_id, way[-1], self.folder(way[:-1]), content)

    def remove(self, way):
        self.api.delete(self.find(way))

    def move(self, way, to):
        item_id = self.find(way)
        facets = {name: value for name, value in self.api.items[item_id].items() if name not in ("id", "name", "parentReference")}
        self.api.put(item_id, to[-1], self.folder(to[:-1]), **facets)

    def narrow(self, way):
        item_id = self.find(way)
        facets = {name: value for name, value in self.api.items[item_id].items() if name not in ("id", "name", "parentReference")}
        self.api.permissions[item_id] = [ADA, ADA | {"grantedToV2": {"group": {"id": "g-1", "displayName": "Board"}}}]
        self.api.put(item_id, way[-1], self.folder(way[:-1]), **facets)


class TestContract(ContractSuite):
    def outside(self):
        return LibraryOutside()
