"""A narrowed document leaves no trace for the collection's other readers: not in pages, lists, counts, answers or old answers."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.keys import create_api_key
from accounts.models import User
from chat.conversations.readable import readable_answer
from chat.conversations.standing import with_standing
from chat.library.looking import readable_documents
from chat.models import Turn
from kb.models import Document, DocumentVersion
from kb.rights.folders import create_folder, file_document, narrow_document, narrow_folder
from kb.rights.readers import Readers
from tests.permissions.conftest import World, make_document

pytestmark = pytest.mark.django_db
CANARY = "Quokka"
PAGES = (
    "/",
    "/library/",
    "/library/c/handbook/",
    "/library/c/handbook/?q=quokka",
    "/library/c/handbook/?folder=00000000-0000-4000-8000-000000000000",
    "/api/v1/collections",
    "/api/v1/collections/handbook",
    "/api/v1/collections/handbook/documents",
    "/api/v1/collections/handbook/folders",
    "/people/",
)


def shown(client: Client, address: str) -> tuple[int, str]:
    """A page without what differs from request to request."""
    response = client.get(address)
    text = re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|X-CSRFToken&quot;: &quot;)\w+', "", response.content.decode())
    return response.status_code, text.replace(response["X-Request-ID"], "")


def secret(world: World) -> DocumentVersion:
    """A document in a narrowed folder, for the owner alone."""
    Group.objects.create(name="Quokka board").user_set.add(world.people["owner"])
    folder = create_folder(collection=world.collection, name="Quokka contracts", user=None)
    narrow_folder(folder=folder, readers=Readers(groups=("Quokka board",)), user=None)
    version = make_document(world.collection, name="quokka.pdf", text="Quokkas cost nine crowns.")
    version.document = file_document(document=version.document, folder=folder, user=None)
    return version


@pytest.mark.parametrize("who", ["teammate", "outsider", "auditor"])
def test_a_narrowed_document_changes_no_byte_for_others(client: Client, world: World, who: str) -> None:
    DocumentVersion.objects.update(created_at=timezone.now() - timedelta(days=3))  # "3 days ago" before and after
    client.force_login(world.people[who])
    before = {address: shown(client, address) for address in PAGES}
    version = secret(world)
    assert {address: shown(client, address) for address in PAGES} == before
    assert not any(CANARY in text for _status, text in before.values())
    for address in (f"/library/documents/{version.document.uid}/", f"/library/c/handbook/?folder={version.document.folder.uid}"):
        assert client.get(address).status_code == 404


def test_whom_it_is_for_finds_it_and_is_told_why(client: Client, world: World) -> None:
    version = secret(world)
    client.force_login(world.people["owner"])
    listed = client.get("/api/v1/collections/handbook/documents").json()
    assert {row["title"] for row in listed["items"]} == {"Wombats", "Quokka"}
    assert client.get("/api/v1/collections/handbook").json()["documents"] == 2
    page = client.get(f"/library/documents/{version.document.uid}/").content.decode()
    assert "collection “Handbook” through group “People team”, folder “Quokka contracts” through group “Quokka board”" in page
    assert "Quokka contracts" in client.get("/library/c/handbook/").content.decode()
    assert all(row["readers"] is None for row in listed["items"])  # whom else it is for, they are not told


def citing(version: DocumentVersion) -> dict[str, Any]:
    place: dict[str, Any] = {
        "document_uid": str(version.document.uid),
        "document": version.document.name,
        "title": version.document.title,
    }
    place |= {"version": 1, "version_uid": str(version.uid), "page": 1, "page_number": 1, "page_label": "", "start": 0, "end": 7}
    citation = place | {"marker": 1, "chunk_id": "7", "quote": "Quokkas", "score": 1.0}
    sentence = {"text": "Quokkas cost nine crowns.", "prefix": "", "verdict": "supported", "citations": [1]}
    return {"outcome": "answered", "answer": "…", "sentences": [sentence], "citations": [citation], "nearest": [], "receipt": ""}


def test_an_old_answer_loses_what_was_narrowed_since_and_nothing_is_said_of_it_when_deleted(world: World) -> None:
    owner, version = world.people["owner"], secret(world)
    turn = Turn.objects.create(
        conversation=world.conversation,
        position=1,
        question="?",
        state="answered",
        answer=citing(version),
        finished_at=timezone.now(),
    )
    assert readable_answer(turn, user=owner)["sentences"]
    narrow_document(document=version.document, readers=Readers(people=("kim",)), user=None)
    cut = readable_answer(turn, user=owner)
    assert CANARY not in str(cut)
    Document.objects.filter(pk=version.document_id).update(deleted_at=timezone.now())
    ((_turn, told),) = with_standing([(turn, readable_answer(turn, user=owner))], user=owner)
    assert "deleted_sources" not in told
    Document.objects.filter(pk=version.document_id).update(is_narrowed=False)
    ((_turn, told),) = with_standing([(turn, readable_answer(turn, user=owner))], user=owner)
    assert [row["title"] for row in told["deleted_sources"]] == ["Quokka"]


def test_questions_about_the_library_count_what_is_open(world: World) -> None:
    secret(world)
    titles = {
        who: [one.title for one in readable_documents(user=world.people[who], collection=None)]
        for who in ("owner", "teammate", "outsider", "knowledge_admin")
    }
    both = ["Quokka", "Wombats"]
    assert titles == {"owner": both, "teammate": ["Wombats"], "outsider": [], "knowledge_admin": both}


def manage(world: World, method: str, address: str, body: object) -> Any:
    admin: User = world.people["knowledge_admin"]
    key = create_api_key(user=admin, name="script", scopes=["read", "manage"], days=1, actor=None).text
    call = getattr(Client(), method)
    return call(f"/api/v1{address}", body, "application/json", headers={"Authorization": f"Bearer {key}"})


def test_a_program_makes_a_folder_narrows_it_and_uploads_into_it(world: World, client: Client) -> None:
    made = manage(world, "post", "/collections/handbook/folders", {"name": "Plans"}).json()
    below = manage(world, "post", "/collections/handbook/folders", {"name": "2026", "parent": made["uid"]}).json()
    assert (below["path"], below["parent"], below["readers"]) == ("Plans/2026", made["uid"], None)
    refused = manage(world, "put", f"/folders/{made['uid']}/readers", {"readers": {"groups": ["Nobody"]}})
    assert (refused.status_code, refused.json()["error"]["message"]) == (422, "groups: Unknown groups: Nobody.")
    narrowed = manage(world, "put", f"/folders/{made['uid']}/readers", {"readers": {"people": ["erin"]}}).json()
    assert narrowed["readers"] == {"groups": [], "people": ["erin"]}
    put = manage(world, "put", f"/documents/{world.document.uid}/folder", {"folder": below["uid"]}).json()
    assert put["folder"] == below["uid"]
    own = manage(world, "put", f"/documents/{world.document.uid}/readers", {"readers": {"groups": ["People team"]}}).json()
    assert own["readers"] == {"groups": ["People team"], "people": []}
    assert manage(world, "delete", f"/folders/{below['uid']}", None).status_code == 422
    client.force_login(world.people["teammate"])
    assert client.get(f"/api/v1/documents/{world.document.uid}").status_code == 404
