"""One thing done to many documents: who may, what becomes of each, what a killed worker or a revoked right leave."""

import io
from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.models import Event
from ingest.many import running
from ingest.many.models import BulkMember, BulkRun
from ingest.many.running import count_members, start_run, work_on_runs
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from kb.models import Collection, Document, Folder, Steward
from kb.rights.folders import create_folder
from kb.rights.stewards import set_steward
from tests.ingest.engine import FakeEngine

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    for name in ("MEDIA_ROOT", "INDEX_ROOT", "CACHE_ROOT"):
        setattr(settings, name, tmp_path / name.lower())


@pytest.fixture
def documents(collection: Collection) -> list[Document]:
    return [Document.objects.create(collection=collection, name=f"{name}.md", title=name) for name in ("ant", "bee", "cat")]


@pytest.fixture
def editor(collection: Collection, teammate: User) -> User:
    Steward.objects.create(collection=collection, user=teammate, role="editor")
    return teammate


def run(action: str, user: User, collection: Collection, **values: Any) -> BulkRun:
    found = start_run(action=action, documents=collection.documents.all(), collection=collection, values=values, user=user)
    work_on_runs(for_s=30)
    found.refresh_from_db()
    assert found.is_done
    return found


def failures(found: BulkRun) -> dict[str, str]:
    return dict(found.members.filter(state=BulkMember.State.FAILED).values_list("name", "error_code"))


def test_a_run_is_one_event_with_its_members_and_one_with_what_failed(collection, documents, knowledge_admin) -> None:
    found = run("tag", knowledge_admin, collection, tags=["Zoo"])
    assert count_members(found) == {"waiting": 0, "done": 3, "failed": 0, "total": 3, "over": 3}
    assert all([tag.name for tag in one.tags.all()] == ["Zoo"] for one in documents)
    started, ended = Event.objects.filter(action__startswith="documents.").order_by("sequence")
    assert [one["document"] for one in started.payload.data["members"]] == ["ant.md", "bee.md", "cat.md"]
    assert (ended.payload.data["done"], ended.payload.data["failed"]) == (3, [])
    assert not Event.objects.filter(action="document.changed").exists()
    run("untag", knowledge_admin, collection, tags=["ZOO"])
    assert not collection.tags.exists()


def test_days_and_owners_are_set_and_what_cannot_be_is_named(collection, documents, employee, knowledge_admin) -> None:
    Document.objects.filter(name="bee.md").update(valid_from=date(2027, 1, 1))
    found = run("days", knowledge_admin, collection, expires_on=date(2026, 12, 31), review_by=None)
    assert failures(found) == {"bee.md": "days_cross"}
    assert Event.objects.get(action="documents.bulk_ended").payload.data["failed"][0]["code"] == "days_cross"
    assert [one.expires_on for one in Document.objects.order_by("name")] == [date(2026, 12, 31), None, date(2026, 12, 31)]
    Document.objects.filter(name="cat.md").update(is_narrowed=True)
    found = run("owner", knowledge_admin, collection, owner="erin")
    assert failures(found) == {"cat.md": "owner_cannot_read"}


def test_documents_are_moved_filed_narrowed_and_deleted(collection, documents, knowledge_admin) -> None:
    folder = create_folder(collection=collection, name="Animals", user=None)
    run("file", knowledge_admin, collection, folder=str(folder.uid))
    run("narrow", knowledge_admin, collection, readers={"groups": [], "people": []})
    assert {(one.folder, one.is_narrowed) for one in Document.objects.select_related("folder")} == {(folder, True)}
    other = Collection.objects.create(name="Other", slug="other")
    Document.objects.create(collection=other, name="ant.md", title="Ant")
    assert failures(run("move", knowledge_admin, collection, to="other")) == {"ant.md": "name_taken"}
    assert run("delete", knowledge_admin, other).members.count() == 3
    assert not other.documents.live().exists()


def test_what_failed_is_tried_again_and_what_is_ready_is_read_anew(collection, knowledge_admin) -> None:
    for name, content in (("good.md", b"# Leave\n\nNine days."), ("bad.pdf", b"%PDF-1.7 nothing")):
        accept_upload(collection=collection, name=name, stream=io.BytesIO(content), user=knowledge_admin)
    engine = FakeEngine()
    run_due_jobs(engine=lambda: engine)
    assert failures(run("retry", knowledge_admin, collection)) == {"good.md": "not_failed"}
    run_due_jobs(engine=lambda: engine)
    assert failures(run("reread", knowledge_admin, collection)) == {"bad.pdf": "not_ready"}
    assert Document.objects.get(name="good.md").versions.count() == 2


def test_an_editor_changes_no_readers_and_nobody_touches_what_is_not_theirs(
    collection, documents, editor, employee, outsider, auditor
) -> None:
    run("tag", editor, collection, tags=["Zoo"])
    for action, user in (("narrow", editor), ("move", editor), ("tag", employee), ("tag", outsider), ("tag", auditor)):
        with pytest.raises(ValuesRefused):
            start_run(
                action=action,
                documents=Document.objects.all(),
                collection=collection,
                values={"tags": ["x"], "readers": None, "to": ""},
                user=user,
            )
    assert BulkRun.objects.count() == 1


def test_a_right_that_ends_while_it_runs_ends_the_rest(collection, documents, editor, monkeypatch) -> None:
    found = start_run(action="delete", documents=Document.objects.all(), collection=collection, values={}, user=editor)
    done = running.act

    def act(action: str, document: Document, doing: Any) -> None:
        done(action, document, doing)
        Steward.objects.all().delete()

    monkeypatch.setattr(running, "act", act)
    work_on_runs(for_s=30)
    assert failures(found) == {"bee.md": "no_right", "cat.md": "no_right"}
    assert [one.name for one in Document.objects.live().order_by("name")] == ["bee.md", "cat.md"]


def test_what_a_killed_worker_leaves_is_taken_up_and_nothing_is_done_twice(
    collection, documents, knowledge_admin, monkeypatch, settings
) -> None:
    found = start_run(
        action="tag", documents=Document.objects.all(), collection=collection, values={"tags": ["Zoo"]}, user=knowledge_admin
    )

    class Killed(BaseException):
        pass

    def die(point: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(running, "crash_point", die)
        with pytest.raises(Killed):
            work_on_runs(for_s=30)
    assert count_members(found)["done"] == 1
    BulkRun.objects.update(leased_by="a dead worker's", lease_expires_at="2000-01-01T00:00:00Z")
    assert work_on_runs(for_s=30) == 2
    assert count_members(found)["done"] == 3
    assert Event.objects.filter(action="documents.bulk_ended").count() == 1
    assert work_on_runs(for_s=30) == 0


# --- the pages and the interface ---


def test_the_list_asks_first_and_then_does_it(client, collection, documents, knowledge_admin) -> None:
    client.force_login(knowledge_admin)
    address = reverse("ingest:bulk", args=[collection.slug])
    page = client.post(address, {"action": "tag", "document": [documents[0].uid, documents[2].uid]}).content.decode()
    assert "2 documents" in page
    assert client.post(address, {"action": "tag", "all": "on", "in-q": "a", "confirmed": "1", "tags": ""}).status_code == 422
    answer = client.post(
        address, {"action": "tag", "all": "on", "in-q": "a", "confirmed": "1", "tags": "Zoo\nAnimals"}, follow=True
    )
    assert answer.status_code == 200
    found = BulkRun.objects.get()
    assert [one.name for one in found.members.all()] == ["ant.md", "cat.md"]
    work_on_runs(for_s=30)
    assert "2 of 2 documents done" in client.get(reverse("ingest:bulk_run", args=[found.uid])).content.decode()
    assert client.post(address, {"action": "tag"}).status_code == 302  # nothing is selected: the list says so
    assert client.post(address, {"action": "explode", "all": "on"}).status_code == 302


def test_a_program_does_it_too(client, collection, documents, knowledge_admin, employee) -> None:
    client.force_login(knowledge_admin)
    address = f"/api/v1/collections/{collection.slug}/bulk"
    body = {"action": "days", "filter": {"q": "bee"}, "expires_on": "2026-12-31"}
    asked = client.post(address, body, content_type="application/json")
    assert asked.status_code == 202
    work_on_runs(for_s=30)
    told = client.get(f"/api/v1/bulk/{asked.json()['uid']}").json()
    assert (told["state"], told["done"], told["failures"]) == ("done", 1, [])
    assert Document.objects.get(name="bee.md").expires_on == date(2026, 12, 31)
    assert client.post(address, {"action": "delete"}, content_type="application/json").status_code == 422
    client.force_login(employee)
    run = f"/api/v1/bulk/{asked.json()['uid']}"
    assert client.post(address, body, content_type="application/json").status_code == 403  # manages nothing
    assert client.get(run).status_code == 403
    other = Collection.objects.create(name="Zoo", slug="zoo")
    other.groups.set(employee.groups.all())
    set_steward(collection=other, person=employee, role="owner", user=None)
    assert client.post(address, body, content_type="application/json").status_code == 404
    assert client.get(run).status_code == 404
    assert Folder.objects.count() == 0
