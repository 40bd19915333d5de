"""What every connector keeps, kept by S3."""

import httpx
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sources.connectors.s3 import MANIFEST
from sources.connectors.s3.connector import Bucket
from sources.testing import ContractSuite
from tests.sources.connectors.outside import ServedOutside

AS_S3 = {"Host": "s3.amazonaws.com", "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request"}


class BucketOutside(ServedOutside):
    manifest = MANIFEST

    def __init__(self):
        super().__init__(DomainDispatcherApplication(create_backend_app))
        httpx.post(f"{self.address}/moto-api/reset")
        self.rules = ""
        self.ask("PUT", ())

    def settings(self):
        return {"address": self.address, "bucket": "docs", "access_key": "any", "rules": self.rules}

    def secrets(self):
        return {"secret_key": "any"}

    def ask(self, method, way, **request):
        response = httpx.request(method, "/".join((self.address, "docs", *way)), headers=AS_S3, **request)
        assert response.is_success, response.text
        return response

    def put(self, way, content):
        self.ask("PUT", way, content=content)

    def remove(self, way):
        self.ask("DELETE", way)

    def move(self, way, to):
        self.put(to, self.ask("GET", way).content)
        self.remove(way)

    def narrow(self, way):
        self.rules = f"{'/'.join(way)} = board"


class TestContract(ContractSuite):
    stays_on_move = False  # an object that moves is another one

    @pytest.fixture(autouse=True)
    def _pages(self, monkeypatch):
        ask = Bucket._ask
        monkeypatch.setattr(Bucket, "_ask", lambda self, after, most=7: ask(self, after, most=most))

    def outside(self):
        return BucketOutside()
