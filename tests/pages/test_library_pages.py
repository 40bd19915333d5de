"""The library: readers read, knowledge admins manage, outsiders find nothing."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from kb.models import Collection, Document, DocumentVersion
from tests.pages.conftest import add_version, signed_in


@pytest.mark.parametrize("tab", ["pages", "versions"])
def test_readers_see_a_document_and_outsiders_do_not(
    employee: User, teammate: User, outsider: User, auditor: User, document: Document, tab: str
) -> None:
    address = reverse("kb:document", args=[document.uid]) + f"?tab={tab}"
    for user in (employee, teammate):
        assert "Leave rules" in signed_in(user).get(address).content.decode()
    for user in (outsider, auditor):
        assert signed_in(user).get(address).status_code == 404
    assert signed_in(None).get(address).status_code == 302


def test_index_counts_only_what_the_reader_sees(employee: User, knowledge_admin: User, outsider: User, document: Document) -> None:
    waiting = Document.objects.create(collection=document.collection, name="new.md", title="New")
    add_version(waiting, status="uploaded")
    assert "1 document<" in signed_in(employee).get(reverse("kb:index")).content.decode()
    assert "2 documents<" in signed_in(knowledge_admin).get(reverse("kb:index")).content.decode()
    assert "Handbook" not in signed_in(outsider).get(reverse("kb:index")).content.decode()


def test_collection_hides_unfinished_documents_from_readers(
    employee: User, knowledge_admin: User, outsider: User, document: Document
) -> None:
    failed = Document.objects.create(collection=document.collection, name="locked.pdf", title="Locked file")
    add_version(failed, status="failed", error_code="locked", error_message="locked")
    address = reverse("kb:collection", args=["handbook"])
    page = signed_in(employee).get(address).content.decode()
    assert "Leave rules" in page
    assert "Locked file" not in page
    assert "data-upload" not in page
    page = signed_in(knowledge_admin).get(address).content.decode()
    assert "Locked file" in page
    assert "The file is protected by a password." in page
    assert "data-upload" in page
    assert signed_in(outsider).get(address).status_code == 404


def test_collection_is_searched_by_name_and_state(knowledge_admin: User, document: Document, pdf: Document) -> None:
    client, address = signed_in(knowledge_admin), reverse("kb:collection", args=["handbook"])
    add_version(pdf, number=2, status="chunked")

    def found(**query: str) -> list[str]:
        return [row.name for row in client.get(address, query).context["page"].object_list]

    assert found(q="TRAVEL") == ["travel.pdf"]
    assert found(q="rules") == ["leave.md"]
    assert found(state="running") == ["travel.pdf"]
    assert found(state="failed") == []
    assert found(page="99") == ["leave.md", "travel.pdf"]


def test_the_list_alone_for_htmx(knowledge_admin: User, document: Document) -> None:
    response = signed_in(knowledge_admin).get(reverse("kb:collection", args=["handbook"]), headers={"HX-Request": "true"})
    assert response.content.decode().startswith('<div id="documents"')


def test_polling_runs_only_while_something_does(knowledge_admin: User, document: Document) -> None:
    client = signed_in(knowledge_admin)
    address = reverse("kb:collection", args=["handbook"])
    assert "every 1s" not in client.get(address).content.decode()
    version = add_version(document, number=2, status="uploaded", page_count=10, pages_done=4)
    page = client.get(address).content.decode()
    watch = f"{reverse('kb:progress', args=['handbook'])}?watch={document.uid}"
    assert f'hx-get="{watch}" hx-trigger="every 1s"' in page
    assert "4 of 10 pages" in page
    DocumentVersion.objects.filter(pk=version.pk).update(status="indexed")
    answer = client.get(watch).content.decode()
    assert f'id="document-{document.uid}" hx-swap-oob="true"' in answer
    assert "every 1s" not in answer


def test_progress_is_for_knowledge_admins(employee: User, outsider: User, document: Document) -> None:
    address = reverse("kb:progress", args=["handbook"]) + f"?watch={document.uid},nonsense"
    assert signed_in(employee).get(address).status_code == 404
    assert signed_in(outsider).get(address).status_code == 404


@pytest.mark.parametrize("address", ["new/", "c/handbook/edit/"])
def test_only_knowledge_admins_edit_collections(
    employee: User, outsider: User, auditor: User, knowledge_admin: User, collection: Collection, address: str
) -> None:
    for user in (employee, outsider, auditor):
        client = signed_in(user)
        assert client.get(f"/library/{address}").status_code == 404
        assert client.post(f"/library/{address}", {"name": "Mine"}).status_code == 404
    assert signed_in(knowledge_admin).get(f"/library/{address}").status_code == 200
    assert Collection.objects.get().name == "Handbook"


def test_creating_a_collection_is_recorded(knowledge_admin: User, group: Group) -> None:
    fields = {"name": "Travel and leave", "slug": "", "groups": [group.pk], "suggested_questions": "How far?\n\n  What for? \n"}
    response = signed_in(knowledge_admin).post(reverse("kb:collection_new"), fields)
    made = Collection.objects.get()
    assert response["Location"] == reverse("kb:collection", args=["travel-and-leave"])
    assert made.suggested_questions == ["How far?", "What for?"]
    assert list(made.groups.all()) == [group]
    event = Event.objects.get(action="collection.created")
    assert event.actor_id == str(knowledge_admin.pk)
    assert event.subject == "collection:travel-and-leave"


def test_an_admin_gives_a_collection_its_words(knowledge_admin: User, collection: Collection) -> None:
    client, url = signed_in(knowledge_admin), reverse("kb:collection_edit", args=["handbook"])
    client.post(url, {"name": "Rules", "suggested_questions": "", "vocabulary": "PTO = paid time off"})
    collection.refresh_from_db()
    assert collection.vocabulary == "PTO = paid time off"
    assert json.loads(Event.objects.get(action="collection.changed").payload.body)["payload"]["vocabulary"] == "PTO = paid time off"
    refused = client.post(url, {"name": "Rules", "suggested_questions": "", "vocabulary": "x" * 61})
    assert refused.status_code == 422 and b"too long" in refused.content


def test_changing_a_collection_keeps_its_address(knowledge_admin: User, collection: Collection, group: Group) -> None:
    client = signed_in(knowledge_admin)
    client.post(reverse("kb:collection_edit", args=["handbook"]), {"name": "Rules", "slug": "stolen", "suggested_questions": ""})
    collection.refresh_from_db()
    assert (collection.name, collection.slug) == ("Rules", "handbook")
    assert not collection.groups.exists()
    assert Event.objects.filter(action="collection.changed").count() == 1


@pytest.mark.parametrize(
    ("name", "address"), [("员工制度", "yuan-gong-zhi-du"), ("Handbook", "handbook-2"), ("Регламент", "collection-f10f")]
)
def test_nobody_has_to_know_what_an_address_is(knowledge_admin: User, collection: Collection, name: str, address: str) -> None:
    client = signed_in(knowledge_admin)
    response = client.post(reverse("kb:collection_new"), {"name": name, "slug": "", "suggested_questions": ""}, follow=True)
    assert response.redirect_chain == [(f"/library/c/{address}/", 302)]
    assert name in response.content.decode()


def test_versions_that_never_answered_are_for_admins(employee: User, knowledge_admin: User, document: Document) -> None:
    add_version(document, number=2, status="failed", error_code="damaged")
    address = reverse("kb:document", args=[document.uid]) + "?version=2"
    assert signed_in(employee).get(address).status_code == 404
    assert "The file is damaged" in signed_in(knowledge_admin).get(address).content.decode()


@pytest.mark.parametrize("version", ["0", "77", "x", "²", "9" * 40])
def test_a_version_that_is_not_there_is_not_found(employee: User, document: Document, version: str) -> None:
    assert signed_in(employee).get(reverse("kb:document", args=[document.uid]), {"version": version}).status_code == 404


def test_passages_are_for_admins(employee: User, knowledge_admin: User, document: Document) -> None:
    address = reverse("kb:document", args=[document.uid]) + "?tab=passages"
    assert signed_in(employee).get(address).context["tab"] == "pages"
    assert signed_in(knowledge_admin).get(address).context["tab"] == "passages"


@pytest.mark.django_db(transaction=True)
async def test_the_original_is_a_download_for_admins(
    knowledge_admin: User, employee: User, document: Document, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "leave").write_bytes(b"<script>alert(1)</script>")
    version = document.current_version
    version.storage_path = "leave"
    await version.asave()
    client, address = AsyncClient(), reverse("kb:original", args=[version.uid])
    await client.aforce_login(employee)
    assert (await client.get(address)).status_code == 404
    await client.aforce_login(knowledge_admin)
    response = await client.get(address)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="leave.md"'
    assert b"".join([part async for part in response]) == b"<script>alert(1)</script>"


def test_a_longer_list_needs_no_more_queries(
    knowledge_admin: User, document: Document, django_assert_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    client, address = signed_in(knowledge_admin), reverse("kb:collection", args=["handbook"])
    client.get(address)  # the first request of a session is noted: one query more
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(20):
        added = Document.objects.create(collection=document.collection, name=f"{number}.md", title=f"T{number}")
        add_version(add_version(added).document, number=2, status="failed", error_code="damaged")
    with django_assert_num_queries(len(few)):
        assert client.get(address).content.decode().count("<tr id=") == 21
