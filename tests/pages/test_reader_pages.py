"""Folders and readers on pages: made, narrowed, told; bad input leaves nothing behind."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from kb.models import Collection, Document, Folder
from kb.rights.folders import create_folder, file_document, narrow_folder
from kb.rights.readers import Readers
from tests.pages.conftest import signed_in

pytestmark = pytest.mark.django_db


def text_of(user: User, address: str) -> str:
    response = signed_in(user).get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_folder_is_made_narrowed_and_found_in_the_collection(
    knowledge_admin: User, employee: User, teammate: User, collection: Collection
) -> None:
    client = signed_in(knowledge_admin)
    address = reverse("kb:folder_new", args=["handbook"])
    response = client.post(address, {"name": "Contracts", "who": "some", "groups": "", "people": "erin\r\n"})
    folder = Folder.objects.get()
    assert response["Location"] == f"/library/c/handbook/?folder={folder.uid}"
    assert (folder.is_narrowed, [person.username for person in folder.people.all()]) == (True, ["erin"])
    below = client.post(f"{address}?in={folder.uid}", {"name": "2026", "who": "all"})
    assert below.status_code == 302
    assert "Contracts" in text_of(employee, "/library/c/handbook/")
    assert "Contracts" not in text_of(teammate, "/library/c/handbook/")
    page = text_of(employee, f"/library/c/handbook/?folder={folder.uid}")
    assert "2026" in page and "Edit folder" not in page
    page = text_of(knowledge_admin, reverse("kb:folder", args=[folder.uid]))
    assert "erin" in page and 'value="Contracts"' in page
    changed = {"name": "Agreements", "who": "all"}
    assert client.post(reverse("kb:folder", args=[folder.uid]), changed).status_code == 302
    assert "Agreements" in text_of(teammate, "/library/c/handbook/")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "Plans", "who": "some", "groups": "Nobody"}, "Unknown groups: Nobody."),
        ({"name": "Plans", "who": "some", "people": "nobody"}, "Unknown user names: nobody."),
        ({"name": "contracts", "who": "all"}, "A folder with this name already exists here."),
        ({"name": "a/b", "who": "all"}, "without “/”"),
        ({"name": "", "who": "all"}, "This field is required."),
    ],
)
def test_bad_input_is_told_and_makes_no_folder(
    knowledge_admin: User, collection: Collection, given: dict[str, str], sentence: str
) -> None:
    create_folder(collection=collection, name="Contracts", user=None)
    response = signed_in(knowledge_admin).post(reverse("kb:folder_new", args=["handbook"]), given)
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert all(value in page for value in given.values())
    assert Folder.objects.count() == 1


def test_a_document_is_filed_and_narrowed_and_its_page_says_who_reads_it(
    knowledge_admin: User, employee: User, teammate: User, document: Document
) -> None:
    Group.objects.create(name="Finance").user_set.add(employee)
    folder = create_folder(collection=document.collection, name="Contracts", user=None)
    narrow_folder(folder=folder, readers=Readers(groups=("Finance",)), user=None)
    address = reverse("kb:document_readers", args=[document.uid])
    response = signed_in(knowledge_admin).post(address, {"folder": str(folder.uid), "who": "all"})
    assert response["Location"] == address
    page = text_of(knowledge_admin, address)
    assert "1 reader<" in page and "Folder “Contracts”" in page and "Collection “Handbook”" in page
    page = text_of(employee, reverse("kb:document", args=[document.uid]))
    assert "folder “Contracts” through group “Finance”" in page
    assert signed_in(teammate).get(reverse("kb:document", args=[document.uid])).status_code == 404
    given = {"folder": str(folder.uid), "who": "some", "people": "tao"}
    assert signed_in(knowledge_admin).post(address, given).status_code == 302
    assert "Only those who manage the collection." in text_of(knowledge_admin, address)
    page = text_of(knowledge_admin, reverse("kb:document", args=[document.uid]))
    assert "because you manage its collection" in page
    refused = signed_in(knowledge_admin).post(address, {"folder": str(folder.uid), "who": "some", "people": "nobody"})
    assert refused.status_code == 422 and "Unknown user names: nobody." in refused.content.decode()


def test_a_file_that_is_dropped_in_a_folder_lies_there(
    knowledge_admin: User, teammate: User, collection: Collection, settings, tmp_path
) -> None:
    settings.MEDIA_ROOT = settings.BROKER_ROOT = tmp_path
    folder = create_folder(collection=collection, name="Contracts", user=None)
    narrow_folder(folder=folder, readers=Readers(people=("erin",)), user=None)
    page = text_of(knowledge_admin, f"/library/c/handbook/?folder={folder.uid}")
    assert f'action="/library/c/handbook/upload/?folder={folder.uid}"' in page
    given = {"files": SimpleUploadedFile("new.txt", b"Koalas sleep for twenty hours.")}
    signed_in(knowledge_admin).post(f"{reverse('ingest:upload', args=['handbook'])}?folder={folder.uid}", given)
    assert Document.objects.get().folder == folder
    assert not Document.objects.visible_to(teammate).exists()


def test_an_empty_folder_goes_and_one_that_holds_something_stays(knowledge_admin: User, document: Document) -> None:
    folder = create_folder(collection=document.collection, name="Contracts", user=None)
    file_document(document=document, folder=folder, user=None)
    client, address = signed_in(knowledge_admin), reverse("kb:folder_delete", args=[folder.uid])
    assert "This folder is not empty." in client.post(address, follow=True).content.decode()
    file_document(document=document, folder=None, user=None)
    assert client.post(address)["Location"] == "/library/c/handbook/"
    assert not Folder.objects.exists()
