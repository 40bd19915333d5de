"""Moving, reading again, deleting a collection and building the index anew, by programs."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from ingest.models import Job
from kb.models import Collection, Document, DocumentVersion, Edition
from tests.api.conftest import bearer, key_of
from tests.chat.library import LEAVE

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def other() -> Collection:
    return Collection.objects.create(name="Other", slug="other")


@pytest.fixture
def admin(knowledge_admin: User) -> dict[str, str]:
    return bearer(key_of(knowledge_admin, "read", "manage"))


def test_a_document_is_moved(client: Client, leave: Document, other: Collection, admin: dict[str, str], reader: str) -> None:
    address = f"/api/v1/documents/{leave.uid}"
    assert client.get(address, headers=bearer(reader)).status_code == 200
    response = client.post(f"{address}/move", {"collection": "other"}, JSON, headers=admin)
    assert (response.status_code, response.json()["collection"]) == (200, "other")
    assert client.get(address, headers=bearer(reader)).status_code == 404
    again = client.post(f"{address}/move", {"collection": "other"}, JSON, headers=admin)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "same_collection")
    assert client.post(f"{address}/move", {"collection": "none"}, JSON, headers=admin).status_code == 404


def test_a_document_is_read_again_as_its_next_version(
    client: Client, leave: Document, admin: dict[str, str], reader: str, settings: Any, tmp_path: Path
) -> None:
    address = f"/api/v1/documents/{leave.uid}"
    assert client.post(f"{address}/reread", headers=admin).json()["error"]["code"] == "original_gone"
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / DocumentVersion.objects.get().storage_path).write_text(LEAVE)
    response = client.post(f"{address}/reread", headers=admin)
    assert response.status_code == 202
    assert (response.json()["number"], response.json()["state"], response.json()["is_reread"]) == (2, "uploaded", True)
    assert Job.objects.get().version.number == 2
    assert client.post(f"{address}/reread", headers=admin).json()["error"]["code"] == "not_ready"
    numbers = [version["number"] for version in client.get(f"{address}/versions", headers=admin).json()]
    assert numbers == [2, 1]
    DocumentVersion.objects.filter(number=1).update(indexed_at="2026-01-01T00:00:00Z")
    assert [version["number"] for version in client.get(f"{address}/versions", headers=bearer(reader)).json()] == [1]


def test_a_collection_is_deleted_only_by_its_name(client: Client, leave: Document, admin: dict[str, str], reader: str) -> None:
    address = f"/api/v1/collections/{leave.collection.slug}"
    refused = client.delete(f"{address}?confirm=Something", headers=admin)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_confirmed")
    assert client.delete(address, headers=admin).status_code == 422
    assert client.get(address, headers=bearer(reader)).status_code == 200
    assert client.delete(f"{address}?confirm=Handbook", headers=admin).status_code == 204
    for gone in (address, f"{address}/documents", f"/api/v1/documents/{leave.uid}"):
        assert client.get(gone, headers=admin).status_code == 404
        assert client.get(gone, headers=bearer(reader)).status_code == 404


def test_the_index_is_built_anew_paused_resumed_and_given_up(client: Client, leave: Document, admin: dict[str, str]) -> None:
    body = client.get("/api/v1/index", headers=admin).json()
    assert (body["building"], body["is_paused"], body["documents"]) == (None, False, None)
    assert client.post("/api/v1/index/pause", headers=admin).json()["error"]["code"] == "not_building"
    body = client.post("/api/v1/index/start", headers=admin).json()
    assert (body["serving"]["number"], body["building"]["number"], body["documents"], body["done"]) == (1, 2, 1, 0)
    assert client.post("/api/v1/index/start", headers=admin).json()["error"]["code"] == "already_building"
    assert client.post("/api/v1/index/pause", headers=admin).json()["is_paused"] is True
    assert client.post("/api/v1/index/resume", headers=admin).json()["is_paused"] is False
    assert client.post("/api/v1/index/cancel", headers=admin).json()["building"] is None
    assert Edition.objects.get(number=2).state == "cancelled"
    assert client.post("/api/v1/index/destroy", headers=admin).status_code == 422
