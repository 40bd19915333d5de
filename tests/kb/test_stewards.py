"""Owners and editors: a department runs its own collection, and rules no other."""

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.errors import ValuesRefused
from accounts.keys import create_api_key, recognise_key, scopes_of
from accounts.models import User
from audit.models import Event
from kb.models import Collection, Document
from kb.rights.folders import create_folder, narrow_document
from kb.rights.readers import Readers
from kb.rights.stewards import set_steward
from tests.confirmed import confirmed
from tests.pages.conftest import signed_in
from tests.permissions.conftest import make_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(collection: Collection, outsider: User) -> User:
    """Somebody who is in no group and owns `collection`."""
    set_steward(collection=collection, person=outsider, role="owner", user=None)
    return outsider


@pytest.fixture
def editor(collection: Collection) -> User:
    person = User.objects.create_user(username="eddy", password="correct horse 7")
    set_steward(collection=collection, person=person, role="editor", user=None)
    return person


@pytest.fixture
def other() -> Collection:
    return Collection.objects.create(name="Other", slug="other")


@pytest.fixture
def document(collection: Collection, settings: Any, tmp_path: Any) -> Document:
    settings.MEDIA_ROOT = settings.BROKER_ROOT = tmp_path
    return make_document(collection, name="wombats.pdf").document


def statuses(client: Client, document: Document) -> dict[str, int]:
    """What somebody gets of everything that changes a collection, by the name of its address."""
    slug, uid, version = document.collection.slug, document.uid, document.current_version.uid
    folder = create_folder(collection=document.collection, name=f"Plans {Event.objects.count()}", user=None)
    acts = {
        "kb:collection": ("get", [slug], {}),
        "kb:document": ("get", [uid], {}),
        "ingest:upload": ("post", [slug], {"files": SimpleUploadedFile("new.txt", b"Koalas sleep for twenty hours.")}),
        "ingest:reread": ("post", [uid], {}),
        "ingest:retry": ("post", [version], {}),
        "ingest:queue": ("get", [], {}),
        "kb:collection_edit": ("post", [slug], {"name": document.collection.name, "vocabulary": "PTO = leave"}),
        "kb:document_readers": ("get", [uid], {}),
        "kb:folder": ("get", [folder.uid], {}),
        "kb:folder_new": ("get", [slug], {}),
        "kb:stewards": ("get", [slug], {}),
        "ingest:move": ("get", [uid], {}),
        "ingest:collection_delete": ("get", [slug], {}),
        "kb:collection_new": ("get", [], {}),
        "sources:new": ("get", [slug], {}),
        "ingest:editions": ("get", [], {}),
        "accounts:index": ("get", [], {}),
        "models:index": ("get", [], {}),
    }
    return {
        name: getattr(client, method)(reverse(name, args=args), data).status_code for name, (method, args, data) in acts.items()
    }


EDITS = ["kb:collection", "kb:document", "ingest:upload", "ingest:reread", "ingest:retry", "ingest:queue", "kb:collection_edit"]
OWNS = ["kb:document_readers", "kb:folder", "kb:folder_new", "kb:stewards", "ingest:move", "ingest:collection_delete"]


def test_an_editor_looks_after_documents_an_owner_also_after_readers_and_neither_after_anything_else(
    owner: User, editor: User, document: Document
) -> None:
    open_to = {
        name: [address for address, status in statuses(signed_in(user), document).items() if status in (200, 302)]
        for name, user in {"editor": editor, "owner": owner}.items()
    }
    assert open_to == {"editor": EDITS, "owner": [*EDITS, *OWNS]}


def test_they_rule_no_other_collection(owner: User, editor: User, other: Collection, document: Document) -> None:
    foreign = make_document(other, name="foreign.pdf").document
    for user in (owner, editor):
        allowed = [name for name, status in statuses(signed_in(user), foreign).items() if status in (200, 302)]
        assert allowed == ["ingest:queue"]  # of their own collection
        assert "foreign" not in signed_in(user).get(reverse("ingest:queue")).content.decode()
    client = signed_in(owner)
    assert client.post(reverse("ingest:move", args=[document.uid]), {"to": "other"}).status_code == 422
    assert Document.objects.get(pk=document.pk).collection.slug == "handbook"


def test_they_read_all_of_it_also_what_is_narrowed_to_others(owner: User, editor: User, employee: User, document: Document) -> None:
    narrow_document(document=document, readers=Readers(people=("kim",)), user=None)
    assert [Document.objects.visible_to(user).exists() for user in (owner, editor, employee)] == [True, True, False]


def test_what_is_taken_away_is_gone_at_once(owner: User, editor: User, collection: Collection, document: Document) -> None:
    client = signed_in(editor)
    address = reverse("kb:document", args=[document.uid])
    key = create_api_key(user=editor, name="script", scopes=["manage"], days=1, actor=editor)
    assert client.get(address).status_code == 200
    set_steward(collection=collection, person=editor, role=None, user=owner)
    assert client.get(address).status_code == 404
    assert "manage" not in scopes_of(editor)
    with pytest.raises(Exception, match="lacks the scope"):
        recognise_key(key.text, scope="manage", address="")


def test_an_editor_does_not_change_readers_by_a_form_or_program(editor: User, collection: Collection, group: Group) -> None:
    stranger = Group.objects.create(name="Strangers")
    page = signed_in(editor).get(reverse("kb:collection_edit", args=["handbook"])).content.decode()
    assert 'name="groups"' not in page and 'name="vocabulary"' in page and "Delete collection" not in page
    given = {"name": "Mine", "groups": [stranger.pk], "download_groups": [stranger.pk], "vocabulary": "PTO = leave"}
    assert signed_in(editor).post(reverse("kb:collection_edit", args=["handbook"]), given).status_code == 302
    collection.refresh_from_db()
    assert (collection.name, list(collection.groups.all()), collection.vocabulary) == ("Handbook", [group], "PTO = leave")
    assert not collection.download_groups.exists()
    key = create_api_key(user=editor, name="script", scopes=["read", "manage"], days=1, actor=editor).text
    program = Client(headers={"Authorization": f"Bearer {key}"})
    refused = program.patch("/api/v1/collections/handbook", {"groups": ["Strangers"]}, "application/json")
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        422,
        "groups: Only an owner of the collection can change this.",
    )
    assert program.patch("/api/v1/collections/handbook", {"vocabulary": ""}, "application/json").status_code == 200
    assert program.delete("/api/v1/collections/handbook?confirm=Handbook").status_code == 404
    assert program.post("/api/v1/collections", {"name": "Mine"}, "application/json").status_code == 403
    assert program.get("/api/v1/index").status_code == 403
    assert program.get("/api/v1/collections/handbook/stewards").status_code == 404


def test_an_owner_hands_it_over_and_the_last_one_cannot_go(owner: User, employee: User, collection: Collection) -> None:
    client, address = signed_in(owner), reverse("kb:stewards", args=["handbook"])
    alone = client.post(reverse("kb:steward_dismiss", args=["handbook", owner.pk]), follow=True)
    assert "This is the last owner." in alone.content.decode()
    assert client.post(address, {"person": "erin", "role": "owner"})["Location"] == address
    assert client.post(address, {"person": "olga", "role": "editor"})["Location"] == reverse("kb:collection", args=["handbook"])
    assert client.get(address).status_code == 404
    assert signed_in(employee).get(address).status_code == 200
    events = [
        json.loads(event.payload.body)["payload"]
        for event in Event.objects.filter(action="collection.steward_changed").order_by("sequence")
    ]
    assert events[-2:] == [{"person": "erin", "from": None, "to": "owner"}, {"person": "olga", "from": "owner", "to": "editor"}]


@pytest.mark.parametrize(("person", "sentence"), [("nobody", "There is no active user"), ("ada", "An auditor"), ("", "required")])
def test_who_cannot_own_is_told(owner: User, auditor: User, person: str, sentence: str) -> None:
    response = signed_in(owner).post(reverse("kb:stewards", args=["handbook"]), {"person": person, "role": "editor"})
    assert response.status_code == 422 and sentence in response.content.decode()


def test_who_becomes_an_auditor_runs_nothing_any_more(owner: User, collection: Collection) -> None:
    User.objects.filter(pk=owner.pk).update(role="auditor")
    auditor = User.objects.get(pk=owner.pk)
    assert not Collection.objects.visible_to(auditor).exists()
    assert not Collection.objects.manageable_by(auditor).exists()
    assert "manage" not in scopes_of(auditor)


def test_a_collection_without_a_living_owner_is_flagged(owner: User, knowledge_admin: User, collection: Collection) -> None:
    page = reverse("kb:index")
    assert "No owner" not in signed_in(knowledge_admin).get(page).content.decode()
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert "No owner" in signed_in(knowledge_admin).get(page).content.decode()
    assert "No owner" in signed_in(knowledge_admin).get(reverse("kb:collection", args=["handbook"])).content.decode()


def test_an_owner_deletes_it_and_is_asked_who_they_are_first(owner: User, collection: Collection) -> None:
    client, address = signed_in(owner), reverse("ingest:collection_delete", args=["handbook"])
    assert client.post(address, {"name": "Handbook"})["Location"].startswith("/accounts/")
    assert Collection.objects.live().exists()
    confirmed(client)
    client.post(address, {"name": "Handbook"})
    assert not Collection.objects.live().exists()


def test_the_command_names_and_dismisses(collection: Collection, employee: User, auditor: User) -> None:
    told = StringIO()
    call_command("set_steward", "handbook", "erin", "--role", "owner", stdout=told)
    User.objects.filter(pk=employee.pk).update(is_active=False)
    call_command("set_steward", "handbook", "erin", "--role", "none", stdout=told)
    assert told.getvalue() == "erin is owner of handbook.\nerin has no role in handbook.\n"
    for arguments, problem in (
        (["nowhere", "erin"], "no collection"),
        (["handbook", "ada"], "An auditor"),
        (["handbook", "x"], "no active"),
    ):
        with pytest.raises(CommandError, match=problem):
            call_command("set_steward", *arguments, "--role", "owner")


def test_a_program_names_an_owner(owner: User, employee: User) -> None:
    key = create_api_key(user=owner, name="script", scopes=["manage"], days=1, actor=owner).text
    program = Client(headers={"Authorization": f"Bearer {key}"})
    assert program.put("/api/v1/collections/handbook/stewards/erin", {"role": "owner"}, "application/json").status_code == 204
    listed = program.get("/api/v1/collections/handbook/stewards").json()
    assert {(row["person"], row["role"]) for row in listed} == {("erin", "owner"), ("olga", "owner")}
    assert program.put("/api/v1/collections/handbook/stewards/nobody", {"role": "owner"}, "application/json").status_code == 404


def test_a_role_in_a_deleted_collection_is_refused(collection: Collection, employee: User) -> None:
    Collection.objects.filter(pk=collection.pk).update(deleted_at="2026-01-01T00:00Z")
    with pytest.raises(ValuesRefused, match="deleted"):
        set_steward(collection=collection, person=employee, role="owner", user=None)
