"""Upload, retry and delete: for knowledge admins, with a sentence for each file."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from kb.models import Collection, Document, DocumentVersion
from tests.pages.conftest import add_version, signed_in

JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def own_storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.BROKER_ROOT = tmp_path / "broker"


def file(name: str = "leave.md", content: bytes = b"# Leave\n\nAfter five years you earn 30 days.\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_an_upload_is_accepted_and_reported(knowledge_admin: User, collection: Collection) -> None:
    client, address = signed_in(knowledge_admin), reverse("ingest:upload", args=["handbook"])
    body = client.post(address, {"files": file()}, headers=JSON).json()
    assert body == {"accepted": True, "name": "leave.md", "message": "Uploaded. You can ask about it as soon as it is ready."}
    assert DocumentVersion.objects.get().document.name == "leave.md"
    again = client.post(address, {"files": file()}, headers=JSON).json()
    assert again["message"] == "This file already exists as “leave.md”. Nothing to do."
    newer = client.post(address, {"files": file(content=b"# Leave\n\nNow it is 31 days.\n")}, headers=JSON).json()
    assert newer["message"].startswith("Uploaded as version 2")


def test_a_refused_file_gets_its_sentence_and_leaves_nothing(knowledge_admin: User, collection: Collection) -> None:
    client, address = signed_in(knowledge_admin), reverse("ingest:upload", args=["handbook"])
    response = client.post(address, {"files": file("empty.txt", b"")}, headers=JSON)
    assert response.status_code == 422
    assert response.json()["message"].startswith("The file is empty.")
    response = client.post(address, {}, headers=JSON)
    assert response.json() == {"accepted": False, "name": "", "message": "Choose a file."}
    assert not Document.objects.exists()


def test_several_files_without_scripts(knowledge_admin: User, collection: Collection) -> None:
    client, address = signed_in(knowledge_admin), reverse("ingest:upload", args=["handbook"])
    response = client.post(address, {"files": [file(), file("empty.txt", b"")]}, follow=True)
    page = response.content.decode()
    assert "leave.md: Uploaded." in page
    assert "empty.txt: The file is empty." in page


@pytest.mark.parametrize("name", ["employee", "teammate", "outsider", "auditor"])
def test_others_manage_nothing(request: pytest.FixtureRequest, name: str, document: Document) -> None:
    client = signed_in(request.getfixturevalue(name))
    version = add_version(document, number=2, status="failed", error_code="damaged")
    assert client.post(reverse("ingest:upload", args=["handbook"]), {"files": file()}).status_code == 404
    assert client.post(reverse("ingest:retry", args=[version.uid])).status_code == 404
    assert client.get(reverse("ingest:delete", args=[document.uid])).status_code == 404
    assert client.post(reverse("ingest:delete", args=[document.uid])).status_code == 404
    assert Document.objects.live().get() == document


def test_anonymous_is_sent_to_sign_in(document: Document) -> None:
    response = signed_in(None).post(reverse("ingest:delete", args=[document.uid]))
    assert response["Location"].startswith(reverse("account_login"))


def test_delete_asks_first(knowledge_admin: User, document: Document) -> None:
    client, address = signed_in(knowledge_admin), reverse("ingest:delete", args=[document.uid])
    assert "Delete this document?" in client.get(address).content.decode()
    assert Document.objects.live().exists()
    page = client.post(address, follow=True).content.decode()
    assert "“Leave rules” was deleted. Answers no longer use it." in page
    assert not Document.objects.live().exists()


def test_retry_only_what_failed(knowledge_admin: User, document: Document) -> None:
    client = signed_in(knowledge_admin)
    page = client.post(reverse("ingest:retry", args=[document.current_version.uid]), follow=True).content.decode()
    assert "This document has not failed" in page
    version = add_version(document, number=2, status="failed", error_code="damaged")
    client.post(reverse("ingest:retry", args=[version.uid]))
    version.refresh_from_db()
    assert version.status == "uploaded"
