"""Folders that are sent file by file: what lies where, what is not sent twice, and what was refused."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.errors import ValuesRefused
from accounts.models import User
from ingest.many.drops import MOST_FILES, Offered, open_drop
from ingest.many.models import DroppedFile, FolderDrop
from kb.models import Collection, Document, Folder, Steward
from kb.rights.folders import create_folder, delete_folder, path_of

pytestmark = pytest.mark.django_db
FILES = {"Rules/leave.md": b"# Leave\n\nNine days.", "Rules/2026/pay.md": b"# Pay\n\nOn Fridays.", "Rules/2026/empty.md": b""}
OFFER = [[path, len(content), 1] for path, content in FILES.items()]


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    for name in ("MEDIA_ROOT", "INDEX_ROOT", "CACHE_ROOT"):
        setattr(settings, name, tmp_path / name.lower())


@pytest.fixture
def editor(client, collection: Collection, teammate: User) -> User:
    """Somebody who may upload, and makes no folders with other readers."""
    Steward.objects.create(collection=collection, user=teammate, role="editor")
    client.force_login(teammate)
    return teammate


def offer(client, collection: Collection, files=OFFER, *, below: Folder | None = None) -> dict[str, dict]:
    address = reverse("ingest:drop", args=[collection.slug]) + (f"?folder={below.uid}" if below else "")
    answer = client.post(address, json.dumps({"files": files}), content_type="application/json")
    assert answer.status_code == 200
    return {row["path"]: row for row in answer.json()["files"]}


def send(client, row: dict) -> dict:
    content = FILES[row["path"]]
    return client.post(row["address"], {"files": SimpleUploadedFile(row["path"].rpartition("/")[2], content)}).json()


def test_a_folder_comes_with_its_folders_and_only_what_is_missing_is_sent_again(client, collection, editor) -> None:
    rows = offer(client, collection)
    assert {row["state"] for row in rows.values()} == {"waiting"}
    assert send(client, rows["Rules/leave.md"])["accepted"]
    refused = send(client, rows["Rules/2026/empty.md"])
    assert (refused["accepted"], "empty" in refused["message"]) == (False, True)
    page = client.get(reverse("kb:collection", args=[collection.slug])).content.decode()
    assert "1 of 3 files received" in page
    assert "Rules/2026/empty.md" in page

    rows = offer(client, collection)  # the page was loaded anew, and the same folder is dropped again
    assert {path: row["state"] for path, row in rows.items()} == {
        "Rules/leave.md": "taken",
        "Rules/2026/pay.md": "waiting",
        "Rules/2026/empty.md": "refused",
    }
    assert FolderDrop.objects.count() == 1
    assert send(client, rows["Rules/2026/pay.md"])["accepted"]
    lies = {one.name: path_of(one.folder) for one in Document.objects.select_related("folder")}
    assert lies == {"Rules/leave.md": "Rules", "Rules/2026/pay.md": "Rules/2026"}
    assert Folder.objects.count() == 2
    assert not Folder.objects.filter(is_narrowed=True).exists()


def test_what_has_changed_is_sent_again_and_a_whole_folder_is_closed(client, collection, editor) -> None:
    rows = offer(client, collection, OFFER[:1])
    send(client, rows["Rules/leave.md"])
    assert FolderDrop.objects.get().closed_at is not None
    rows = offer(client, collection, OFFER[:2])
    send(client, rows["Rules/leave.md"])  # its bytes are there: nothing is kept twice
    assert Document.objects.get().versions.count() == 1
    rows = offer(client, collection, [["Rules/leave.md", 20, 2], OFFER[1]])
    assert rows["Rules/leave.md"]["state"] == "waiting"


def test_files_below_a_folder_go_nowhere_when_it_is_gone(client, collection, editor) -> None:
    below = create_folder(collection=collection, name="HR", user=None)
    rows = offer(client, collection, below=below)
    send(client, rows["Rules/leave.md"])
    document = Document.objects.select_related("folder").get()
    assert (document.name, path_of(document.folder)) == ("HR/Rules/leave.md", "HR/Rules")
    Document.objects.all().delete()
    for folder in Folder.objects.order_by("-pk"):
        delete_folder(folder=folder, user=None)
    assert "The folder has been deleted" in send(client, rows["Rules/2026/pay.md"])["message"]
    assert not Document.objects.exists()


def test_nobody_else_sends_to_it_and_a_right_that_ended_counts_at_once(client, collection, editor, knowledge_admin) -> None:
    row = offer(client, collection)["Rules/leave.md"]
    client.force_login(knowledge_admin)
    assert client.post(row["address"]).status_code == 404
    client.force_login(editor)
    Steward.objects.all().delete()
    assert client.post(row["address"]).status_code == 404
    assert not Document.objects.exists()


@pytest.mark.parametrize("path", ["folder/" * 60 + "a.md", "Rules/\x00\x01", "../leave.md", "..", "/", ""])
def test_a_path_that_makes_no_sense_is_refused(collection, knowledge_admin, path) -> None:
    with pytest.raises(ValuesRefused):
        open_drop(collection=collection, folder=None, files=[Offered(path=path, size=1, modified=1)], user=knowledge_admin)


def test_too_much_too_deep_and_nonsense_are_refused(client, collection, editor, knowledge_admin) -> None:
    assert list(offer(client, collection, [["/Rules//leave.md", 1, 1]])) == ["Rules/leave.md"]
    many = [Offered(path=f"{number}.md", size=1, modified=1) for number in range(MOST_FILES + 1)]
    with pytest.raises(ValuesRefused):
        open_drop(collection=collection, folder=None, files=many, user=knowledge_admin)
    address = reverse("ingest:drop", args=[collection.slug])
    for body in ("", "[]", '{"files": [[1]]}', '{"files": []}'):
        assert client.post(address, body, content_type="application/json").status_code == 422
    deep = "/".join(["d"] * 9) + "/leave.md"
    FILES[deep] = b"Nine days."
    assert "at most 8 levels deep" in send(client, offer(client, collection, [[deep, 10, 1]])[deep])["message"]
    assert DroppedFile.objects.get(path=deep).state == "refused"
